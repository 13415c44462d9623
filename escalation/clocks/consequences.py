"""What follows for an incident's promises from what people did and what the router decided. Pure.

What is closed stays closed; what was done in time is in time, whenever it was heard of.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from escalation.escalations.rapid import calls, worse
from escalation.proposals.proposal import Outcome
from events.assignments import IncidentRouted
from events.incidents import DowngradeDecided
from services import clocks
from services.calendar import Calendar
from services.catalogue.model import Catalogue
from services.decision import ClockTerms, Decision

from .clock import CRISIS_MANAGER, FIRST_RESPONSE, ONSITE, STATUS_UPDATE, UNROUTED, Clock, State
from .incident import Early
from .promises import Promises

ROUTER = "router"
#: What a consent to on-site resources is called where it is refused.
CONSENTS = "onsite-consents"


def reported(promises: Promises, catalogue: Catalogue, at: datetime) -> None:
    """The watch starts: somebody has to decide."""
    promises.start(clocks.unrouted(catalogue, at), "incident.reported", silent=True)


def routed(promises: Promises, fact: IncidentRouted, at: datetime, catalogue: Catalogue, calendar: Calendar) -> None:
    """A decision: its clocks start, or take the place of those of the one before (SEV-CHANGE); teams are called in."""
    before, decision, inputs = promises.incident.decision, fact.decision, fact.inputs
    contract, again = inputs.contract, promises.incident.reopened_at
    if before is not None and again is not None:
        decision = clocks.not_before(decision, calendar, again)
    promises.keep(
        decision=decision, decisions=fact.number, catalogue=inputs.catalogue,
        decided_under=contract.number if contract is not None else None,
        contract_version=contract.version if contract is not None else None,
    )  # fmt: skip
    for watch in promises.open(UNROUTED):
        promises.done(watch, at, ROUTER)
    if promises.incident.state != "open":
        return
    raised = before is not None and clocks.is_raised(catalogue, before.severity, decision.severity)
    known = [clock.as_running() for clock in promises.clocks.values() if clock.name not in (UNROUTED, ONSITE)]
    known += [clock.as_running() for clock in _visits(promises)]
    change = clocks.changed(
        known, before, decision, inputs.clocks_from or inputs.at, raised=raised, calendar=calendar,
        visit=_agreed(promises, decision, inputs.at, calendar),
    )  # fmt: skip
    if before is not None:
        gone = {clock.id for clock in change.supersede}
        reason = _why_superseded(before, decision)
        if _lower(before) != _lower(decision):
            promises.settle(Outcome.WITHDRAWN, ROUTER, reason)
        promises.supersede([c for c in promises.running() if str(c.id) in gone], reason, inputs.at)
        owed = {(clock.name, clock.due_at, clock.target, clock.rule) for clock in decision.clocks}
        overdue_ = [clock for clock in promises.open(side="provider") if clock.state is State.BREACHED]
        still = [c for c in overdue_ if (c.name, c.due_at, c.target, c.rule) in owed]
        promises.rest(clock for clock in overdue_ if clock not in still)
        if promises.incident.left is None:
            promises.take_along([*promises.running(), *(clock for clock in still if not clock.repeats)])
    for terms in change.start:
        promises.start(terms, inputs.cause)
    if before is None:
        _early(promises, calendar)
    promises.keep(called=tuple(team for team in promises.incident.called if team in decision.escalates_to))
    for call in calls(decision, catalogue, promises.incident.called):
        promises.call(call)
    if before is not None and raised and before.led and decision.led and not promises.open(CRISIS_MANAGER):
        promises.call(worse(before, decision, catalogue))


def responded(promises: Promises, at: datetime, by: str) -> None:
    """The first one meets `first_response`."""
    if promises.incident.decision is None:
        if promises.incident.responded is None:
            promises.keep(responded=Early(at, by))
        return
    _done(promises, promises.open(FIRST_RESPONSE), at, by)


def acknowledged(promises: Promises, at: datetime, by: str) -> None:
    """A crisis manager has it: that is when one is assigned (BASE-CM)."""
    _done(promises, promises.open(CRISIS_MANAGER), at, by)


def updated(promises: Promises, at: datetime, by: str, calendar: Calendar) -> None:
    """A status update: the next one is counted from it (RSM-ESCALATION-1)."""
    decision = promises.incident.decision
    if decision is None:
        promises.keep(updated=Early(at, by))
        return
    for missed in [c for c in promises.open(STATUS_UPDATE) if c.state is State.BREACHED and at <= c.due_at]:
        # It was given in time after all: what was armed because of the miss has no ground.
        promises.done(missed, at, by)
        promises.keep(missed=max(0, promises.incident.missed - 1))
        promises.supersede(
            [c for c in promises.running(STATUS_UPDATE) if c.started_at >= missed.due_at],
            "a status update had been given in time",
            at,
        )
    armed = promises.running(STATUS_UPDATE)
    if any(at < clock.started_at for clock in armed):
        return
    for clock in armed:
        if at > clock.due_at:
            promises.keep(missed=promises.incident.missed + 1)
        promises.done(clock, at, by)
    following = clocks.updated(decision, calendar, at)
    if following is not None and promises.incident.state == "open":
        promises.start(following, "incident.updated")


def asked(promises: Promises, at: datetime, by: str, to: str, calendar: Calendar) -> None:
    """A question starts the customer's clock, each time anew (CUST-ACCESS, CUST-B-CHANGE, CUST-C-REPLY)."""
    decision = promises.incident.decision
    if decision is None:
        promises.keep(asked=Early(at, by, to))
        return
    terms = clocks.question(decision, calendar, to, at)
    if terms is None or promises.incident.state != "open":
        return
    promises.supersede(promises.running(terms.name), "asked anew: the time to answer counts from the new question", at)
    promises.start(terms, "question.asked")


def replied(promises: Promises, at: datetime, by: str) -> None:
    """The customer's clocks are met, and what was proposed because of them is withdrawn."""
    promises.keep(asked=None)
    _done(promises, promises.open(side="customer"), at, by)
    promises.settle(Outcome.WITHDRAWN, by, "the customer has replied")


def consented(promises: Promises, at: datetime, by: str, calendar: Calendar) -> None:
    """The customer agrees to on-site resources (BASE-ONSITE); once is enough, and once more after a reopening."""
    decision = promises.incident.decision
    if decision is None:
        promises.keep(consented=Early(at, by))
        return
    if promises.incident.state != "open" or _visits(promises):
        return
    promises.keep(agreed_at=at)
    terms = _agreed(promises, decision, at, calendar)
    if terms is not None:
        promises.start(terms, "onsite.consented")


def refused(promises: Promises, at: datetime, reason: str) -> None:
    """Nobody goes there after all: no visit that was bought is left (MULTI-ONSITE)."""
    promises.keep(agreed_at=None)
    promises.supersede(promises.running(ONSITE), reason, at)


def decided(promises: Promises, fact: DowngradeDecided) -> None:
    """A person has settled the proposal (SEV-DOWNGRADE)."""
    outcome = Outcome.ACCEPTED if fact.decision == "accept" else Outcome.REJECTED
    promises.settle(outcome, fact.by, fact.reason)


def ended(promises: Promises, state: str, at: datetime, by: str) -> None:
    """Resolved or closed: what still runs is closed, what was breached stays on the record and climbs no further."""
    promises.keep(state=state, agreed_at=None)
    promises.supersede(promises.running(), state, at)
    promises.rest(promises.open())
    promises.settle(Outcome.WITHDRAWN, by, f"the incident is {state}")


def reopened(promises: Promises, at: datetime, catalogue: Catalogue, calendar: Calendar) -> None:
    """Open again: updates are owed from now on, and what was never done is owed anew, from the reopening."""
    if promises.incident.state == "open":
        return
    promises.keep(state="open", reopened_at=at)
    decision = promises.incident.decision
    if decision is None:
        promises.start(clocks.unrouted(catalogue, at), "incident.reopened", silent=True)
        return
    known = [clock.as_running() for clock in promises.clocks.values()]
    for terms in clocks.reopened(decision, calendar, known, at):
        promises.start(terms, "incident.reopened")
    promises.keep(called=())
    for call in calls(decision, catalogue, ()):
        promises.call(call)


def overdue(promises: Promises, clock: Clock, calendar: Calendar) -> None:
    """A clock is over and was not met: the breach, and what it leads to; to call people to the place is the promise."""
    decision = promises.incident.decision
    if clock.name == ONSITE:
        promises.send_for(clock)
        return
    after = promises.breach(clock)
    if decision is None:
        return
    if after.repeats:
        promises.keep(missed=promises.incident.missed + 1)
        following = clocks.missed(decision, calendar, after.due_at)
        if following is not None:
            promises.start(following, "status update missed")
        if following is None or following.due_at >= promises.now:
            # After an outage several were missed in a row: the level counts them all, and is raised once.
            promises.climb(after, promises.incident.missed)
    if after.side == "customer":
        proposed = clocks.proposal(decision, after.as_running())
        if proposed is not None:
            promises.propose(after, proposed)


def _early(promises: Promises, calendar: Calendar) -> None:
    """Settle what people did before there was a decision."""
    incident = promises.incident
    if (early := incident.responded) is not None:
        responded(promises, early.at, early.by)
    if (early := incident.updated) is not None:
        updated(promises, early.at, early.by, calendar)
    if (early := incident.asked) is not None:
        asked(promises, early.at, early.by, early.to or "", calendar)
    if (early := incident.consented) is not None:
        consented(promises, early.at, early.by, calendar)
    promises.keep(responded=None, updated=None, asked=None, consented=None)


def _visits(promises: Promises) -> list[Clock]:
    """The clocks of on-site resources that are owed, or were seen to, since the incident was last opened."""
    again = promises.incident.reopened_at
    return [
        clock
        for clock in promises.clocks.values()
        if clock.name == ONSITE
        and clock.state is not State.SUPERSEDED
        and not (again is not None and clock.met_at is not None and clock.met_at <= again)
    ]


def _agreed(promises: Promises, decision: Decision, at: datetime, calendar: Calendar) -> ClockTerms | None:
    """On-site resources as they are owed under a decision made at `at`; None where nobody has agreed, or none are owed.

    A consent outlives a severity that knows none. Where they would have come meanwhile, it counts as given at `at`.
    """
    incident = promises.incident
    if incident.agreed_at is None:
        return None
    visit = clocks.onsite(decision, calendar, incident.submitted_at, incident.agreed_at)
    if visit is None or visit.due_at >= at or _visits(promises):
        return visit
    promises.keep(agreed_at=at)
    return clocks.onsite(decision, calendar, incident.submitted_at, at)


def _done(promises: Promises, open_: Sequence[Clock], at: datetime, by: str) -> None:
    for clock in open_:
        promises.done(clock, at, by)


def _lower(decision: Decision) -> tuple[str, str | None]:
    """What a downgrade would come to: a proposal of something else has no ground any more."""
    return decision.terms.downgrade_about, decision.terms.downgrade_to


def _why_superseded(before: Decision, after: Decision) -> str:
    if before.severity != after.severity:
        return f"severity {before.severity} became {after.severity}"
    if before.service != after.service:
        return f"{before.service} became {after.service}"
    if before.coverage != after.coverage:
        return f"coverage {before.coverage} became {after.coverage}"
    return "the terms changed"
