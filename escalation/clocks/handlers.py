"""What escalation does with what it hears: each fact and what follows from it for the incident's promises.

A batch costs the same few statements whatever it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from backbone.log.event import Event
from backbone.log.tx import Tx
from backbone.loops.breath import Breath
from escalation.metrics import Metrics
from escalation.policies import store as policy_store
from escalation.policies.frozen import Policies
from events import assignments, codec, incidents, notifications
from events.codec import Fact

from . import consequences
from .clock import UNROUTED
from .frozen import Frozen
from .incident import Incident
from .ledger import Ledger
from .promises import Promises

#: The purpose of a crisis manager's page.
_CRISIS_MANAGER = "crisis-manager"

HEARS: Mapping[str, frozenset[str]] = {
    "intake": frozenset(
        {
            "incident.reported", "incident.corrected", "incident.responded", "incident.updated", "question.asked",
            "customer.replied", "onsite.consented", "downgrade.decided", "incident.resolved", "incident.closed",
            "incident.reopened",
        }
    ),
    "router": frozenset({"incident.routed", "request.refused"}),
    "notifier": frozenset({"page.acknowledged"}),
}  # fmt: skip

#: By a clock's name, the facts that meet it; every clock of the customer's is met by a reply.
_MEETS = {
    UNROUTED: "incident.routed", "first_response": "incident.responded", "crisis_manager": "page.acknowledged",
    "status_update": "incident.updated",
}  # fmt: skip
#: Facts after which a clock may not run any more.
_CLOSES = frozenset({"incident.routed", "incident.resolved", "incident.closed"})

#: The gate looks this often by itself; what is due sooner wakes it.
_SOON = timedelta(milliseconds=250)


def may_stop(clock_name: str, side: str, event_type: str) -> bool:
    """Whether a fact of that type may meet or close a clock."""
    if event_type in _CLOSES:
        return True
    return event_type == ("customer.replied" if side == "customer" else _MEETS.get(clock_name))


@dataclass(frozen=True, slots=True)
class Handlers:
    """Handles events; `wake` is rung after a commit that left something due at once."""

    frozen: Frozen
    policies: Policies
    metrics: Metrics
    wake: Callable[[], None]

    async def handle(self, tx: Tx, events: Sequence[Event]) -> None:
        """Take in a batch of events, their subjects locked, in their order."""
        breath = Breath()
        ledger = await Ledger.open(tx, self.metrics, self.policies, {e.subject for e in events})
        change: int | None = None
        for event in events:
            fact: Fact = codec.read(event.type, event.payload)
            if isinstance(fact, incidents.IncidentReported):
                if change is None:
                    change = await policy_store.last_change(tx.connection)
                await self._begin(ledger, event, fact, change)
            else:
                await self._follow(ledger, event, fact)
            ledger.say(ledger.of(event.subject), event)
            await breath()
        if await ledger.close():
            soon = tx.now + _SOON
            touched = (p.clocks[id_] for p in ledger.all() for id_ in p.touched)
            if any(clock.next_at is not None and clock.next_at <= soon for clock in touched):
                tx.committed.append(self.wake)

    async def _begin(self, ledger: Ledger, event: Event, fact: incidents.IncidentReported, change: int) -> None:
        if ledger.knows(event.subject):
            return
        promises = ledger.begin(
            Incident(
                id=event.subject, number=fact.number, submitted_at=fact.submitted_at, received_at=fact.received_at,
                policies=change, contract=fact.report.contract,
            )
        )  # fmt: skip
        promises.changed = True
        promises.policies = await self.policies.as_of(ledger.tx.connection, change)
        consequences.reported(promises, self.frozen.loaded, fact.received_at)

    async def _follow(self, ledger: Ledger, event: Event, fact: Fact) -> None:
        promises, at = ledger.of(event.subject), event.occurred_at
        connection = ledger.tx.connection
        match fact:
            case assignments.IncidentRouted():
                await self._route(ledger, promises, event, fact)
            case incidents.IncidentResponded():
                consequences.responded(promises, at, fact.by)
            case incidents.IncidentUpdated():
                consequences.updated(promises, at, fact.by, await self.frozen.calendar(promises.incident, connection))
            case incidents.QuestionAsked():
                calendar = await self.frozen.calendar(promises.incident, connection)
                consequences.asked(promises, at, fact.by, fact.to, calendar)
            case incidents.CustomerReplied():
                consequences.replied(promises, at, fact.by)
            case incidents.OnsiteConsented():
                calendar = await self.frozen.calendar(promises.incident, connection)
                consequences.consented(promises, fact.asked_at or at, fact.by, calendar)
            case incidents.RequestRefused(request=consequences.CONSENTS):
                consequences.refused(promises, at, fact.reason)
            case incidents.DowngradeDecided():
                consequences.decided(promises, fact)
            case incidents.IncidentCorrected():
                promises.keep(contract=fact.report.contract)
                if fact.left is not None:
                    promises.leave(fact.left)
            case incidents.IncidentResolved():
                consequences.ended(promises, "resolved", at, fact.by)
            case incidents.IncidentClosed():
                consequences.ended(promises, "closed", at, fact.by)
            case incidents.IncidentReopened():
                catalogue = await self.frozen.catalogue(promises.incident.catalogue, connection)
                calendar = await self.frozen.calendar(promises.incident, connection)
                consequences.reopened(promises, at, catalogue, calendar)
            case notifications.PageAcknowledged() if fact.page.purpose == _CRISIS_MANAGER:
                consequences.acknowledged(promises, fact.at, fact.by)
            case _:
                return

    async def _route(self, ledger: Ledger, promises: Promises, event: Event, fact: assignments.IncidentRouted) -> None:
        promises.urgent = promises.urgent or fact.decision.urgent
        inputs, connection = fact.inputs, ledger.tx.connection
        catalogue = await self.frozen.catalogue(inputs.catalogue, connection)
        contract = (inputs.contract.number, inputs.contract.version) if inputs.contract is not None else None
        calendar = await self.frozen.calendar_for(contract, fact.decision.terms.location, catalogue, connection)
        consequences.routed(promises, fact, event.occurred_at, catalogue, calendar)
