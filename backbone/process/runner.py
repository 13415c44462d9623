"""Runs stages: their followers, works, relay and housekeeping, as loops of one process; starts and drains them.

SIGTERM: unready, stop polling, finish what is in hand, commit, close, in 25 s at most. A loop that dies ends the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC

import structlog

from .. import STAGES
from ..ground import Ground, lane_bell
from ..log import dead_letters, invariants, partitions
from ..log.event import LANES, Event, Fact, Lane
from ..log.tx import Tx
from ..loops.follow import READER, Follower
from ..loops.hear import Ear
from ..loops.repeat import Pulse, Round, repeat
from ..postgres.connection import Connection
from ..postgres.engine import is_passing
from ..stage import Stage, Work
from ..time_source import WallClock
from .gauges import NOT_HELD, UNHEARD

log = structlog.get_logger()

#: The fact that one passed over an event: by whom, at which stage, the event's type, why.
Discarded = Callable[[str, str, str, str], Fact]

#: Letters that are heard again in one transaction.
_AT_ONCE = 200
#: How far the reconciler trails beside Kafka, in seconds.
BEHIND = {Lane.URGENT: 1.0, Lane.ORDINARY: 5.0}


@dataclass(slots=True)
class RunningStage:
    """A stage with its loops. `ear` is what every carrier hears with; `read_by` are the stages that read its log.

    `followers` has one for each database that logs are read from: one that is away holds up nobody in another.
    """

    stage: Stage
    ground: Ground
    ear: Ear
    read_by: tuple[str, ...]
    pulses: dict[str, Pulse] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    followers: dict[Lane, list[Follower]] = field(default_factory=dict)
    discarded: Discarded | None = None
    mended: Callable[[str], Fact] | None = None

    @classmethod
    def of(
        cls,
        stage: Stage,
        ground: Ground,
        stuck: Callable[[str, str, str], Fact],
        read_by: Sequence[str] | None = None,
        discarded: Discarded | None = None,
        mended: Callable[[str], Fact] | None = None,
    ) -> RunningStage:
        """Give a stage its hearing. `stuck(stage, event type, error)` is the fact that a human is needed,
        `discarded(by, stage, event type, reason)` that one passed over an event, `mended(stage)` that none is left.

        `read_by` None is every other stage, wherever it runs: no day of the log goes that one of them has not passed.
        """
        gauges = ground.around.gauges
        gauges.know(stage.name, stage.invariants)

        async def say_stuck(tx: Tx, event: Event, error: str) -> None:
            fact = stuck(stage.name, event.type, error[:500])
            tx.say(fact, event.subject, urgent=True, cause=event)
            if stage.on_hold is not None:
                await stage.on_hold(tx, event.subject, fact)
            log.error("event.set_aside", stage=stage.name, subject=event.subject, type=event.type, error=error)

        async def handle_directory(tx: Tx, events: Sequence[Event]) -> None:
            if events:
                await ground.directory.hear(tx, events)
                await ground.directory.refresh(tx.connection)

        ear = Ear(
            stage, ground.transactions, ground.sources.gaps, handle_directory, say_stuck,
            lambda outcome, n: gauges.heard.labels(stage.name, outcome).inc(n),
        )  # fmt: skip
        readers = [name for name in STAGES if name != stage.name] if read_by is None else read_by
        running = cls(stage, ground, ear, read_by=tuple(readers), discarded=discarded, mended=mended)
        for lane in LANES:
            behind = BEHIND[lane] if ground.settings.kafka else 0.0
            running.followers[lane] = [
                Follower(ear, ground.sources, names, ground.transactions, lane, behind=behind)
                for names in ground.sources.by_database(stage.hears)
            ]
        return running

    async def prepare(self) -> None:
        """Ask what time it is, make today's partition, read the directory. Where the database goes away: once more.

        The time first: a machine whose own clock is two hours ahead would find every promise overdue.
        """
        async with self.ground.transactions.reading() as connection:
            await self._agree(connection)
        await partitions.make_ahead(self.ground.transactions, self.ground.around.time.now().astimezone(UTC).date())
        await self.ground.directory.refresh()
        if self.stage.on_start is not None:
            await self.stage.on_start()

    def start(self) -> None:
        """Start the loops; all is prepared."""
        for lane, followers in self.followers.items():
            patience = self.stage.patience if lane is Lane.ORDINARY else 0.0
            for follower in followers:
                bells = [lane_bell(source, lane is Lane.URGENT) for source in follower.names]
                away = [source for source in follower.names if source in self.ground.others]
                name = ".".join(["follow", lane, *away])
                self.loop(name, _at_once(follower.step, patience), bells, 0.25, vital=not away)
        for work in self.stage.works:
            for lane in work.lanes:
                bells = [f"{self.stage.name}.{work.name}"]
                self.loop(f"{work.name}.{lane}", self._work(work, lane), bells, work.poll, vital=work.vital)
        self.loop("housekeeping", self.housekeeping, [], 5.0)
        self.loop("others", self.ask_others, [], 5.0, vital=not self.ground.others)
        self.loop("directory", self._directory, [], 0.5)

    def loop(self, name: str, round_: Round, bells: Sequence[str], poll: float, *, vital: bool = True) -> None:
        """Start a loop that is woken by `bells`. Where it asks another database than ours it is not `vital`."""
        self.loop_until(self.stopping, name, round_, bells, poll, vital=vital)

    def loop_until(
        self,
        stopping: asyncio.Event,
        name: str,
        round_: Round,
        bells: Sequence[str],
        poll: float,
        *,
        passing: tuple[type[BaseException], ...] = (),
        vital: bool = True,
    ) -> asyncio.Task[None]:
        """Start a loop that others stop; see `repeat` and `Pulse`. A loop that ends before ends the process."""
        gauges = self.ground.around.gauges
        timed = gauges.round.labels(self.stage.name, name)
        seen = gauges.pulse.labels(self.stage.name, name)

        async def watched() -> float | None:
            with timed.time():
                pause = await round_()
            seen.set_to_current_time()
            return pause

        pulse = self.pulses[name] = Pulse(f"{self.stage.name}.{name}", vital)
        woken = self.ground.around.bell.listener([*bells, "stop"])
        task = asyncio.create_task(repeat(watched, pulse, woken, stopping, poll=poll, passing=passing), name=pulse.name)
        self.tasks.append(task)
        return task

    def _work(self, work: Work, lane: Lane) -> Round:
        async def round_() -> float | None:
            next_at = await work.step(lane)
            if next_at is None:
                return None
            return max(0.0, (next_at - self.ground.around.time.now()).total_seconds())

        return round_

    async def _directory(self) -> float | None:
        await self.ground.directory.refresh()
        return None

    async def housekeeping(self) -> float | None:
        """The database's clock, the gauges, the invariants, the days to come: nobody else is asked."""
        gauges, name = self.ground.around.gauges, self.stage.name
        async with self.ground.transactions.reading() as connection:
            await self._agree(connection)
            gauges.dead.labels(name).set(await dead_letters.count(connection))
            default = await connection.execute("select count(*) from outbox_default")
            gauges.outbox_default.labels(name).set(default.scalar_one())
            now = self.ground.around.time.now()
            not_held = await invariants.letters_not_held(connection, self.stage.subjects, now)
            gauges.invariant.labels(name, NOT_HELD).set(not_held)
        for invariant, count in self.stage.invariants.items():
            gauges.invariant.labels(name, invariant).set(await count())
        await partitions.make_ahead(self.ground.transactions, now.astimezone(UTC).date())
        return None

    async def ask_others(self) -> float | None:
        """Whether we are late in hearing the others, and which days of our log they have all passed: those are dropped."""
        now = self.ground.around.time.now()
        async with self.ground.transactions.reading() as connection:
            behind = await invariants.lanes_behind(connection, self.ground.sources, self.stage.hears, READER, now)
        self.ground.around.gauges.invariant.labels(self.stage.name, UNHEARD).set(behind)
        await partitions.drop_old(self.ground.transactions, now, self._passed, self.stage.before_drop)
        return None

    async def _agree(self, connection: Connection) -> None:
        """Set the wall clock by the database's."""
        time = self.ground.around.time
        asked_at = time.now()
        database_now = (await connection.execute("select clock_timestamp()")).scalar_one()
        if isinstance(time, WallClock):
            time.agree_with(database_now, asked_at)

    async def _passed(self) -> list[dict[Lane, int]]:
        return await self.ground.sources.passed(self.stage.name, self.read_by, READER)

    async def replay(self, letter_id: int, *, discard: bool, by: str = "", reason: str = "") -> int | None:
        """Hear a dead letter's subject again (or pass over the letter); answers how many letters are left of it.

        Who discards, and why, is said in the transaction that does it.
        """

        def told(letter: Event) -> None:
            if self.discarded is not None:
                tx.say(self.discarded(by, self.stage.name, letter.type, reason), letter.subject)

        async with self.ground.transactions() as tx:
            found = await dead_letters.release(tx, letter_id, discard=discard, discarded=told)
        if found is None:
            return None
        letter, events = found
        done = "event.discarded" if discard else "event.replayed"
        log.warning(done, stage=self.stage.name, subject=letter.subject, type=letter.type, by=by, reason=reason)
        # Together, as a log is read: what one asks for and the next takes back is not done in between.
        for first in range(0, len(events), _AT_ONCE):
            await self.ear.hear(events[first : first + _AT_ONCE], fused=False)
        async with self.ground.transactions() as tx:
            left = await dead_letters.clear(tx, letter)
            if not left and letter.subject in tx.subjects and self.mended is not None:
                fact = self.mended(self.stage.name)
                tx.say(fact, letter.subject)
                if self.stage.on_hold is not None:
                    await self.stage.on_hold(tx, letter.subject, fact)
            return left

    async def stop(self, within: float = 20.0) -> None:
        """Finish what is in hand, then close."""
        self.stopping.set()
        self.ground.around.bell.ring(["stop"], outward=False)
        if self.tasks:
            _, late = await asyncio.wait(self.tasks, timeout=within)
            for task in late:
                log.error("loop.late", loop=task.get_name())
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        try:
            if self.stage.on_stop is not None:
                await self.stage.on_stop()
        except Exception as error:
            # What is in doubt is seen to by the next one; the other stages of the process end in order all the same.
            if not is_passing(error):
                raise
            log.warning("stage.ended_without_its_database", stage=self.stage.name, error=repr(error)[:200])
        finally:
            await self.ground.close()


def _at_once(step: Callable[[], Awaitable[bool]], patience: float) -> Round:
    """A round of a follower; with `patience`, what has just begun to come is given that many seconds to come together."""
    more = False

    async def round_() -> float | None:
        nonlocal more
        if patience and not more:
            await asyncio.sleep(patience)
        more = await step()
        return 0.0 if more else None

    return round_


async def settle(stages: Sequence[RunningStage], lanes: Sequence[Lane] = LANES) -> int:
    """Step due works and all followers until nothing is left to do: how a story moves. Answers the rounds taken.

    Followers come last: what a work has said is heard before all is called quiet.
    """
    for rounds in range(1, 500):
        busy = False
        for running in stages:
            for work in running.stage.works:
                for lane in work.lanes:
                    if lane in lanes:
                        next_at = await work.step(lane)
                        busy |= next_at is not None and next_at <= running.ground.around.time.now()
        for running in stages:
            for follower in [one for lane in lanes for one in running.followers[lane]]:
                before = dict(follower.positions)
                await follower.step()
                busy |= follower.positions != before
        if not busy:
            return rounds
    raise RuntimeError("the stages never come to rest")
