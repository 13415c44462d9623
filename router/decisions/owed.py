"""What is owed next for an incident, by which its queue is ordered: an answer, then updates; what was kept orders nothing.

Pure. Escalation watches every clock; here it is enough to know which of two incidents is to be taken first.
"""

from __future__ import annotations

from datetime import datetime

from services import clocks
from services.calendar import Calendar
from services.decision import Decision

from .desk import Desk


def decided(desk: Desk, decision: Decision, calendar: Calendar) -> None:
    """`decision` takes the place of the desk's: all is due by it, and updates that were given count (SEV-CHANGE)."""
    before = _updates_from(desk)
    desk.decision, desk.anew = decision, {}
    now = _updates_from(desk)
    if before is not None and now is not None and before > now:
        updated(desk, calendar, before)


def updated(desk: Desk, calendar: Calendar, at: datetime) -> None:
    """The next update is counted from the one at `at`, where any are owed (RSM-ESCALATION-1)."""
    following = clocks.updated(desk.decision, calendar, at) if desk.decision is not None else None
    if following is not None:
        desk.anew[following.name] = following


def reopened(desk: Desk, calendar: Calendar, at: datetime) -> None:
    """Updates, and an answer where none was given, are owed from the reopening."""
    if desk.decision is not None:
        desk.anew = {clock.name: clock for clock in clocks.reopened(desk.decision, calendar, (), at)}


def _updates_from(desk: Desk) -> datetime | None:
    return next((clock.started_at for clock in desk.owed if clock.repeats), None)
