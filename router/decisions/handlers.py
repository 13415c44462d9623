"""Hears what was reported and done, decides anew where that changes what is owed, and calls people.

Everything is decided by pure functions; this only fetches what they need and says what they found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from backbone.directory.directory import Directory
from backbone.log.event import Event
from backbone.log.tx import Tx
from backbone.loops.breath import Breath
from events import assignments as said
from events import codec
from events import incidents as heard
from events import notifications as pages
from services.calendar import VERSION as CALENDARS
from services.calendar import Calendar, calendar_of
from services.catalogue.model import Catalogue
from services.contract.model import Contract
from services.decide import decide
from services.decision import Decision, adapter

from ..assignments.calls import Calls
from ..contracts.spending import DRAWING, Spending
from ..metrics import Metrics
from . import owed
from .desk import Desk
from .frozen import Frozen
from .round import Round
from .store import Kept

HEARS = {
    "intake": frozenset(
        {
            "incident.reported", "impact.changed", "severity.assessed", "incident.corrected", "downgrade.decided",
            "owner.requested", "crisis_manager.requested", "effort.recorded", "incident.resolved", "incident.closed",
            "incident.reopened", "onsite.consented", "management.requested", "incident.responded", "incident.updated",
        }
    ),
    "notifier": frozenset({"page.acknowledged", "page.declined", "page.exhausted"}),
}  # fmt: skip

_INPUTS: TypeAdapter[said.Inputs] = TypeAdapter(said.Inputs)
_CRISIS_MANAGER = "crisis-manager"
_NAMING = frozenset({heard.IncidentReported.TYPE, heard.IncidentCorrected.TYPE})


class Decisions:
    """The handler of the router."""

    def __init__(self, directory: Directory, catalogue: Catalogue, calls: Calls, metrics: Metrics) -> None:
        self._catalogue = catalogue
        self._frozen = Frozen(directory, catalogue)
        self._calls = calls
        self._metrics = metrics

    async def handle(self, tx: Tx, events: Sequence[Event]) -> None:
        """One batch: one load, pure decisions, one write a table."""
        await self._frozen.directory.refresh(tx.connection)
        fresh = {event.subject for event in events if event.type == heard.IncidentReported.TYPE}
        known = [event.subject for event in events if event.subject not in fresh]
        drawing = {event.subject for event in events if event.type in DRAWING}
        round_ = await Round.open(tx, known, drawing, _named(events, drawing))
        breath = Breath()
        for event in events:
            fact = codec.read(event.type, event.payload)
            if isinstance(fact, heard.IncidentReported):
                round_.desks[event.subject] = Desk(
                    subject=event.subject, incident_number=fact.number, report=fact.report,
                    submitted_at=fact.submitted_at.astimezone(UTC),
                )  # fmt: skip
            desk = round_.desks.get(event.subject)
            if desk is not None:
                await self._one(round_, desk, event, fact)
            await breath()
        await round_.close()

    async def _one(self, round_: Round, desk: Desk, event: Event, fact: Any) -> None:
        tx = round_.tx
        match fact:
            case heard.IncidentReported():
                self._frozen.take(desk)
                await self._decide(round_, desk, event, desk.submitted_at)
            case heard.ImpactChanged(impact=impact):
                desk.report = replace(desk.report, impact=impact)
                desk.severity_set = desk.coverage_set = None
                desk.changed_at, desk.set_by = event.occurred_at, event.type
                await self._decide_anew(round_, desk, event)
            case heard.SeverityAssessed(severity=severity):
                desk.severity_set, desk.coverage_set = severity, None
                desk.changed_at, desk.set_by = event.occurred_at, event.type
                await self._decide_anew(round_, desk, event)
            case heard.IncidentCorrected(report=report, changes=changes):
                names_a_contract = "contract" in changes or report.contract != desk.contract
                if report.contract != desk.contract:
                    desk.flags_told = ()  # it is another customer whom they concern
                    # Nobody else pays for its visit: it is drawn again under the order that is named now.
                    self._spending(round_).not_visited(desk, self._visited(desk), event)
                desk.report = report
                if names_a_contract:
                    self._frozen.take(desk)
                await self._decide_anew(round_, desk, event)
            case heard.DowngradeDecided(decision="accept", about=about, to=to):
                if about == "severity":
                    desk.severity_set, desk.changed_at, desk.set_by = to, event.occurred_at, event.type
                else:
                    desk.coverage_set = to
                await self._decide_anew(round_, desk, event)
            case heard.IncidentResponded():
                desk.responded = True
            case heard.IncidentUpdated():
                owed.updated(desk, _hours(desk.decision, *await self._terms(desk, tx)), event.occurred_at)
            case heard.OwnerRequested(by=by, person=person):
                self._calls.owner(tx, desk, by, person, event)
            case heard.CrisisManagerRequested(by=by, person=person):
                self._calls.by_hand(tx, desk, by, person, round_.loads, event)
            case heard.EffortRecorded(by=by, minutes=minutes):
                self._spending(round_).effort(desk, self._frozen.live(desk), by, minutes, event)
            case heard.OnsiteConsented():
                self._spending(round_).visit(desk, self._frozen.live(desk), fact, event)
            case heard.ManagementRequested():
                self._spending(round_).management(desk, self._frozen.live(desk), fact, event)
            case heard.IncidentResolved():
                desk.state = "resolved"
                self._spending(round_).not_visited(desk, self._visited(desk), event)
            case heard.IncidentClosed():
                desk.state = "closed"
                self._spending(round_).not_visited(desk, self._visited(desk), event)
            case heard.IncidentReopened():
                desk.state, desk.reopened_at = "open", event.occurred_at
                # A visit that was made is over: whoever is to come again is agreed to, and drawn, anew.
                desk.visit = desk.consent = None
                contract, catalogue = await self._terms(desk, tx)
                owed.reopened(desk, _hours(desk.decision, contract, catalogue), event.occurred_at)
                await self._calls.reopened(tx, desk, contract, catalogue, round_.loads, event)
            case pages.PageAcknowledged(page=page):
                if page.purpose == _CRISIS_MANAGER:
                    self._calls.acknowledged(tx, desk, page.to, round_.loads, event)
            case pages.PageDeclined(page=page) | pages.PageExhausted(page=page):
                if page.purpose == _CRISIS_MANAGER and page.to == desk.crisis_manager and desk.wants_crisis_manager:
                    why = "declined" if isinstance(fact, pages.PageDeclined) else "did not answer"
                    await self._calls.next_crisis_manager(tx, desk, f"{page.name} {why}", round_.loads, event)
            case _:
                pass

    async def _decide_anew(self, round_: Round, desk: Desk, event: Event) -> None:
        """A change decides anew; a raised severity's clocks count from the change, a lowered one's from the submission,
        and what stays keeps its start (SEV-CHANGE); none from before the last reopening."""
        if desk.state == "closed" or desk.decision is None:
            return
        at, before = event.occurred_at, desk.decision.severity
        contract, catalogue = await self._terms(desk, round_.tx)
        after = self._decision(desk, contract, catalogue).severity
        if catalogue.rank[after] < catalogue.rank[before]:
            desk.clocks_from = at
            self._calls.raised(desk)
        elif catalogue.rank[after] > catalogue.rank[before]:
            desk.clocks_from = None
        await self._decide(round_, desk, event, at)

    async def _decide(self, round_: Round, desk: Desk, event: Event, at: datetime) -> None:
        tx = round_.tx
        stored = await self._frozen.contract(desk, tx.connection)
        contract, catalogue = await self._terms(desk, tx)
        decision = self._decision(desk, contract, catalogue)
        desk.number += 1
        owed.decided(desk, decision, _hours(decision, contract, catalogue))
        desk.rank = catalogue.rank[decision.severity]
        frozen = said.ContractVersion(stored.id, stored.version, contract.customer) if stored and contract else None
        inputs = said.Inputs(
            cause=event.type, submitted_at=desk.submitted_at, at=at, clocks_from=desk.clocks_from,
            severity=desk.severity_set, coverage=desk.coverage_set, impact=desk.report.impact, contract=frozen,
            catalogue=catalogue.version, calendars=CALENDARS,
            window_at=desk.window_at if desk.window_at != at else None,
            told=event.sequence if event.source == "intake" else None, reopened_at=desk.reopened_at,
            set_by=desk.set_by,
        )  # fmt: skip
        routed = said.IncidentRouted(number=desk.number, decision=decision, inputs=inputs)
        tx.say(routed, desk.subject, urgent=decision.urgent or None, cause=event)
        round_.kept.append(
            Kept(desk.subject, desk.number, tx.now, _INPUTS.dump_json(inputs).decode(),
                 adapter().dump_json(decision).decode())
        )  # fmt: skip
        self._metrics.routed(decision.service, decision.severity)
        self._calls.stand_down(desk)
        if decision.terms.onsite is None:
            self._spending(round_).not_visited(desk, self._visited(desk), event)
        elif desk.consent is not None and desk.state == "open":
            self._spending(round_).agreed(desk, self._frozen.live(desk), desk.consent, event)
        await self._calls.after_a_decision(tx, desk, contract, catalogue, round_.loads, event)

    async def _terms(self, desk: Desk, tx: Tx) -> tuple[Contract | None, Catalogue]:
        """The contract and the catalogue that hold for the incident."""
        stored = await self._frozen.contract(desk, tx.connection)
        return (stored.value if stored is not None else None), await self._frozen.catalogue_of(desk, tx.connection)

    @staticmethod
    def _decision(desk: Desk, contract: Contract | None, catalogue: Catalogue) -> Decision:
        return decide(
            desk.report, contract, catalogue, submitted_at=desk.submitted_at, at=desk.window_at,
            clocks_from=desk.clocks_from, severity=desk.severity_set, coverage=desk.coverage_set,
            reopened_at=desk.reopened_at, set_by=desk.set_by,
        )  # fmt: skip

    def _spending(self, round_: Round) -> Spending:
        return Spending(round_.tx, round_.drawing, self._catalogue, self._calls)

    def _visited(self, desk: Desk) -> Contract | None:
        """The contract whose visit was drawn, as it is now: a correction may have named another meanwhile."""
        stored = self._frozen.current(desk.visit.contract) if desk.visit is not None else None
        return stored.value if stored is not None else None


def _hours(decision: Decision | None, contract: Contract | None, catalogue: Catalogue) -> Calendar:
    """The business hours that a decision counts by."""
    return calendar_of(contract, decision.terms.location if decision is not None else None, catalogue.business_hours)


def _named(events: Sequence[Event], drawing: Collection[str]) -> set[str]:
    """The contracts that a batch itself puts those under who draw in it."""
    telling = (event for event in events if event.type in _NAMING and event.subject in drawing)
    facts: Iterator[Any] = (codec.read(event.type, event.payload) for event in telling)
    return {fact.report.contract for fact in facts if fact.report.contract is not None}
