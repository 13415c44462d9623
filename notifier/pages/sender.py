"""Sends: claims what is due, lets it leave outside of any transaction, many at once, and writes down what became of it.

No channel waits for another; what is in doubt after a crash leaves again, under the same id, marked as a repeat.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import structlog

from backbone.ground import Ground
from backbone.log.event import Lane
from backbone.log.tx import Tx
from backbone.postgres.engine import is_passing
from backbone.time_source import ticks
from notifier.acknowledgement.token import Links
from notifier.channels import Attempt, Failed, Outcome
from notifier.messages import compose
from notifier.pages import store
from notifier.pages.due import Dispatch, Errand, Room
from notifier.pages.record import Finished, Recorder

log = structlog.get_logger()

#: Attempts at once by one channel. The ordinary lane leaves room for what is urgent.
AT_ONCE = {Lane.URGENT: 40, Lane.ORDINARY: 20}
#: Pages of one round.
A_ROUND = 100
#: Seconds that a round waits for its attempts before it looks for more.
PATIENCE = 0.05
#: Seconds without a beat of our own after which nothing is sent any more: somebody else may hold our claims by now.
STALE = 3.0
#: Seconds between two beats.
BEAT = 1.0
#: What is written down of an attempt where what the channel said of it can't be.
UNRECORDED = Failed("what became of it could not be recorded", retry=True)


@dataclass(frozen=True, slots=True)
class Flight:
    """An attempt in the air."""

    lane: Lane
    page: UUID
    channel: str
    task: asyncio.Task[None]


@dataclass(slots=True)
class Sender:
    """One replica's sending, of both lanes. `beaten_at` is when it last said that it lives."""

    ground: Ground
    dispatch: Dispatch
    recorder: Recorder
    links: Links
    clock: Callable[[], float] = ticks
    beaten_at: float = 0.0
    flying: dict[UUID, Flight] = field(default_factory=dict)
    finished: dict[Lane, list[Finished]] = field(default_factory=lambda: {lane: [] for lane in Lane})

    async def step(self, lane: Lane) -> datetime | None:
        """Claim, send, record. Answers when there is more: now, while something is in the air."""
        await self.links.ready()
        await self._record(lane)
        urgent = lane is Lane.URGENT
        room = Room(AT_ONCE[lane], Counter(flight.channel for flight in self.flying.values()))
        async with self.ground.transactions() as tx:
            errands = await self.dispatch.claim(tx, urgent=urgent, room=room, limit=A_ROUND)
            if errands:
                await self.beat(tx)
            # Whoever has something to send looks for the next in a round of its own: nobody waits for that.
            following = None if errands else await store.next_due(tx, urgent=urgent, busy=room.busy())
        for errand in errands:
            task = asyncio.create_task(self._send(lane, errand), name=f"page {errand.page.id}")
            self.flying[errand.attempt.id] = Flight(lane, errand.page.id, errand.way.channel, task)
        ours = self._in_the_air(lane)
        if ours:
            await asyncio.wait(ours, timeout=PATIENCE)
        await self._record(lane)
        if errands or self._in_the_air(lane) or self.finished[lane]:
            return self.ground.around.time.now()
        return following

    async def beat(self, tx: Tx) -> None:
        """Say in this transaction that we live, unless we just did."""
        if self.clock() - self.beaten_at < BEAT:
            return
        await store.beat(tx, self.dispatch.holder)
        now = self.clock()
        tx.committed.append(lambda: self._beaten(now))

    def pages_at_work(self) -> frozenset[UUID]:
        """The pages that something of ours is about to finish."""
        return frozenset(
            [flight.page for flight in self.flying.values()]
            + [item.errand.page.id for done in self.finished.values() for item in done]
        )

    def _beaten(self, at: float) -> None:
        self.beaten_at = at

    async def stop(self, within: float = 15.0) -> None:
        """Let what is in the air arrive, and write it down."""
        tasks = [flight.task for flight in self.flying.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for lane in Lane:
            await self._record(lane)
        for channel in self.dispatch.people.channels.values():
            await channel.close()

    def _in_the_air(self, lane: Lane) -> list[asyncio.Task[None]]:
        return [flight.task for flight in self.flying.values() if flight.lane is lane]

    async def _send(self, lane: Lane, errand: Errand) -> None:
        attempt = errand.attempt
        try:
            outcome = await self._leave(errand)
        except asyncio.CancelledError:
            self.flying.pop(attempt.id, None)
            raise
        except Exception as error:
            log.error("page.not_sent", page=str(errand.page.id), channel=errand.way.channel, exc_info=error)
            outcome = Failed(f"could not be sent: {type(error).__name__}", retry=True)
        self.flying.pop(attempt.id, None)
        if outcome is not None:
            self.finished[lane].append(Finished(errand, outcome))
        self.ground.around.bell.ring(["notifier.send"], outward=False)

    async def _leave(self, errand: Errand) -> Outcome | None:
        if self.clock() - self.beaten_at > STALE:
            return None  # frozen for a while: whoever has taken over sends it
        now = self.ground.around.time.now()
        link = self.links.link(errand.page.id)
        message = compose(replace(errand.facts, link=link), errand.time_zone, now)
        return await errand.way.through.send(
            message,
            errand.attempt.address,
            Attempt(
                id=str(errand.attempt.id), page=str(errand.page.id), incident=errand.page.incident,
                number=errand.facts.number, to=errand.page.person, at=now, repeat=errand.attempt.repeat, link=link,
            ),
        )  # fmt: skip

    async def _record(self, lane: Lane) -> None:
        """Write down what became of the attempts; they stay in hand until that is committed.

        What breaks the batch is looked for one by one: no attempt keeps the others from being recorded."""
        finished = self.finished[lane]
        done = list(finished)
        if not done:
            return
        try:
            await self._write(done)
            del finished[: len(done)]
        except Exception as error:
            if is_passing(error):
                raise
            log.error("pages.not_recorded_together", pages=len(done), exc_info=error)
            for item in done:
                await self._record_alone(item)
                finished.remove(item)

    async def _record_alone(self, item: Finished) -> None:
        """Write it down, else that it could not be; else Beats finds a claim that nothing works on."""
        for outcome in (item.outcome, UNRECORDED):
            try:
                return await self._write([replace(item, outcome=outcome)])
            except Exception as error:
                if is_passing(error):
                    raise
                page, channel = str(item.errand.page.id), item.errand.way.channel
                log.error("page.not_recorded", page=page, channel=channel, exc_info=error)

    async def _write(self, done: Sequence[Finished]) -> None:
        async with self.ground.transactions() as tx:
            await self.recorder.write(tx, done)
