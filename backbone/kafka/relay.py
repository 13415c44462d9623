"""The relay: a reader of a stage's own log that publishes it. At least once; what is sent twice is heard once.

One replica relays at a time, under a lease. A broker that is away delays nothing but itself: the log carries meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    CorruptRecordException,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    UnknownTopicOrPartitionError,
)

from ..ground import Ground
from ..log import store
from ..log.event import Event, Lane
from ..log.invariants import oldest_unread
from ..log.lease import Lease, LeaseLost
from ..loops.follow import RELAY
from ..postgres.engine import is_passing
from .broker import Broker
from .patience import TROUBLES, let_go, within
from .record import headers_of
from .topics import Topics, apply

log = structlog.get_logger()

_MOST = {Lane.URGENT: 200, Lane.ORDINARY: 500}
_PATIENCE = 10.0
#: What is said of the record and not of the broker: another try would end the same.
_REFUSED = (MessageSizeTooLargeError, RecordListTooLargeError, CorruptRecordException)


class Relay:
    """Publishes one stage's log to Kafka; both lanes share a producer and a lease."""

    def __init__(self, ground: Ground, topics: Topics, broker: Broker) -> None:
        self._ground = ground
        self._topics = topics
        self._broker = broker
        self._lease: Lease = ground.lease("relay")
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()
        self._positions: dict[Lane, int] = {}

    async def step(self, lane: Lane) -> float | None:
        """Publish what is next in a lane; seconds until the next look, 0 while there is more."""
        if not await self._lease.hold():
            self._positions.clear()
            return 1.0
        name = self._ground.name
        if lane not in self._positions:
            async with self._ground.transactions.reading() as connection:
                self._positions[lane] = (await store.positions(connection, RELAY)).get((name, lane.value), 0)
        after = self._positions[lane]
        events = await self._ground.sources.lane(name, urgent=lane is Lane.URGENT, after=after, limit=_MOST[lane])
        if not events:
            return None
        taken = await self._publish(events)
        await self._mark(lane, after, events[-1].seq)
        self._ground.around.gauges.relayed.labels(name).inc(taken)
        return 0.0 if len(events) == _MOST[lane] else None

    async def age(self) -> float | None:
        """Measure how old the oldest event is that Kafka has not taken, whoever relays; nothing by which to wait less."""
        ground = self._ground
        async with ground.transactions.reading() as connection:
            waiting = await oldest_unread(connection, ground.sources, [ground.name], RELAY)
        now = ground.around.time.now()
        oldest = max([0.0, *((now - at).total_seconds() for at in waiting)])
        ground.around.gauges.outbox_age.labels(ground.name).set(oldest)
        return None

    async def _mark(self, lane: Lane, after: int, last: int) -> None:
        async with self._ground.transactions() as tx:
            try:
                await self._lease.check(tx)
            except LeaseLost:
                self._positions.clear()
                return
            position = await store.lock_cursor(tx.connection, RELAY, self._ground.name, lane)
            if position == after:
                await store.move_cursor(tx.connection, RELAY, self._ground.name, lane, last)
                self._positions[lane] = last
            else:
                self._positions.clear()

    async def _publish(self, events: list[Event]) -> int:
        """Send a batch, wait for every answer, and say how many were taken; what is refused the log carries.

        Raises KafkaError, TimeoutError; the producer is made anew then.
        """
        producer = await self._connected()
        try:
            refused = await within(_PATIENCE, self._sent(producer, events))
        except UnknownTopicOrPartitionError:
            await apply(self._broker, self._topics)
            raise
        except TROUBLES:
            self._trouble("unreachable", 1)
            await self._let_go(producer)
            raise
        if refused:
            self._trouble("refused", len(refused))
            log.warning("kafka.refused", stage=self._ground.name, error=repr(refused[0])[:200])
        return len(events) - len(refused)

    async def _sent(self, producer: AIOKafkaProducer, events: list[Event]) -> list[Exception]:
        """Send a batch; what was refused of it. Raises the first trouble."""
        sent = [await self._send(producer, event) for event in events]
        answers = await asyncio.gather(*sent, return_exceptions=True)
        for error in answers:
            if isinstance(error, BaseException) and not isinstance(error, _REFUSED):
                raise error
        return [error for error in answers if isinstance(error, _REFUSED)]

    async def _send(self, producer: AIOKafkaProducer, event: Event) -> Awaitable[object]:
        topic, key = self._topics.of_event(event), event.subject.encode()
        try:
            answer: Awaitable[object] = await producer.send(
                topic, event.payload.encode(), key=key, headers=headers_of(event)
            )
        except _REFUSED as error:
            answer = asyncio.get_running_loop().create_future()
            answer.set_exception(error)
        return answer

    def _trouble(self, kind: str, count: int) -> None:
        self._ground.around.gauges.kafka.labels(self._ground.name, kind).inc(count)

    async def _connected(self) -> AIOKafkaProducer:
        async with self._connecting:
            if self._producer is None:
                await apply(self._broker, self._topics)
                producer = AIOKafkaProducer(
                    **self._broker.client(f"critsit-{self._ground.name}"), acks="all",
                    compression_type="lz4", linger_ms=0, request_timeout_ms=5_000, metadata_max_age_ms=10_000,
                )  # fmt: skip
                try:
                    await within(_PATIENCE, producer.start())
                except BaseException:
                    await let_go(producer, producer.client, 5)
                    raise
                self._producer = producer
            return self._producer

    async def _let_go(self, producer: AIOKafkaProducer) -> None:
        """The next batch makes a new one; the other lane may have made it already, and keeps it."""
        if self._producer is producer:
            self._producer = None
        await let_go(producer, producer.client, 5)

    async def end(self) -> None:
        """Close, and let a standby relay at once; where the database is away, it takes the lease over by itself."""
        if self._producer is not None:
            await self._let_go(self._producer)
        try:
            await self._lease.release()
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning("kafka.lease_not_released", stage=self._ground.name, error=repr(error)[:200])
