"""Which clocks really ran under a later decision: what was done is not owed again, and what ran on keeps its start.

A decision says what is owed by itself; only the clocks that were started say what was still to be done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.clocks import Running
from services.decision import Decision


def standing(
    decision: Decision, number: int, at: datetime, clocks: Sequence[Mapping[str, Any]]
) -> dict[str, Running | None]:
    """By a clock's name what is told of it instead of the decision's own word: the clock that ran, None where it was
    done already. `clocks` are the record's; a name that is missing has nothing but the decision's word."""
    found: dict[str, Running | None] = {}
    for name in (clock.name for clock in decision.clocks):
        own = sorted(
            (clock for clock in clocks if clock["name"] == name and _at(clock, "started_at") <= at),
            key=lambda clock: _at(clock, "started_at"),
        )
        fresh = [clock for clock in own if clock.get("decision") == number]
        kept = [clock for clock in own if not _over(clock, at) and clock not in fresh]
        if fresh or kept:
            # Of those that the decision started the first, later ones were armed anew; of those that ran on the last.
            found[name] = running((fresh or kept[-1:])[0])
        elif any(clock.get("met_at") or clock["state"] == "met" for clock in own):
            found[name] = None
    return found


def running(clock: Mapping[str, Any]) -> Running:
    """A clock of the record as the rules look at it."""
    stopped = clock.get("met_at") or (clock["stopped_at"] if clock["state"] == "met" else None)
    due = _at(clock, "due_at")
    return Running(
        id=clock["id"], name=clock["name"], side=clock["side"], state=clock["state"],
        started_at=_at(clock, "started_at"), due_at=due, warn_at=due, target=clock["target"],
        calendar=clock["calendar"], rule=clock["rule"], met_at=datetime.fromisoformat(stopped) if stopped else None,
    )  # fmt: skip


def _over(clock: Mapping[str, Any], at: datetime) -> bool:
    """Whether it had stopped by the instant: done, or superseded."""
    stopped = clock.get("met_at") or clock.get("stopped_at")
    return stopped is not None and datetime.fromisoformat(stopped) <= at


def _at(clock: Mapping[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(clock[name])
