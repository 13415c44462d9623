"""The flex allowance: what it may buy, how much of it, and that all of it is used (FLEX-20, FLEX-SDM, FLEX-ALLOCATE)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from services.contract.wire import AllocationWire, FlexWire

from .sheet import Sheet


def check_flex(sheet: Sheet, fields: Mapping[str, Any]) -> None:
    """The allowance and its allocations; money is added up exactly."""
    if fields.get("flex") is None:
        return
    flex = sheet.read(FlexWire, fields["flex"], "/flex")
    if flex is None:
        return
    terms = sheet.terms.flex
    if flex.allowance < 0:
        sheet.fault("/flex/allowance", None, "is below zero")
    total = limited = Fraction(0)
    for index, raw in enumerate(flex.allocations):
        where = f"/flex/allocations/{index}"
        allocation = sheet.read(AllocationWire, raw, where)
        if allocation is None:
            continue
        amount = Fraction(str(allocation.amount))
        if allocation.to not in terms.to:
            sheet.fault(where + "/to", None, f"{allocation.to!r} is not what flex buys: {', '.join(terms.to)}")
        if allocation.to in terms.refused.to:
            sheet.fault(where + "/to", terms.refused.rule, f"none of the flex allowance buys {allocation.to}")
        if amount < 0:
            sheet.fault(where + "/amount", None, "is below zero")
        total += amount
        limited += amount if allocation.to in terms.limited.to else 0
    allowance = Fraction(str(flex.allowance))
    if limited * 100 > allowance * terms.limited.percent:
        names = " and ".join(terms.limited.to)
        sheet.fault(
            "/flex/allocations", terms.limited.rule,
            f"at most {terms.limited.percent} % of the allowance ({float(allowance * terms.limited.percent / 100):g})"
            f" buys {names}; here it is {float(limited):g}",
        )  # fmt: skip
    if total > allowance:
        sheet.fault("/flex/allocations", None, f"{float(total):g} is allocated of an allowance of {float(allowance):g}")
    elif total < allowance:
        sheet.fault(
            "/flex/allowance", terms.allocate.rule,
            f"{float(allowance - total):g} is not allocated, and lapses", "warning",
        )  # fmt: skip
