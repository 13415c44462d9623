"""A clock as a value, and what can become of it: warned, met, breached, superseded. Pure.

Whatever is done at the due instant is in time; no transition moves a target.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

import uuid_utils.compat as uuid_utils

from events import escalations
from services.catalogue.model import Catalogue
from services.clocks import Running
from services.decision import ClockTerms
from services.explain_words import how_late

#: A clock's names that this stage knows by heart; the others come with the decision's terms.
UNROUTED = "unrouted"
FIRST_RESPONSE = "first_response"
CRISIS_MANAGER = "crisis_manager"
STATUS_UPDATE = "status_update"
ONSITE = "onsite"

#: What is noticed longer than this after its instant is marked late (after an outage).
LATE = timedelta(seconds=60)
#: Instants are whole microseconds: the first one after the due instant.
_TICK = timedelta(microseconds=1)

Side = Literal["provider", "customer"]


class State(StrEnum):
    """What became of a clock."""

    RUNNING = "running"
    MET = "met"
    BREACHED = "breached"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One promise's row. `next_at`: when to look at it again; `level`: of the ladder, the last that was raised;
    `silent`: nobody hears of it unless it is breached; `stuck`: it could not be acted on, and a human was asked for.
    A breached one has `met_at` where it was done after all. `under`: whose promise it was, where the incident has left that
    contract."""

    id: UUID
    incident: str
    name: str
    side: str
    state: State
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    next_at: datetime | None
    target: str
    calendar: str
    rule: str
    repeats: bool
    urgent: bool
    silent: bool
    cause: str
    decision: int
    severity: str | None
    level: int = 0
    warned_at: datetime | None = None
    met_at: datetime | None = None
    met_by: str | None = None
    breached_at: datetime | None = None
    superseded_at: datetime | None = None
    reason: str | None = None
    stuck: bool = False
    under: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is still to be met: running, or breached and not done since."""
        return self.state is State.RUNNING or (self.state is State.BREACHED and self.met_at is None)

    @property
    def overdue_at(self) -> datetime:
        """The first instant that is not in time."""
        return self.due_at + _TICK

    def is_late(self, now: datetime) -> bool:
        """Whether a breach that is noticed at `now` is noticed late."""
        return now - self.due_at > LATE

    def said(self) -> escalations.Clock:
        """The clock as the other stages hear of it."""
        return escalations.Clock(
            id=str(self.id), name=self.name, side=self.side, started_at=self.started_at, due_at=self.due_at,
            warn_at=self.warn_at, target=self.target, calendar=self.calendar, rule=self.rule, severity=self.severity,
            decision=self.decision, under=self.under,
        )  # fmt: skip

    def as_running(self) -> Running:
        """The clock as the rules of `services/clocks.py` look at it."""
        return Running(
            id=str(self.id), name=self.name, side=self.side, state=self.state.value, started_at=self.started_at,
            due_at=self.due_at, warn_at=self.warn_at, target=self.target, calendar=self.calendar, rule=self.rule,
            repeats=self.repeats, met_at=self.met_at,
        )  # fmt: skip


def started(
    terms: ClockTerms, incident: str, *, cause: str, decision: int, severity: str | None, urgent: bool,
    silent: bool = False, under: str | None = None,
) -> Clock:  # fmt: skip
    """A clock that runs on `terms`."""
    clock = Clock(
        id=uuid_utils.uuid7(), incident=incident, name=terms.name, side=terms.side, state=State.RUNNING,
        started_at=terms.started_at, warn_at=terms.warn_at, due_at=terms.due_at, next_at=terms.warn_at,
        target=terms.target, calendar=terms.calendar, rule=terms.rule, repeats=terms.repeats, urgent=urgent,
        silent=silent, cause=cause, decision=decision, severity=severity, under=under,
    )  # fmt: skip
    return replace(clock, next_at=clock.overdue_at) if silent or clock.warn_at >= clock.due_at else clock


def warned(clock: Clock, now: datetime) -> Clock:
    """80 % of the time is over."""
    return replace(clock, warned_at=now, next_at=clock.overdue_at)


def breached(clock: Clock, now: datetime, reason: str) -> Clock:
    """Due, and not met; whoever climbs a ladder about it sets `next_at`."""
    return replace(clock, state=State.BREACHED, breached_at=now, next_at=None, silent=False, reason=reason)


def met(clock: Clock, at: datetime, by: str) -> Clock:
    """Done in time: at or before the due instant, whether or not a breach has been said."""
    return replace(clock, state=State.MET, met_at=at, met_by=by, next_at=None, reason=None)


def met_late(clock: Clock, at: datetime, by: str) -> Clock:
    """Done after the due instant: it stays breached."""
    return replace(clock, met_at=at, met_by=by, next_at=None, reason=how_late(clock.name, at, clock.due_at))


def superseded(clock: Clock, now: datetime, reason: str) -> Clock:
    """Closed by a change of terms, or by the incident's end."""
    return replace(clock, state=State.SUPERSEDED, superseded_at=now, next_at=None, reason=reason)


def rested(clock: Clock) -> Clock:
    """A breached clock that climbs no further."""
    return replace(clock, next_at=None)


def why_breached(clock: Clock) -> str:
    """The breach in words."""
    what = clock.name.replace("_", " ")
    return f"{what} was due at {clock.due_at:%H:%M:%S} UTC on {clock.due_at:%Y-%m-%d} and is not met"


def clock_names(catalogue: Catalogue) -> Iterable[tuple[str, str]]:
    """Every clock's name and side that the catalogue can start."""
    yield from ((name, "provider") for name in (FIRST_RESPONSE, CRISIS_MANAGER, STATUS_UPDATE))
    yield catalogue.later.unrouted.clock, "provider"
    if catalogue.later.onsite is not None:
        yield catalogue.later.onsite.clock, "provider"
    yield from ((question.clock, "customer") for question in catalogue.later.questions)
