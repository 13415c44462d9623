"""The flex allowance: what it may buy, how much, and that all of it is used (FLEX-20, FLEX-SDM, FLEX-ALLOCATE).

Money is added up exactly, never as binary fractions.
"""

from __future__ import annotations

from fractions import Fraction

from services.contract.exact import exact
from services.contract.shapes import ALLOCATION, FLEX

from .sheet import Sheet


def check_flex(sheet: Sheet) -> None:
    """The allowance and its allocations."""
    if sheet.raw.get("flex") is None:
        return
    flex = sheet.read(FLEX, sheet.raw["flex"], "/flex")
    terms = sheet.terms.flex
    total = limited = Fraction(0)
    whole = True
    for index, raw in enumerate(flex.get("allocations", ())):
        where = f"/flex/allocations/{index}"
        allocation = sheet.read(ALLOCATION, raw, where)
        to = allocation.get("to")
        if to in terms.refused.to:
            sheet.fault(where + "/to", terms.refused.rule, f"none of the flex allowance buys {to}")
        else:
            sheet.known(to, where + "/to", "what flex buys", terms.to)
        whole = whole and "amount" in allocation
        amount = exact(allocation.get("amount", 0))
        total += amount
        limited += amount if to in terms.limited.to else 0
    if "allowance" in flex:
        _sums(sheet, exact(flex["allowance"]), total, limited, whole)


def _sums(sheet: Sheet, allowance: Fraction, total: Fraction, limited: Fraction, whole: bool) -> None:
    """`whole`: every amount could be read, so that what seems to be left really is."""
    terms = sheet.terms.flex
    most = allowance * terms.limited.percent / 100
    if limited > most:
        what = " and ".join(terms.limited.to)
        sheet.fault(
            "/flex/allocations", terms.limited.rule,
            f"at most {terms.limited.percent} % of the allowance, {_money(most)}, buys {what}: here {_money(limited)}",
        )  # fmt: skip
    if total > allowance:
        sheet.fault("/flex/allocations", None, f"{_money(total)} is allocated of an allowance of {_money(allowance)}")
    elif total < allowance and whole:
        left = _money(allowance - total)
        sheet.fault("/flex/allowance", terms.allocate.rule, f"{left} is not allocated, and lapses", "warning")


def _money(value: Fraction) -> str:
    return f"{float(value):.2f}".removesuffix(".00")
