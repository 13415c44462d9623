"""A hearer with nothing but a memory, two stages that say something, and the carriers between them.

What was handled stands in a table that the handling's own transaction writes, so that "once in effect" can be counted.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from backbone.ground import Ground, Surroundings
from backbone.log.event import Event
from backbone.log.tx import Tx
from backbone.process.runner import RunningStage
from backbone.process.settings import Settings
from backbone.stage import Stage
from backbone.time_source import HandMoved

START = datetime(2026, 2, 4, 10, 0, tzinfo=UTC)
SAYERS = ("router", "notifier")
HEARER = "escalation"
USEFUL = "thing.happened"


@dataclass(frozen=True, slots=True)
class Thing:
    """A fact of any type; of no use to the hearer unless its type is `thing.happened`."""

    type: str = USEFUL
    words: str = ""

    def to_json(self) -> bytes:
        """The words."""
        return json.dumps({"words": self.words}).encode()


class CannotBeHandled(Exception):
    """What a poison event is met with, after its effect was written."""


@dataclass(slots=True)
class Hearer:
    """One replica. `cannot` are the events that it fails at, in short (`router a 2`); `moment` fails any.

    `before` happens in the midst of each batch. `gate`, once given, is waited for with an ordinary batch in hand;
    `waiting` tells that it is.
    """

    ground: Ground
    cannot: set[str] = field(default_factory=set)
    moment: Exception | None = None
    before: Callable[[], None] | None = None
    gate: asyncio.Event | None = None
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    batches: list[list[str]] = field(default_factory=list)
    running: RunningStage = field(init=False)

    def __post_init__(self) -> None:
        hears = dict.fromkeys(SAYERS, frozenset({USEFUL}))
        self.running = RunningStage.of(
            Stage(HEARER, hears, self._handle), self.ground, lambda stage, type_, error: Thing("incident.stuck", type_)
        )

    async def _handle(self, tx: Tx, events: Sequence[Event]) -> None:
        names = [in_short(event) for event in events]
        self.batches.append(names)
        for name in names:
            await tx.execute("insert into effect (event) values (:e)", {"e": name})
        if self.gate is not None and not any(event.urgent for event in events):
            self.waiting.set()
            while not self.gate.is_set():
                # A transaction that says nothing for two seconds is ended.
                await tx.execute("select 1")
                await asyncio.wait([asyncio.ensure_future(self.gate.wait())], timeout=0.1)
        if self.before is not None:
            self.before()
        if self.moment is not None:
            raise self.moment
        if bad := self.cannot.intersection(names):
            raise CannotBeHandled(bad)

    def counted(self, outcome: str) -> int:
        """How many events became that, by its own metric."""
        labels = {"stage": HEARER, "outcome": outcome}
        return int(self.ground.around.registry.get_sample_value("critsit_events_heard_total", labels) or 0)


@dataclass(slots=True)
class Sayer:
    """A stage that says things about incidents, in its own log."""

    ground: Ground

    async def says(
        self,
        *subjects: str,
        urgent: bool | None = None,
        after: Mapping[str, int] | None = None,
        type_: str = USEFUL,
        words: str = "",
    ) -> None:
        """Say one thing about each, in one transaction; `after` is what it has heard of the others by then."""
        async with self.ground.transactions() as tx:
            rows = await tx.lock(set(subjects))
            for subject in subjects:
                rows[subject].heard |= after or {}
                tx.say(Thing(type_, words), subject, urgent=urgent)

    async def stores(self, kind: str, id_: str, body: Any) -> None:
        """Store an object of the directory."""
        async with self.ground.transactions() as tx:
            await self.ground.directory.put(tx, kind, id_, body, "somebody")

    async def forgets(self, subject: str, upto: int = 2_147_483_647) -> None:
        """Its log no longer holds the events of a subject, up to a sequence: the day that they stood in is dropped."""
        async with self.ground.transactions() as tx:
            await tx.execute("delete from outbox where subject = :s and sequence <= :n", {"s": subject, "n": upto})


@dataclass(slots=True)
class Room:
    """All who take part, on one database and one time."""

    database: str
    settings: Settings
    time: HandMoved
    router: Sayer
    notifier: Sayer
    hearer: Hearer
    stack: AsyncExitStack

    async def another(self) -> Hearer:
        """One more replica of the hearer."""
        return Hearer(await _ground(self.stack, HEARER, self.settings, self.time, SAYERS))

    async def handled(self, subject: str | None = None) -> list[str]:
        """What was handled, in short and in order: of one subject, or all."""
        found = [row[0] for row in await self.ask("select event from effect order by n")]
        return [event for event in found if subject in (None, event.split()[1])]

    async def ask(self, sql: str, **params: Any) -> list[Any]:
        """The rows of a statement in the hearer's schema."""
        async with self.hearer.ground.engine.begin() as connection:
            done = await connection.execute(text(sql), params)
            return list(done) if done.returns_rows else []

    async def set_aside(self) -> list[str]:
        """The dead letters, in short and in order."""
        rows = await self.ask("select source, subject, sequence from dead_letter order by id")
        return [f"{source} {subject} {sequence}" for source, subject, sequence in rows]


def in_short(event: Event) -> str:
    """`router a 2`: who said it, about whom, its number there."""
    return f"{event.source} {event.subject} {event.sequence}"


async def _ground(
    stack: AsyncExitStack, name: str, settings: Settings, time: HandMoved, hears: Sequence[str] = ()
) -> Ground:
    ground = Ground.of(name, settings, Surroundings(time), hears=hears)
    stack.push_async_callback(ground.close)
    return ground


@asynccontextmanager
async def room(database: str, settings: Settings) -> AsyncIterator[Room]:
    """Two sayers and a hearer on a migrated database of their own."""
    time = HandMoved(START)
    async with AsyncExitStack() as stack:
        sayers = [Sayer(await _ground(stack, name, settings, time)) for name in SAYERS]
        hearer = Hearer(await _ground(stack, HEARER, settings, time, SAYERS))
        made = Room(database, settings, time, sayers[0], sayers[1], hearer, stack)
        await made.ask("create table effect (n bigint generated always as identity, event text not null)")
        yield made
