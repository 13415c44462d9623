"""Where the notifier itself could not handle an event, nobody else says so: a page of its own asks for a human.

An incident whose events are held here is one that pages may be missing of: never silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backbone.ground import Ground
from backbone.log.event import Lane
from events.incidents import IncidentStuck
from notifier.metrics import Metrics
from notifier.pages import requests
from notifier.pages.ledger import Ledger
from notifier.pages.people import People

CAUSE = "stuck:notifier"


@dataclass(frozen=True, slots=True)
class OwnHolds:
    """Looks for subjects that are held here and have not been paged about."""

    ground: Ground
    people: People
    metrics: Metrics

    async def step(self, lane: Lane) -> datetime | None:
        """Page the duty manager about each. Answers None where the poll is often enough."""
        async with self.ground.transactions() as tx:
            rows = await tx.execute(
                "select subject from subject s where held and not exists"
                " (select from page p where p.incident = s.subject and p.cause = :cause)"
                " order by subject limit 50 for update skip locked",
                {"cause": CAUSE},
            )
            subjects = [row[0] for row in rows]
            if not subjects:
                return None
            await tx.lock(subjects, make=False)
            await self.people.directory.refresh(tx.connection)
            ledger = await Ledger.open(tx, self.metrics, subjects, pages_of=subjects)
            fact = IncidentStuck("notifier", "an event", "")
            for subject in subjects:
                ledger.request(subject, requests.stuck(fact, CAUSE, self.people.roster(), tx.now))
            moved = await ledger.close()
        if not moved:
            return None
        self.ground.wake("send")
        return self.ground.around.time.now()
