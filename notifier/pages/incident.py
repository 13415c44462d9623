"""What the notifier knows of an incident: enough to put a page into words, and to see whether it is still wanted.

Made from what the other stages say, in their order; nothing here is asked for over the network.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from events.assignments import CrisisManagerAssigned, CrisisManagerReleased, IncidentRouted, PeopleAssigned
from events.codec import Fact
from events.escalations import Clock, ClockBreached, ClockMet, ClockStarted, ClockSuperseded, DowngradeProposed
from events.incidents import (
    DowngradeDecided,
    IncidentClosed,
    IncidentCorrected,
    IncidentMended,
    IncidentReopened,
    IncidentReported,
    IncidentResolved,
    IncidentStuck,
)
from services.report import Report

#: The watch that runs until the first decision: it has no clock of its own that we would hear of.
UNROUTED = "unrouted"
_MOST_DESCRIBED = 2_000
_CRISIS_MANAGER = "crisis-manager"
#: Of one promise that is made again and again (a status update each hour): how many that were missed are remembered.
_MOST_MISSED = 50


@dataclass(frozen=True, slots=True)
class Unmet:
    """A promise that is not met yet, overdue or not."""

    id: str
    name: str
    side: str
    due_at: datetime
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident; what is None has not been heard of yet. `led`: a crisis manager is promised;
    `proposed`: what a downgrade that waits for a decision is about, and what it would come to; `set_aside`: the stages
    that could not handle something of it; `executives`: the sides whose executives may be told; `answered`: when
    the customer had the first response; `taken`: the purposes of which somebody has said yes since they were last called."""

    id: str
    number: str
    title: str
    state: str = "open"
    severity: str | None = None
    contract: str | None = None
    contract_version: int | None = None
    customer: str | None = None
    caller: str | None = None
    caller_phone: str | None = None
    description: str | None = None
    product: str | None = None
    queue: str | None = None
    language: str | None = None
    crisis_manager: str | None = None
    crisis_manager_id: str | None = None
    flags: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    urgent: bool | None = None
    led: bool | None = None
    proposed: tuple[str, str] | None = None
    set_aside: tuple[str, ...] | None = None
    executives: tuple[str, ...] | None = None
    answered: datetime | None = None
    taken: tuple[str, ...] | None = None
    unmet: tuple[Unmet, ...] = ()
    #: What the decision promised, until the first of its clocks is heard of: a page does not wait for that.
    promised: tuple[Unmet, ...] = ()

    @property
    def unmet_ids(self) -> frozenset[str]:
        """The promises that are not kept yet."""
        ids = {clock.id for clock in self.unmet}
        return frozenset(ids | {UNROUTED}) if self.severity is None else frozenset(ids)


INCIDENT: TypeAdapter[Incident] = TypeAdapter(Incident)


def unknown(subject: str) -> Incident:
    """An incident of which nothing could be read: its page still has to say something."""
    return Incident(id=subject, number=subject, title="(what was reported could not be read)")


def told(incident: Incident, fact: Fact) -> Incident:
    """The incident after a fact; the same where the fact says nothing of interest."""
    match fact:
        case IncidentReported():
            return replace(_reported(incident, fact.report), number=fact.number, taken=())
        case IncidentCorrected():
            return _reported(incident, fact.report)
        case IncidentRouted():
            return _routed(incident, fact)
        case CrisisManagerAssigned():
            now = has_taken if fact.acknowledged else asks_anew
            return now(replace(incident, crisis_manager=fact.name, crisis_manager_id=fact.person), _CRISIS_MANAGER)
        case CrisisManagerReleased():
            return replace(incident, crisis_manager=None, crisis_manager_id=None)
        case PeopleAssigned():
            return asks_anew(incident, _CRISIS_MANAGER if lacks_a_crisis_manager(fact) else fact.role)
        case IncidentResolved():
            return replace(incident, state="resolved")
        case IncidentClosed():
            return replace(incident, state="closed")
        case IncidentReopened():
            return replace(incident, state="open", taken=())
        case DowngradeProposed():
            return replace(incident, proposed=(fact.about, fact.to))
        case DowngradeDecided():
            return replace(incident, proposed=None)
        case ClockStarted() | ClockBreached():
            answered = None if _is_first_response(fact.clock) else incident.answered
            return replace(incident, unmet=_also(incident.unmet, _unmet(fact.clock)), promised=(), answered=answered)
        case ClockMet():
            # What is done at last settles the missed ones of the same name too.
            kept = (c for c in incident.unmet if (c.name, c.side) != (fact.clock.name, fact.clock.side))
            answered = fact.met_at if _is_first_response(fact.clock) else incident.answered
            return replace(incident, unmet=tuple(kept), promised=(), answered=answered)
        case ClockSuperseded():
            return replace(incident, unmet=tuple(c for c in incident.unmet if c.id != fact.clock.id), promised=())
        case IncidentStuck():
            return replace(incident, set_aside=(*_besides(fact.stage, incident.set_aside or ()), fact.stage))
        case IncidentMended() if incident.set_aside is not None:
            return replace(incident, set_aside=_besides(fact.stage, incident.set_aside))
        case _:
            return incident


def has_taken(incident: Incident, purpose: str) -> Incident:
    """Somebody of those who were called for a purpose has it."""
    return replace(incident, taken=(*_others(incident, purpose), purpose))


def asks_anew(incident: Incident, purpose: str) -> Incident:
    """Somebody is called for a purpose: whoever had it before was asked for something that is over."""
    return incident if incident.taken is None else replace(incident, taken=_others(incident, purpose))


def lacks_a_crisis_manager(fact: PeopleAssigned) -> bool:
    """Whether the duty manager is called since no crisis manager is there: by the rule that promises one (BASE-CM)."""
    return fact.role == "duty-manager" and not fact.informs and fact.about is None and fact.rule is not None


def _others(incident: Incident, purpose: str) -> tuple[str, ...]:
    return tuple(other for other in incident.taken or () if other != purpose)


def _is_first_response(clock: Clock) -> bool:
    return clock.name == "first_response" and clock.side == "provider"


def _also(unmet: tuple[Unmet, ...], clock: Unmet) -> tuple[Unmet, ...]:
    """With one more. What is missed often never pushes out another promise, whose page would be taken for settled."""
    others = [other for other in unmet if other.id != clock.id]
    alike = [other for other in others if (other.name, other.side) == (clock.name, clock.side)]
    if len(alike) >= _MOST_MISSED:
        others.remove(alike[0])
    return (*others, clock)


def _besides(stage: str, stages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(other for other in stages if other != stage)


def _reported(incident: Incident, report: Report) -> Incident:
    return replace(
        incident,
        title=report.title,
        contract=report.contract,
        customer=incident.customer if report.contract == incident.contract else None,
        caller=report.reporter.name,
        caller_phone=report.reporter.phone,
        description=report.description[:_MOST_DESCRIBED] if report.description else None,
        product=report.product,
        language=report.language,
    )


def _routed(incident: Incident, fact: IncidentRouted) -> Incident:
    decision, named = fact.decision, fact.inputs.contract
    # One that was made before a correction was heard of names a contract that is not the incident's any more.
    contract = named if named is not None and named.number == incident.contract else None
    # What is no crisis any more, and becomes one again, is called for anew.
    taken = incident.taken and tuple(
        p for p in incident.taken if (decision.led if p == _CRISIS_MANAGER else decision.urgent)
    )
    lower = (decision.terms.downgrade_about, decision.terms.downgrade_to)
    return replace(
        incident,
        severity=decision.severity,
        urgent=decision.urgent,
        led=decision.led,
        executives=tuple(decision.executives),
        taken=taken,
        queue=decision.queue,
        language=decision.language,
        flags=tuple(decision.flags),
        because=tuple(decision.because),
        proposed=incident.proposed if incident.proposed == lower else None,
        unmet=tuple(clock for clock in incident.unmet if clock.name != UNROUTED),
        promised=tuple(Unmet(c.name, c.name, c.side, c.due_at, c.rule) for c in decision.clocks),
        contract_version=contract.version if contract else None,
        customer=contract.customer if contract else None,
    )


def _unmet(clock: Clock) -> Unmet:
    return Unmet(clock.id, clock.name, clock.side, clock.due_at, clock.rule)
