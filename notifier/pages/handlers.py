"""What the notifier does with what it hears: keeps what it needs for its words, opens pages, cancels them.

A batch costs the same few statements whatever it holds; ordinary incidents make no pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from backbone.log.event import Event
from backbone.log.tx import Tx
from backbone.loops.breath import Breath
from events import codec
from events.assignments import CrisisManagerAssigned, IncidentRouted, PeopleAssigned
from events.codec import Fact
from events.escalations import DowngradeProposed, EscalationRaised
from events.incidents import ExecutivesRequested, IncidentCorrected, IncidentStuck
from notifier.metrics import Metrics
from notifier.pages import requests
from notifier.pages.incident import told, unknown
from notifier.pages.ledger import Ledger, Request
from notifier.pages.page import Purpose, Side, State
from notifier.pages.people import People
from notifier.rules.ladder import from_the_start
from notifier.rules.wanted import called_for, for_executives, is_of_another_queue, of_its_queue, unwanted
from notifier.rules.who import find

_STUCK, _MENDED = "incident.stuck", "incident.mended"
#: What is only kept, since pages are put into words from it.
_KEPT = frozenset({"incident.reported", "clock.started", "clock.breached", "crisis_manager.released"})
#: After these, a page may no longer be wanted.
_ENDING = frozenset(
    {
        "incident.resolved", "incident.closed", "incident.reopened", "incident.corrected", "incident.routed", "clock.met",
        "clock.superseded", "downgrade.decided", _MENDED,
    }
)  # fmt: skip
#: These ask for pages.
_ASKING = frozenset(
    {"crisis_manager.assigned", "people.assigned", "executives.requested", "escalation.raised", "downgrade.proposed"}
)

HEARS: Mapping[str, frozenset[str]] = {
    "intake": frozenset(
        {
            "incident.reported", "incident.corrected", "incident.resolved", "incident.closed", "incident.reopened",
            "executives.requested", "downgrade.decided", _STUCK, _MENDED,
        }
    ),
    "router": frozenset(
        {"incident.routed", "crisis_manager.assigned", "crisis_manager.released", "people.assigned", _STUCK, _MENDED}
    ),
    "escalation": frozenset(
        {
            "clock.started", "clock.breached", "clock.met", "clock.superseded", "escalation.raised", "downgrade.proposed",
            _STUCK, _MENDED,
        }
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Handlers:
    """Handles events; `wake` is rung after a commit that left something to be sent."""

    people: People
    metrics: Metrics
    wake: Callable[[], None]

    async def handle(self, tx: Tx, events: Sequence[Event]) -> None:
        """Take in a batch of events, their subjects locked, in their order."""
        breath = Breath()
        asking = {e.subject for e in events if e.type in _ASKING or e.type == _STUCK}
        if asking:
            await self.people.directory.refresh(tx.connection)
        ledger = await Ledger.open(
            tx, self.metrics, {e.subject for e in events},
            pages_of=asking | {e.subject for e in events if e.type in _ENDING},
        )  # fmt: skip
        for event in events:
            fact: Fact = codec.read(event.type, event.payload)
            before = ledger.incidents.get(event.subject) or unknown(event.subject)
            ledger.tell(told(before, fact))
            if event.type in _ENDING:
                moved = isinstance(fact, IncidentCorrected) and fact.report.contract != before.contract
                if isinstance(fact, IncidentCorrected) and fact.left is not None:
                    _leave(ledger, event.subject, fact.left)
                if isinstance(fact, IncidentRouted):
                    await self._keep_who_is_on_call(ledger, event.subject)
                cancel_unwanted(ledger, event.subject, event, moved=moved)
            elif event.type not in _KEPT:
                await self._ask(ledger, event, fact)
            await breath()
        if await ledger.close():
            tx.committed.append(self.wake)

    async def _keep_who_is_on_call(self, ledger: Ledger, subject: str) -> None:
        """Who is on call for the queue that the incident is in now as well keeps the page that they have."""
        incident, now = ledger.incident(subject), ledger.tx.now
        left = [p for p in ledger.pages(subject, Purpose.ENGINEER) if p.is_open and is_of_another_queue(p, incident)]
        if left:
            await self.people.directory.refresh(ledger.tx.connection)
            found = find(self.people.roster(), Purpose.ENGINEER, now, incident.queue)
            standing = {somebody.id for somebody in found.people if found.purpose is Purpose.ENGINEER}
            for page in left:
                if page.person in standing:
                    ledger.move(replace(page, grounds=of_its_queue(page, incident)))

    async def _ask(self, ledger: Ledger, event: Event, fact: Fact) -> None:
        incident, now = ledger.incident(event.subject), ledger.tx.now
        wanted: Request | None = None
        match fact:
            case CrisisManagerAssigned():
                for page in ledger.pages(event.subject, Purpose.CRISIS_MANAGER):
                    if page.is_open and page.person != fact.person:
                        ledger.cancel(page, f"handed over to {fact.name}", event)
                if fact.acknowledged:
                    cancel_unwanted(ledger, event.subject, event)
                else:
                    wanted = requests.crisis_manager(fact, str(event.id))
            case PeopleAssigned():
                contract = await self.people.contract(incident, ledger.tx.connection)
                asked = requests.people(fact, str(event.id), self.people.roster(), contract, incident, now)
                wanted = replace(asked, grounds=called_for(fact, asked.reason, incident))
            case EscalationRaised():
                contract = await self.people.contract(incident, ledger.tx.connection)
                wanted = requests.escalation(fact, self.people.roster(), contract, incident, now)
            case ExecutivesRequested():
                contract = await self.people.contract(incident, ledger.tx.connection)
                asked = requests.executives(fact, str(event.id), self.people.roster(), contract, now)
                wanted = replace(asked, grounds=for_executives(incident, fact.side))
            case DowngradeProposed():
                wanted = requests.proposal(fact, str(event.id), self.people.roster(), now)
            case IncidentStuck():
                wanted = requests.stuck(fact, str(event.id), self.people.roster(), now)
        if wanted is not None and (incident.state == "open" or isinstance(fact, IncidentStuck)):
            ledger.request(event.subject, wanted, event)


def _leave(ledger: Ledger, subject: str, contract: str) -> None:
    """The incident is under another contract from now on: the pages to this one's people stay theirs."""
    for page in ledger.pages(subject):
        if page.side is Side.CUSTOMER and page.under is None:
            ledger.move(replace(page, under=contract))


def cancel_unwanted(ledger: Ledger, subject: str, event: Event | None = None, *, moved: bool = False) -> None:
    """End those of an incident's pages that nobody needs to hear of any more. `moved`: it is under another contract now,
    whose people may have the same ids."""
    incident = ledger.incident(subject)
    for page in ledger.pages(subject):
        told_once = page.reached is not None and not page.wants_ack
        if not page.is_open or told_once:
            continue
        another = moved and page.side is Side.CUSTOMER
        reason = "the incident is under another contract" if another else unwanted(page, incident)
        if reason is not None:
            ledger.cancel(page, reason, event)
    _go_on(ledger, subject)


def _go_on(ledger: Ledger, subject: str) -> None:
    """Who has passed a page on to somebody whose own one has ended meanwhile is called again: nobody else would be."""
    asked = ledger.asked(subject, Purpose.DUTY_MANAGER)
    if asked and all(page.next_at is None and page.state is not State.SENDING for page in asked):
        ledger.move(from_the_start(asked[0], ledger.tx.now))
