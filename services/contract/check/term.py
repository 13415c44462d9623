"""The term: two days, the last not before the first (TERM).

Both days belong to it.
"""

from __future__ import annotations

from services.contract.shapes import TERM

from .sheet import Sheet


def check_term(sheet: Sheet) -> None:
    """The term does not end before it starts."""
    if "term" not in sheet.raw:
        return  # that it is missing is a matter of the work order's own shape
    term = sheet.read(TERM, sheet.raw["term"], "/term")
    starts, ends = term.get("from"), term.get("to")
    if starts is not None and ends is not None and ends < starts:
        sheet.fault("/term", sheet.terms.term.rule, f"the term ends on {ends}, before it starts on {starts}")
