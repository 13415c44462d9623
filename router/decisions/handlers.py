"""Hears what was reported and done, decides anew where that changes what is owed, and calls people.

Everything is decided by pure functions; this only fetches what they need and says what they found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from backbone.directory.directory import Directory
from backbone.log.event import Event
from backbone.log.tx import Tx
from backbone.loops.breath import Breath
from events import assignments as said
from events import incidents as heard
from events import notifications as pages
from events.codec import fact_type
from services.calendar import VERSION as CALENDARS
from services.catalogue.model import Catalogue
from services.catalogue.products import matches
from services.contract.balances import Drawn, draw
from services.contract.model import Contract
from services.decide import decide
from services.decision import Decision, adapter

from ..assignments.calls import Calls
from ..metrics import Metrics
from . import store
from .desk import Desk

HEARS = {
    "intake": frozenset(
        {
            "incident.reported", "impact.changed", "severity.assessed", "incident.corrected", "downgrade.decided",
            "owner.requested", "crisis_manager.requested", "effort.recorded", "incident.resolved", "incident.closed",
            "incident.reopened", "onsite.consented",
        }
    ),
    "notifier": frozenset({"page.acknowledged", "page.declined", "page.exhausted"}),
}  # fmt: skip

_INPUTS: TypeAdapter[said.Inputs] = TypeAdapter(said.Inputs)
_STATES = {"incident.resolved": "resolved", "incident.closed": "closed", "incident.reopened": "open"}


class Decisions:
    """The handler of the router."""

    def __init__(self, directory: Directory, catalogue: Catalogue, calls: Calls, metrics: Metrics) -> None:
        self._directory = directory
        self._catalogue = catalogue
        self._calls = calls
        self._metrics = metrics

    async def handle(self, tx: Tx, events: Sequence[Event]) -> None:
        """One batch: one load, pure decisions, one write a table."""
        await self._directory.refresh(tx.connection)
        breath = Breath()
        fresh = {e.subject for e in events if e.type == "incident.reported"}
        others = sorted({e.subject for e in events} - fresh)
        desks = await store.load(tx, others) if others else {}
        kept: list[tuple[str, int, datetime, str, str]] = []
        for event in events:
            kind = fact_type(event.type)
            fact: Any = kind.from_json(event.payload) if kind is not None else None
            if isinstance(fact, heard.IncidentReported):
                desks[event.subject] = Desk(
                    subject=event.subject, incident_number=fact.number, report=fact.report,
                    submitted_at=fact.submitted_at.astimezone(UTC),
                )  # fmt: skip
            desk = desks.get(event.subject)
            if desk is not None and fact is not None:
                await self._one(tx, desk, event, fact, kept)
            await breath()
        await store.keep(tx, kept)
        await store.save(tx, list(desks.values()), self._catalogue.rank)

    async def _one(self, tx: Tx, desk: Desk, event: Event, fact: Any, kept: list[Any]) -> None:
        match fact:
            case heard.IncidentReported():
                await self._decide(tx, desk, event, desk.submitted_at, kept)
            case heard.ImpactChanged(impact=impact):
                desk.report = replace(desk.report, impact=impact)
                desk.severity_set = desk.coverage_set = None
                await self._changed(tx, desk, event, kept)
            case heard.SeverityAssessed(severity=severity):
                desk.severity_set, desk.coverage_set = severity, None
                await self._changed(tx, desk, event, kept)
            case heard.IncidentCorrected(report=report):
                desk.report = report
                await self._changed(tx, desk, event, kept)
            case heard.DowngradeDecided(decision="accept", about=about, to=to):
                if about == "severity":
                    desk.severity_set = to
                else:
                    desk.coverage_set = to
                await self._changed(tx, desk, event, kept)
            case heard.OwnerRequested(by=by, person=person):
                self._calls.owner(tx, desk, by, person, event)
            case heard.CrisisManagerRequested(person=person):
                self._calls.by_hand(tx, desk, person, event)
            case heard.EffortRecorded(by=by, minutes=minutes):
                await self._effort(tx, desk, by, minutes, event)
            case heard.OnsiteConsented():
                await self._visit(tx, desk, event)
            case heard.IncidentResolved() | heard.IncidentClosed() | heard.IncidentReopened():
                desk.state = _STATES[event.type]
            case pages.PageAcknowledged(page=page):
                if page.purpose == "crisis-manager":
                    self._calls.acknowledged(tx, desk, page.to, event)
            case pages.PageDeclined(page=page) | pages.PageExhausted(page=page):
                if page.purpose == "crisis-manager" and page.to == desk.crisis_manager and desk.state == "open":
                    why = "declined" if isinstance(fact, pages.PageDeclined) else "did not answer"
                    await self._calls.next_crisis_manager(tx, desk, f"{page.name} {why}", event)
            case _:
                pass

    async def _changed(self, tx: Tx, desk: Desk, event: Event, kept: list[Any]) -> None:
        """A change decides anew; a raised severity's clocks count from the change (SEV-CHANGE)."""
        if desk.state == "closed" or desk.decision is None:
            return
        before = desk.decision
        contract = await self._contract(desk)
        at = event.occurred_at
        draft = self._decision(desk, contract, at, None)
        ranks = self._catalogue.rank
        if ranks[draft.severity] < ranks[before.severity]:
            desk.clocks_from = at
        elif ranks[draft.severity] > ranks[before.severity]:
            desk.clocks_from = None
        await self._decide(tx, desk, event, at, kept)

    def _decision(self, desk: Desk, contract: Contract | None, at: datetime, clocks_from: datetime | None) -> Decision:
        return decide(
            desk.report, contract, self._catalogue, submitted_at=desk.submitted_at, at=at, clocks_from=clocks_from,
            severity=desk.severity_set, coverage=desk.coverage_set,
        )  # fmt: skip

    async def _decide(self, tx: Tx, desk: Desk, event: Event, at: datetime, kept: list[Any]) -> None:
        stored = self._directory.get("contract", desk.report.contract) if desk.report.contract else None
        contract: Contract | None = stored.value if stored is not None else None
        before = desk.decision
        decision = self._decision(desk, contract, at, desk.clocks_from)
        desk.number += 1
        desk.decision = decision
        frozen = said.ContractVersion(stored.id, stored.version, contract.customer) if stored and contract else None
        inputs = said.Inputs(
            cause=event.type, submitted_at=desk.submitted_at, at=at, clocks_from=desk.clocks_from,
            severity=desk.severity_set, coverage=desk.coverage_set, impact=desk.report.impact, contract=frozen,
            catalogue=self._catalogue.version, calendars=CALENDARS,
        )  # fmt: skip
        routed = said.IncidentRouted(number=desk.number, decision=decision, inputs=inputs)
        tx.say(routed, desk.subject, urgent=decision.urgent or None, cause=event)
        kept.append((desk.subject, desk.number, tx.now, _inputs_json(inputs), adapter().dump_json(decision).decode()))
        self._metrics.routed(decision.service, decision.severity)
        if decision.urgent:
            await self._calls.to_a_crisis(tx, desk, contract, event)
        elif before is not None and before.urgent:
            desk.crisis_manager = desk.crisis_at = None

    async def _contract(self, desk: Desk) -> Contract | None:
        stored = self._directory.get("contract", desk.report.contract) if desk.report.contract else None
        return stored.value if stored is not None else None

    async def _effort(self, tx: Tx, desk: Desk, by: str, minutes: int, event: Event) -> None:
        """Hours of a service that draws from a balance (DSE, RSM-ADDON); others are tracked at intake alone."""
        contract = await self._contract(desk)
        if contract is None or contract.designated is None:
            return
        for hours in self._catalogue.effort.balances:
            if not contract.bought(hours.service) or not matches(contract.designated.products, desk.report.product):
                continue
            drawn = await store.draw(tx, contract.number)
            found = draw(contract, self._catalogue.work_order, drawn, hours.balance, minutes, event.occurred_at)
            if isinstance(found, Drawn):
                await store.set_drawn(tx, contract.number, hours.balance, drawn.get(hours.balance, 0) + found.amount)
                tx.say(
                    said.BalanceDrawn(hours.balance, minutes / 60, found.left / 60, found.rule, found.announce),
                    desk.subject, cause=event,
                )  # fmt: skip
            else:
                tx.say(
                    said.EffortRefused(by, minutes, 0, found.rule or hours.rule, found.reason),
                    desk.subject,
                    cause=event,
                )

    async def _visit(self, tx: Tx, desk: Desk, event: Event) -> None:
        """A consented visit is drawn from those that were bought (ONSITE)."""
        contract, terms = await self._contract(desk), self._catalogue.later.onsite
        if contract is None or terms is None:
            return
        drawn = await store.draw(tx, contract.number)
        found = draw(contract, self._catalogue.work_order, drawn, terms.visits, 1, event.occurred_at)
        if isinstance(found, Drawn):
            await store.set_drawn(tx, contract.number, terms.visits, drawn.get(terms.visits, 0) + found.amount)
            tx.say(
                said.BalanceDrawn(terms.visits, 1, found.left, found.rule, found.announce), desk.subject, cause=event
            )


def _inputs_json(inputs: said.Inputs) -> str:
    return _INPUTS.dump_json(inputs).decode()
