"""The term: two days, the first not after the last (TERM)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.contract.wire import TermWire

from .sheet import Sheet


def check_term(sheet: Sheet, fields: Mapping[str, Any]) -> None:
    """The term is there, and does not end before it starts."""
    term = read_term(sheet, fields)
    if term is not None and term[1] < term[0]:
        sheet.fault("/term", sheet.terms.term.rule, f"the term ends on {term[1]}, before it starts on {term[0]}")


def read_term(sheet: Sheet, fields: Mapping[str, Any]) -> tuple[date, date] | None:
    """The first and the last day, or None and the faults."""
    if "term" not in fields:
        sheet.fault("/term", None, "is missing")
        return None
    raw = fields["term"]
    if not isinstance(raw, dict):
        sheet.fault("/term", None, "is not an object with from and to")
        return None
    names = {"from": "starts", "to": "ends"}
    for name in raw:
        if name not in names:
            sheet.fault(f"/term/{name}", None, "is not a field here")
    before = len(sheet.faults)
    wire = sheet.read(TermWire, {names[k]: v for k, v in raw.items() if k in names}, "/term")
    for index in range(before, len(sheet.faults)):
        fault = sheet.faults[index]
        renamed = fault.pointer.replace("/term/starts", "/term/from").replace("/term/ends", "/term/to")
        sheet.faults[index] = type(fault)(renamed, fault.rule, fault.level, fault.message)
    return (wire.starts, wire.ends) if wire is not None else None
