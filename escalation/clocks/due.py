"""What is due: clocks to be warned, breached, climbed. A claim locks the subjects, re-reads, acts, re-arms, says.

Before a breach the logs are asked whether what was promised was done in time and is only on its way here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from backbone.ground import Ground, lane_bell
from backbone.log.event import Event, Lane
from backbone.log.sources import NotAnswered, in_a_moment
from backbone.log.tx import Tx
from backbone.loops.breath import Breath
from backbone.postgres.engine import is_passing
from escalation.metrics import Metrics
from escalation.policies.frozen import Policies
from events.incidents import IncidentStuck

from . import consequences, store
from .clock import Clock, State
from .frozen import Frozen
from .handlers import HEARS, may_stop
from .ledger import Ledger
from .promises import Promises

log = structlog.get_logger()
#: Clocks in one transaction.
MOST = 200
#: How long to wait for what is on its way here.
_WAIT = timedelta(milliseconds=250)
#: How long until a clock that could not be acted on is tried again.
_STUCK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class DueClocks:
    """The gate over all clocks."""

    ground: Ground
    frozen: Frozen
    policies: Policies
    metrics: Metrics

    async def step(self, lane: Lane) -> datetime | None:
        """Do what is due in a lane, the longest overdue first; answers when there is more."""
        urgent = lane is Lane.URGENT
        now = self.ground.around.time.now()
        async with self.ground.transactions.reading() as connection:
            earliest = await store.earliest(connection, urgent=urgent)
        if earliest is None or earliest > now:
            return earliest
        subjects: list[str] = []
        try:
            async with self.ground.transactions() as tx:
                subjects = await store.claim(tx, urgent=urgent, most=MOST)
                if not subjects:
                    return None  # in other hands: look again after the poll
                await self._round(tx, subjects, urgent)
        except Exception as error:
            if is_passing(error) or not subjects:
                raise
            for subject in subjects:
                await self._alone(subject, urgent)
        return now

    async def _round(self, tx: Tx, subjects: Sequence[str], urgent: bool) -> None:
        await tx.lock(subjects, make=False)
        ledger = await Ledger.open(tx, self.metrics, self.policies, subjects)
        await self._act(ledger, tx, urgent)
        await ledger.close()

    async def _alone(self, subject: str, urgent: bool) -> None:
        """One that can't be acted on stops no other: a human is asked for, once, and it is tried again later."""
        try:
            async with self.ground.transactions() as tx:
                await self._round(tx, [subject], urgent)
        except Exception as error:
            if is_passing(error):
                raise
            log.error("clock.stuck", incident=subject, error=repr(error)[:500], exc_info=error)
            async with self.ground.transactions() as tx:
                await tx.lock([subject], make=False)
                if await store.postpone(tx, subject, urgent=urgent, until=tx.now + _STUCK):
                    tx.say(IncidentStuck("escalation", "a clock that is due", repr(error)[:500]), subject, urgent=True)

    async def _act(self, ledger: Ledger, tx: Tx, urgent: bool) -> None:
        breath = Breath()
        due = [
            (clock, promises)
            for promises in ledger.all()
            for clock in promises.clocks.values()
            if clock.next_at is not None and clock.next_at <= tx.now and clock.urgent == urgent
        ]
        due.sort(key=lambda item: (item[0].next_at, item[0].id))
        coming = await self._coming(tx, [clock for clock, _ in due])
        for clock, promises in due:
            await self._one(tx, promises, clock, coming.get(clock.incident, ()))
            ledger.say(promises)
            await breath()

    async def _one(self, tx: Tx, promises: Promises, clock: Clock, coming: Sequence[Event]) -> None:
        if clock.state is State.BREACHED:
            promises.climb(clock)
        elif tx.now <= clock.due_at:
            promises.warn(clock)
        elif waits := [e for e in coming if may_stop(clock.name, clock.side, e.type) and _when(e) <= clock.due_at]:
            promises.postpone(clock, tx.now + _WAIT)
            self.ground.around.bell.ring({lane_bell(e.source, e.urgent) for e in waits}, outward=False)
        else:
            consequences.overdue(promises, clock, await self.frozen.calendar(promises.incident, tx.connection))

    async def _coming(self, tx: Tx, due: Sequence[Clock]) -> Mapping[str, list[Event]]:
        """What the other stages have said of incidents about to be breached, and what was not heard here yet.

        A held subject waits for nothing: what is held reaches nobody, and its promises go on.
        """
        subjects = {
            c.incident for c in due
            if c.state is State.RUNNING and tx.now > c.due_at and not tx.subjects[c.incident].held
        }  # fmt: skip
        found: dict[str, list[Event]] = {}
        if not subjects:
            return found
        for source, useful in HEARS.items():
            heard = [(s, tx.subjects[s].heard.get(source, 0)) for s in sorted(subjects)]
            for event in await self._unheard(source, heard):
                if event.type in useful:
                    found.setdefault(event.subject, []).append(event)
        return found

    async def _unheard(self, source: str, heard: Sequence[tuple[str, int]]) -> Sequence[Event]:
        """All behind what was heard. A database of its own that is away keeps no promise: nothing comes from there."""
        if source not in self.ground.others:
            return await self.ground.sources.unheard(source, heard)
        try:
            return await in_a_moment(self.ground.sources.unheard(source, heard))
        except NotAnswered as error:
            log.warning("clock.not_asked", source=source, error=str(error)[:200])
            return ()


def _when(event: Event) -> datetime:
    """When it was done: a page's acknowledgement says so itself."""
    if event.type == "page.acknowledged":
        return datetime.fromisoformat(event.json()["at"])
    return event.occurred_at
