"""Whether the record shows the clocks of the decision in force, for who would rather wait than see half of it.

It decides nothing: whoever waits is answered in any case once its time is over.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .record import Record


def shows_its_clocks(record: Record, before: Record | None = None) -> bool:
    """Whether every clock of the decision is there, and none runs on that is another's: under other terms, or of a name
    that only the decision of `before` had.

    An incident that is not open starts none.
    """
    decision = record.decision
    if decision is None:
        return False
    if record.state != "open":
        return True
    clocks: list[dict[str, Any]] = record.view.get("clocks", [])
    gone = _names(before.decision if before is not None else None) - _names(decision)
    if any(clock["state"] == "running" and clock["name"] in gone for clock in clocks):
        return False
    for terms in decision["clocks"]:
        own = [clock for clock in clocks if clock["name"] == terms["name"]]
        if any(clock["state"] == "running" and not _is(terms, clock) for clock in own):
            return False
        if not any(_is(terms, clock) for clock in own):
            return False
    return True


def _names(decision: dict[str, Any] | None) -> set[str]:
    """The decision's own clocks, and those that something on the way starts."""
    if decision is None:
        return set()
    terms = decision["terms"]
    later = [*terms["questions"], *([terms["onsite"]] if terms["onsite"] is not None else [])]
    return {clock["name"] for clock in (*decision["clocks"], *later)}


def _is(terms: dict[str, Any], clock: dict[str, Any]) -> bool:
    """What comes again and again always runs, from an instant of its own. Of the rest what was met stays met; what was
    not starts anew where it is due otherwise, also where it is over; due at the same instant by another location's hours, it
    goes on."""
    same = all(clock[name] == terms[name] for name in ("target", "rule"))
    if terms.get("repeats"):
        return same and clock["calendar"] == terms["calendar"] and clock["state"] == "running"
    if clock["state"] == "met" or clock.get("met_at") is not None:
        return True
    return same and _at(clock) == _at(terms) and clock["state"] in ("running", "breached")


def _at(clock: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(clock["due_at"])
