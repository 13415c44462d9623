"""The promises of some incidents in one transaction: read at once, changed in memory, written and said at once.

A batch costs the same few statements whatever it holds; nothing is said that is not written with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from backbone.log.event import Event
from backbone.log.tx import Tx
from escalation.escalations import store as escalation_store
from escalation.metrics import Metrics
from escalation.policies.frozen import Policies
from escalation.proposals import store as proposal_store
from events.incidents import IncidentMended

from . import store
from .incident import Incident
from .promises import Promises


@dataclass(slots=True)
class Ledger:
    """What is known of the locked subjects."""

    tx: Tx
    metrics: Metrics
    policies: Policies
    _promises: dict[str, Promises] = field(default_factory=dict)
    _said: dict[str, int] = field(default_factory=dict)

    @classmethod
    async def open(cls, tx: Tx, metrics: Metrics, policies: Policies, subjects: Iterable[str]) -> Ledger:
        """Read the incidents and all their clocks; the subjects are locked already."""
        ledger = cls(tx, metrics, policies)
        wanted = list(subjects)
        known = await store.incidents(tx, wanted)
        for incident in known.values():
            ledger.begin(incident)
        for clock in await store.clocks(tx, known) if known else ():
            ledger._promises[clock.incident].take_up(clock)
        for change in {incident.policies for incident in known.values()}:
            in_force = await policies.as_of(tx.connection, change)
            for promises in ledger._promises.values():
                if promises.incident.policies == change:
                    promises.policies = in_force
        return ledger

    def begin(self, incident: Incident) -> Promises:
        """Take an incident in hand."""
        promises = Promises(incident, self.tx.now, self.tx.subjects[incident.id].urgent)
        self._promises[incident.id] = promises
        return promises

    def of(self, subject: str) -> Promises:
        """An incident's promises. Raises KeyError for one of which nothing was reported here."""
        return self._promises[subject]

    def all(self) -> Iterable[Promises]:
        """All that are in hand."""
        return self._promises.values()

    def knows(self, subject: str) -> bool:
        """Whether the incident was reported here."""
        return subject in self._promises

    def say(self, promises: Promises, cause: Event | None = None) -> None:
        """Say what became of an incident's promises since the last time."""
        subject = promises.incident.id
        decision = promises.incident.decision
        urgent = decision is not None and decision.urgent
        for fact in promises.facts[self._said.get(subject, 0) :]:
            self.tx.say(fact, subject, urgent=urgent or None, cause=cause)
        self._said[subject] = len(promises.facts)

    async def close(self) -> bool:
        """Write what has changed; answers whether a clock did.

        Where events of an incident are held, it waits for a human all the same, whatever its clocks do.
        """
        for promises in self._promises.values():
            if promises.mended and not self.tx.subjects[promises.incident.id].held:
                self.tx.say(IncidentMended("escalation"), promises.incident.id)
        touched = [p.clocks[id_] for p in self._promises.values() for id_ in sorted(p.touched)]
        await store.save_incidents(self.tx, [p.incident for p in self._promises.values() if p.changed])
        await store.save_clocks(self.tx, touched)
        await escalation_store.insert(self.tx, [r for p in self._promises.values() for r in p.raised])
        await proposal_store.insert(self.tx, [r for p in self._promises.values() for r in p.proposals])
        await proposal_store.settle(self.tx, [s for p in self._promises.values() for s in p.settled])
        outcomes = [outcome for p in self._promises.values() for outcome in p.outcomes]
        now = self.tx.now
        self.tx.committed.append(lambda: self.metrics.count(outcomes, now))
        return bool(touched)
