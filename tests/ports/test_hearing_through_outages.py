"""Two replicas hear by both carriers while a log goes away and comes back, the database has its moments and events fail.

Chance decides what happens when, by a seed; in the end each event took effect once, in order, after what it presupposes.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from backbone.log.event import LANES, Event, Lane
from backbone.loops import follow
from backbone.loops.follow import Follower
from backbone.postgres.engine import AWAY
from backbone.process.settings import Settings
from tests.harness.carriers import Seconds
from tests.harness.hearer import HEARER, SAYERS, Hearer, Room, Sayer, room
from tests.harness.wire import Wire

ROUNDS = 40
#: So many that of some nothing more is said after what was passed over: later words would have it fetched.
SUBJECTS = [f"i-{number}" for number in range(30)]


@dataclass
class Walk:
    """What chance does; `said` has each event with what it presupposes, in short."""

    people: Room
    hearers: tuple[Hearer, Hearer]
    wire: Wire
    seconds: Seconds
    chance: random.Random
    beside_kafka: bool
    spoilt: bool
    said: dict[str, list[str]] = field(default_factory=dict)
    numbers: Counter[tuple[str, str]] = field(default_factory=Counter)
    persons: int = 0
    away: bool = False

    @property
    def followers(self) -> list[Follower]:
        return [one for hearer in self.hearers for lane in LANES for one in hearer.running.followers[lane]]

    def sayer(self, name: str) -> Sayer:
        return self.people.router if name == "router" else self.people.notifier

    async def somebody_says_something(self) -> None:
        name = self.chance.choice(SAYERS)
        if name == "router" and self.chance.random() < 0.15:
            self.persons += 1
            await self.people.router.stores("person", "ana", {"number": self.persons})
            return
        other = SAYERS[1 - SAYERS.index(name)]
        subjects = self.chance.sample(SUBJECTS, self.chance.randint(1, 3))
        known = min(self.numbers[other, subject] for subject in subjects)
        after = {other: known} if known and self.chance.random() < 0.8 else {}
        await self.sayer(name).says(*subjects, urgent=self.chance.random() < 0.1 or None, after=after)
        for subject in subjects:
            self.numbers[name, subject] += 1
            event = f"{name} {subject} {self.numbers[name, subject]}"
            self.said[event] = [f"{other} {subject} {number}" for number in after.values()]

    async def something_happens(self) -> None:
        for _ in range(self.chance.randint(0, 4)):
            await self.somebody_says_something()
        if self.chance.random() < 0.2:
            self.away = not self.away
            (self.wire.cut if self.away else self.wire.mend)()
        for hearer in self.hearers:
            hearer.moment = ConnectionResetError("as if") if self.chance.random() < 0.1 else None
            if self.spoilt and self.said and self.chance.random() < 0.1:
                hearer.cannot.add(self.chance.choice(list(self.said)))
        self.seconds.now += self.chance.choice([0.1, 0.3, 1.0, 3.0])
        hearing = [_as_can_be(one.step()) for one in self.chance.sample(self.followers, self.chance.randint(1, 6))]
        if self.beside_kafka:
            hearing.append(_as_can_be(self.kafka_brings_some()))
        await asyncio.gather(*hearing)

    async def kafka_brings_some(self) -> None:
        found: list[Event] = []
        for name in SAYERS:
            for lane in LANES:
                sources = self.sayer(name).ground.sources
                found += await sources.lane(name, urgent=lane is Lane.URGENT, after=0, limit=10_000)
        some = self.chance.sample(found, min(len(found), self.chance.choice([1, 3, 10, 30])))
        await self.chance.choice(self.hearers).running.ear.hear([replace(event, seq=0) for event in some])

    async def all_is_well_again(self) -> None:
        self.wire.mend()
        for hearer in self.hearers:
            hearer.moment = None
        await self.rests()
        for hearer in self.hearers:
            hearer.cannot.clear()
        while letters := await self.people.ask("select min(id) from dead_letter having count(*) > 0"):
            await self.people.hearer.running.replay(letters[0][0], discard=False)
        await self.rests()

    async def rests(self) -> None:
        quiet, before = 0, [-1]
        while quiet < 8:
            await asyncio.gather(*(_as_can_be(one.step()) for one in self.followers))
            self.seconds.now += 2
            now = [position for one in self.followers for position in one.positions.values()]
            quiet, before = quiet + 1 if now == before else 0, now


async def _as_can_be(hearing: object) -> None:
    with contextlib.suppress(*AWAY):
        await hearing  # type: ignore[misc]


@pytest.mark.parametrize("beside_kafka", [False, True], ids=["alone", "beside Kafka"])
@pytest.mark.parametrize("spoilt", [False, True], ids=["good", "some fail"])
@pytest.mark.parametrize("seed", range(2))
async def test_each_takes_effect_once_and_in_order_whatever_is_away_meanwhile(
    database: str, seconds: Seconds, monkeypatch: pytest.MonkeyPatch, seed: int, spoilt: bool, beside_kafka: bool
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(follow, "_MOST", {lane: chance.choice([2, 5, 200]) for lane in LANES})
    port = urlsplit(database).port or 5432
    with Wire(port) as wire:
        far = SecretStr(database.replace(f":{port}/", f":{wire.port}/"))
        kafka = "kafka.example:9092" if beside_kafka else None
        settings = Settings(database_url=SecretStr(database), readers={f"{HEARER}/router": far}, kafka=kafka)
        async with room(database, settings) as people:
            hearers = people.hearer, await people.another()
            walk = Walk(people, hearers, wire, seconds, chance, beside_kafka, spoilt)
            for _ in range(ROUNDS):
                await walk.something_happens()
            await walk.all_is_well_again()
            handled = await people.handled()
            assert sorted(handled) == sorted(walk.said)
            place = {event: at for at, event in enumerate(handled)}
            for event, presupposed in walk.said.items():
                source, subject, number = event.split()
                before = [*presupposed, f"{source} {subject} {int(number) - 1}"]
                assert all(place[one] < place[event] for one in before if one in place), event
            stored = await people.ask("select max(version) from directory where kind = 'person'")
            assert stored[0][0] == (walk.persons or None)
