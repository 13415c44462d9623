"""Which clocks follow from a decision that replaces another, from a question, an update, a consent.

What was met stays met, and what a change does not touch is left alone: nobody owes the same thing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from services.calendar import ALWAYS, Calendar
from services.catalogue.model import Catalogue
from services.decision import ClockTerms, Decision, LaterClock
from services.durations import parse_duration
from services.terms import timed

State = Literal["running", "met", "breached", "superseded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A clock that was started. `running` until it is met, breached (due, and not met) or superseded by other terms.

    A breached one has `met_at` where it was done after all, late.
    """

    id: str
    name: str
    side: str
    state: State
    started_at: datetime
    due_at: datetime
    warn_at: datetime
    target: str
    calendar: str
    rule: str
    repeats: bool = False
    met_at: datetime | None = None


class Changed(NamedTuple):
    """What a change does: these close as superseded, those start."""

    supersede: tuple[Running, ...]
    start: tuple[ClockTerms, ...]


class Proposal(NamedTuple):
    """A downgrade to propose: about `severity` or `coverage`, to what, by which rule; `automatic`: it is done at once,
    since the operator has it so."""

    about: str
    to: str
    rule: str
    automatic: bool = False


def is_raised(catalogue: Catalogue, before: str, after: str) -> bool:
    """Whether `after` is a higher severity than `before` (SEV-CHANGE): its clocks then count from the change."""
    return catalogue.rank[after] < catalogue.rank[before]


def changed(
    running: Sequence[Running],
    old: Decision | None,
    new: Decision,
    at: datetime,
    *,
    raised: bool,
    calendar: Calendar = ALWAYS,
    visit: ClockTerms | None = None,
) -> Changed:
    """What becomes of an incident's clocks, all that it ever had, when `new` takes the place of `old` (SEV-CHANGE).

    `new` was decided with `clocks_from=at` where the severity was raised, else from the submission: such a clock may be
    over at once. `calendar`: the business hours that `new` counts by, needed where its later clocks are not 24x7.
    `visit`: on-site resources as `new` owes them, where the customer has agreed to them: then they are owed like the rest.
    """
    supersede: list[Running] = []
    start: list[ClockTerms] = []
    owed = (*new.clocks, visit) if visit is not None else new.clocks
    for terms in owed:
        kept, begins = _again(new, terms, running, calendar)
        supersede += [r for r in running if r.state == "running" and r.name == terms.name and r not in kept]
        start += [begins] if begins is not None else []
    decided = {clock.name for clock in owed}
    later = _later(new)
    ours = {clock.name for clock in old.clocks} | set(_later(old)) if old is not None else set()
    for clock in running:
        if clock.state != "running" or clock.name in decided or clock.name not in ours:
            continue
        on_the_way = later.get(clock.name) or _still_asked(old, new, clock.name)
        if on_the_way is None:
            supersede.append(clock)
        elif clock.name != _onsite_name(new):
            same = _same_terms(clock, on_the_way)
            # A question may have been asked after the change, and before anybody had decided on it.
            since = max(at, clock.started_at) if raised and not same else clock.started_at
            begins = _timed(new, on_the_way, calendar, since)
            if same and begins.due_at == clock.due_at:
                continue
            supersede.append(clock)
            if all(begun.name != on_the_way.name for begun in start):
                start.append(begins)
    return Changed(tuple(supersede), tuple(start))


def question(decision: Decision, calendar: Calendar, to: str, at: datetime) -> ClockTerms | None:
    """The customer's clock that a question to `to` starts, each time anew; None where it is only recorded.

    CUST-ACCESS at the urgent severities, CUST-B-CHANGE to change control, CUST-C-REPLY to the case owner. `calendar`:
    the business hours of the decision's location.
    """
    asked = _asked(decision, to)
    return _timed(decision, asked, calendar, at) if asked is not None else None


def updated(decision: Decision, calendar: Calendar, at: datetime) -> ClockTerms | None:
    """The next status update, counted from the one given at `at`; None where none is owed (RSM-ESCALATION-1)."""
    update = decision.terms.status_update
    return _timed(decision, update, calendar, at, repeats=True) if update is not None else None


def missed(decision: Decision, calendar: Calendar, due_at: datetime) -> ClockTerms | None:
    """The next status update after a missed one: counted from the instant at which that was due (RSM-ESCALATION-1)."""
    return updated(decision, calendar, due_at)


def reopened(
    decision: Decision, calendar: Calendar, running: Sequence[Running], at: datetime
) -> tuple[ClockTerms, ...]:
    """The clocks that start anew when an incident is opened again at `at`: updates, and whatever was never done.

    What was met stays met (SEV-CHANGE): nobody owes a second first response. All count from the reopening.
    """
    done = {clock.name for clock in running if clock.met_at is not None}
    anew = not_before(decision, calendar, at)
    return tuple(terms for terms in anew.clocks if terms.repeats or terms.name not in done)


def not_before(decision: Decision, calendar: Calendar, at: datetime) -> Decision:
    """The decision with its clocks from `at` at the earliest, when the incident was opened again: whoever decided may not
    have heard of that."""
    clocks = (
        terms if terms.started_at >= at else _timed(decision, terms, calendar, at, repeats=terms.repeats)
        for terms in decision.clocks
    )
    return replace(decision, clocks=tuple(clocks))


def onsite(decision: Decision, calendar: Calendar, submitted_at: datetime, consented_at: datetime) -> ClockTerms | None:
    """The clock of on-site resources once the customer has agreed (BASE-ONSITE); None where the terms have none.

    Due at the later of the target from the submission and the time that the consent leaves.
    """
    terms = decision.terms.onsite
    if terms is None:
        return None
    from_submission = _timed(decision, terms, calendar, submitted_at)
    if decision.terms.onsite_after_consent is None:
        return from_submission
    from_consent = _timed(decision, replace(terms, target=decision.terms.onsite_after_consent), calendar, consented_at)
    return from_consent if from_consent.due_at > from_submission.due_at else from_submission


def unrouted(catalogue: Catalogue, received_at: datetime) -> ClockTerms:
    """The watch over an incident on which nobody has decided yet (UNROUTED)."""
    watch = catalogue.later.unrouted
    percent = catalogue.later.warn_percent
    return timed(watch.clock, "provider", received_at, watch.target, ALWAYS, watch.rule, percent)


def proposal(decision: Decision, clock: Running | ClockTerms) -> Proposal | None:
    """What to propose when a clock of the customer's is over (SEV-DOWNGRADE); None where nothing follows from it."""
    terms = decision.terms
    if not any(asked.name == clock.name and asked.proposes for asked in terms.questions):
        return None
    if terms.downgrade_to is None or terms.downgrade_to in (decision.severity, decision.coverage):
        return None
    return Proposal(terms.downgrade_about, terms.downgrade_to, terms.downgrade_rule, terms.downgrade_automatic)


def _again(
    new: Decision, terms: ClockTerms, running: Sequence[Running], calendar: Calendar
) -> tuple[Sequence[Running], ClockTerms | None]:
    """The clocks of the name that are as they are owed now, and so left alone, and the one that starts anew, if one does."""
    own = [clock for clock in running if clock.name == terms.name and clock.state != "superseded"]
    if terms.repeats:
        armed = next((clock for clock in own if clock.state == "running"), None)
        if armed is None:
            return (), terms
        same_terms = _same_terms(armed, terms)
        # Updates that were given count: an interval never starts before the one that runs.
        start = armed.started_at if same_terms else max(armed.started_at, terms.started_at)
        begins = _timed(new, terms, calendar, start, repeats=True)
        return ((armed,), None) if same_terms and begins.due_at == armed.due_at else ((), begins)
    if any(clock.met_at is not None for clock in own):
        return (), None
    owed = (terms.due_at, terms.target, terms.rule)
    # It may be one that broke before the severity was raised, and not the one that runs.
    same = [clock for clock in own if (clock.due_at, clock.target, clock.rule) == owed]
    return same, terms if not same else None


def _later(decision: Decision) -> dict[str, LaterClock]:
    """The clocks that something on the way may have started, by name."""
    found = {clock.name: clock for clock in decision.terms.questions}
    return found | ({clock.name: clock} if (clock := decision.terms.onsite) is not None else {})


def _asked(decision: Decision, to: str) -> LaterClock | None:
    """What the customer owes for a question to `to`; None where it is only recorded."""
    return next((clock for clock in decision.terms.questions if clock.to is None or clock.to == to), None)


def _still_asked(old: Decision | None, new: Decision, name: str) -> LaterClock | None:
    """What the customer owes under `new` for a question that waits under `old`, where that says to whom it went."""
    waits = next((clock for clock in old.terms.questions if clock.name == name), None) if old is not None else None
    return _asked(new, waits.to) if waits is not None and waits.to is not None else None


def _onsite_name(decision: Decision) -> str | None:
    return decision.terms.onsite.name if decision.terms.onsite is not None else None


def _same_terms(clock: Running, terms: LaterClock | ClockTerms) -> bool:
    """Whether it runs by these terms. The hours of a location may be others under them, though its name is the same."""
    return (clock.target, clock.rule, clock.calendar) == (terms.target, terms.rule, terms.calendar)


def _timed(
    decision: Decision, terms: LaterClock | ClockTerms, calendar: Calendar, start: datetime, *, repeats: bool = False
) -> ClockTerms:
    return timed(
        terms.name, terms.side, start, parse_duration(terms.target), _of(terms.calendar, calendar), terms.rule,
        decision.terms.warn_percent, repeats=repeats,
    )  # fmt: skip


def _of(name: str, business: Calendar) -> Calendar:
    return ALWAYS if name == ALWAYS.name else business
