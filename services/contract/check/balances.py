"""The balances that were bought: names that exist, amounts not below zero.

Which balances there are is the catalogue's to say.
"""

from __future__ import annotations

from services.contract.shapes import AMOUNT, read_field
from services.faults import pointer

from .sheet import Sheet


def check_balances(sheet: Sheet) -> None:
    """Every balance by itself."""
    raw = sheet.raw.get("balances")
    if raw is None:
        return
    if not isinstance(raw, dict):
        sheet.fault("/balances", None, "is not an object of balances and what was bought of each")
        return
    for name, value in raw.items():
        where = pointer("balances", str(name))
        sheet.known(str(name), where, "a balance", tuple(sheet.terms.balances))
        read_field(AMOUNT, value, where, sheet.faults, {}, "amount")
