"""Whether the record shows the clocks of the decision in force, for who would rather wait than see half of it.

It decides nothing: whoever waits is answered in any case once its time is over.
"""

from __future__ import annotations

from typing import Any

from .record import Record


def shows_its_clocks(record: Record, before: Record | None = None) -> bool:
    """Whether every clock of the decision is there, and none runs on that only the decision of `before` had.

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
    return all(any(_is(terms, clock) for clock in clocks) for terms in decision["clocks"])


def _names(decision: dict[str, Any] | None) -> set[str]:
    return {terms["name"] for terms in decision["clocks"]} if decision is not None else set()


def _is(terms: dict[str, Any], clock: dict[str, Any]) -> bool:
    """By its terms, not its due instant: one that was kept, or armed anew, has its own. What was met stays met; what was
    not starts anew under other terms, also where it is over."""
    if clock["name"] != terms["name"]:
        return False
    if clock["state"] == "met" or clock.get("met_at") is not None:
        return True
    same = all(clock[name] == terms[name] for name in ("target", "calendar", "rule"))
    return same and clock["state"] in ("running", "breached")
