"""The carriers between those of `hearer.py`, stepped by hand: the log, Kafka, and the log that trails behind Kafka.

One suite is run over all of them: whoever hears can't tell which of them carried.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.structs import OffsetAndMetadata

from backbone.kafka.broker import Broker
from backbone.kafka.listener import Listener
from backbone.kafka.relay import Relay
from backbone.kafka.topics import Topics, apply
from backbone.log.event import LANES, Lane
from backbone.loops.follow import Follower
from backbone.process.runner import BEHIND
from tests.harness.hearer import HEARER, SAYERS, Hearer, Room


class Seconds:
    """What `ticks` tells, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Carrier(Protocol):
    """Brings what was said to a hearer."""

    async def carries(self, *lanes: Lane) -> None:
        """Carry what was said in these lanes, or in all, until nothing is left. Raises what the hearer raises."""

    async def begins_again(self) -> None:
        """Forget how far it has carried."""

    def beside(self, hearer: Hearer) -> Carrier:
        """One more of its kind, for another replica of the hearer."""

    async def close(self) -> None:
        """Let go of the connections."""


@dataclass(slots=True)
class ByLog:
    """The hearer reads the logs itself; with `seconds` only what has stood there for a while."""

    hearer: Hearer
    seconds: Seconds | None = None
    followers: dict[Lane, Follower] = field(init=False)

    def __post_init__(self) -> None:
        self._connect()

    def _connect(self) -> None:
        ground = self.hearer.ground
        self.followers = {
            lane: Follower(
                self.hearer.running.ear, ground.sources, SAYERS, ground.transactions, lane,
                behind=BEHIND[lane] if self.seconds else 0.0,
            )
            for lane in LANES
        }  # fmt: skip

    async def carries(self, *lanes: Lane) -> None:
        """See `Carrier`."""
        for lane in lanes or LANES:
            follower, resting = self.followers[lane], 0
            while resting < 2:
                before = dict(follower.positions)
                await follower.step()
                resting = resting + 1 if follower.positions == before else 0
                if self.seconds:
                    self.seconds.now += BEHIND[lane]

    async def begins_again(self) -> None:
        """See `Carrier`."""
        async with self.hearer.ground.transactions() as tx:
            await tx.execute("update cursor set position = 0")
        self._connect()

    def beside(self, hearer: Hearer) -> ByLog:
        """See `Carrier`."""
        return ByLog(hearer, self.seconds)

    async def close(self) -> None:
        """See `Carrier`."""


@dataclass(slots=True)
class ByKafka:
    """The sayers' relays, a Kafka, the hearer's listeners; and, when all is carried, the log behind them."""

    room: Room
    hearer: Hearer
    broker: Broker
    seconds: Seconds
    trouble: Counter[str] = field(default_factory=Counter)
    topics: Topics = field(init=False)
    relays: list[Relay] = field(init=False)
    listeners: dict[Lane, Listener] = field(init=False)
    behind: ByLog = field(init=False)

    def __post_init__(self) -> None:
        names = {name: name for name in SAYERS}
        self.topics = Topics(self.room.settings.topic_prefix, names, "directory", "router")
        sayers = (self.room.router, self.room.notifier)
        self.relays = [Relay(sayer.ground, self.topics, self.broker) for sayer in sayers]
        self.behind = ByLog(self.hearer, self.seconds)
        self._connect()

    def _connect(self) -> None:
        def trouble(kind: str, count: int) -> None:
            self.trouble[kind] += count

        ear = self.hearer.running.ear
        self.listeners = {lane: Listener(ear, lane, self.topics, self.broker, trouble) for lane in LANES}

    async def carries(self, *lanes: Lane) -> None:
        """See `Carrier`."""
        for lane in lanes or LANES:
            await self.publishes(lane)
            await self.listens(lane)
        if not lanes:
            await self.behind.carries()

    async def publishes(self, lane: Lane) -> None:
        """Relay what stands in the logs."""
        for relay in self.relays:
            while await relay.step(lane) is not None:
                pass

    async def listens(self, lane: Lane, within: float = 30) -> None:
        """Hear what stands in Kafka."""
        await apply(self.broker, self.topics)
        async with asyncio.timeout(within):
            while await self._left(lane):
                await self.listeners[lane].step()

    async def begins_again(self) -> None:
        """See `Carrier`."""
        for lane, listener in self.listeners.items():
            await listener.close()
            await self._set_back(lane)
        self._connect()
        await self.behind.begins_again()

    def beside(self, hearer: Hearer) -> ByKafka:
        """See `Carrier`. The sayers' relays stay one: they are theirs and not the hearer's."""
        made = ByKafka(self.room, hearer, self.broker, self.seconds)
        made.relays = self.relays
        return made

    async def close(self) -> None:
        """See `Carrier`."""
        for listener in self.listeners.values():
            await listener.close()
        for relay in self.relays:
            await relay.end()

    def group(self, lane: Lane) -> str:
        """The name of the hearer's group in a lane."""
        return f"{self.topics.prefix}-{HEARER}-{lane}"

    async def _left(self, lane: Lane) -> int:
        """How many records the group has not committed."""
        admin = AIOKafkaAdminClient(**self.broker.client("a test"))
        probe = AIOKafkaConsumer(**self.broker.client("a test"))
        await asyncio.gather(admin.start(), probe.start())
        try:
            partitions = [
                TopicPartition(topic["topic"], one["partition"])
                for topic in await admin.describe_topics(self.topics.heard(SAYERS, lane))
                for one in topic["partitions"]
            ]
            ends = await probe.end_offsets(partitions)
            done = await self._committed(admin, lane)
            return sum(end - max(0, done[p].offset if p in done else 0) for p, end in ends.items())
        finally:
            await asyncio.gather(admin.close(), probe.stop())

    async def _committed(self, admin: AIOKafkaAdminClient, lane: Lane) -> dict[TopicPartition, OffsetAndMetadata]:
        try:
            found: dict[TopicPartition, OffsetAndMetadata] = await admin.list_consumer_group_offsets(self.group(lane))
        except GroupCoordinatorNotAvailableError:
            # The very first group of a new Kafka.
            return {}
        return found

    async def _set_back(self, lane: Lane) -> None:
        admin = AIOKafkaAdminClient(**self.broker.client("a test"))
        await admin.start()
        done = await self._committed(admin, lane)
        await admin.close()
        if done:
            member = AIOKafkaConsumer(
                **self.broker.client("a test"), group_id=self.group(lane), enable_auto_commit=False
            )
            await member.start()
            member.assign(list(done))
            await member.commit(dict.fromkeys(done, 0))
            await member.stop()
