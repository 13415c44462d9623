"""Where the notifier itself could not handle an event, nobody else says so: a page of its own asks for a human.

An incident whose events are held here is one that pages may be missing of: never silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backbone.ground import Ground
from backbone.log.event import Fact, Lane
from backbone.log.tx import Tx
from events.incidents import IncidentMended, IncidentStuck
from notifier.metrics import Metrics
from notifier.pages import requests, store
from notifier.pages.handlers import cancel_unwanted
from notifier.pages.incident import told
from notifier.pages.ledger import Ledger
from notifier.pages.people import People

#: With the letter that holds the incident: what is held again after that one was settled is paged about again.
CAUSE = "stuck:notifier:"


@dataclass(frozen=True, slots=True)
class OwnHolds:
    """Looks for subjects that are held here, where no page has been about it and none is on its way for another stage."""

    ground: Ground
    people: People
    metrics: Metrics

    async def step(self, lane: Lane) -> datetime | None:
        """Page the duty manager about each. Answers None where the poll is often enough."""
        async with self.ground.transactions() as tx:
            letters = await store.lock_held(tx, CAUSE, 50)
            subjects = list(letters)
            if not subjects:
                return None
            await tx.lock(subjects, make=False)
            await self.people.directory.refresh(tx.connection)
            ledger = await Ledger.open(tx, self.metrics, subjects, pages_of=subjects)
            fact = IncidentStuck("notifier", "an event", "")
            for subject, letter in letters.items():
                ledger.tell(told(ledger.incident(subject), fact))
                ledger.request(subject, requests.stuck(fact, f"{CAUSE}{letter}", self.people.roster(), tx.now))
            moved = await ledger.close()
        if not moved:
            return None
        self.ground.wake("send")
        return self.ground.around.time.now()

    async def mended(self, tx: Tx, subject: str, fact: Fact) -> None:
        """Nobody hears oneself: where nothing of an incident is held here any more, nobody needs to be told."""
        if isinstance(fact, IncidentMended):
            ledger = await Ledger.open(tx, self.metrics, [subject], pages_of=[subject])
            ledger.tell(told(ledger.incident(subject), fact))
            cancel_unwanted(ledger, subject)
            await ledger.close()
