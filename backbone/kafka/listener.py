"""The listener: a member of a stage's consumer group in one lane. It hears, commits the database, then the offsets.

aiokafka tells nobody when it is stuck: every await on it has a timeout, and a client that fails is made anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import NoReturn

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from ..log.event import Event, Lane
from ..loops.hear import Ear
from .broker import Broker
from .patience import TROUBLES, let_go, within
from .record import Unreadable, event_of
from .topics import Topics, apply

log = structlog.get_logger()

_MOST = {Lane.URGENT: 100, Lane.ORDINARY: 200}
_PATIENCE = 15.0


class _FinishFirst(ConsumerRebalanceListener):  # type: ignore[misc]
    """Partitions are given away only after what is in hand is heard and committed."""

    def __init__(self, busy: asyncio.Lock) -> None:
        self._busy = busy

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        async with self._busy:
            return

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        return


class Listener:
    """One lane of one stage's hearing over Kafka."""

    def __init__(
        self, ear: Ear, lane: Lane, topics: Topics, broker: Broker, trouble: Callable[[str, int], None]
    ) -> None:
        self._ear = ear
        self._lane = lane
        self._topics = topics
        self._broker = broker
        self._trouble = trouble
        self._consumer: AIOKafkaConsumer | None = None
        self._busy = asyncio.Lock()

    async def step(self) -> float | None:
        """Take what has come, hear it, commit. Raises on trouble: the loop makes a pause, and a new client is made."""
        try:
            consumer = await self._connected()
            got = await within(_PATIENCE, consumer.getmany(timeout_ms=200, max_records=_MOST[self._lane]))
        except TROUBLES as error:
            await self._made_anew(error)
        if got:
            trouble: Exception | None = None
            async with self._busy:
                # The database's troubles are not Kafka's: the client stays as it is.
                offsets = await self._hear(consumer, got)
                try:
                    await self._commit(consumer, offsets)
                except TROUBLES as error:
                    trouble = error
            if trouble is not None:
                # Not before: whoever leaves a group may have to wait until nothing is in hand.
                await self._made_anew(trouble)
        return 0.0

    async def _made_anew(self, error: Exception) -> NoReturn:
        self._trouble("unreachable", 1)
        await self.close()
        raise error

    async def _hear(
        self, consumer: AIOKafkaConsumer, got: dict[TopicPartition, list[object]]
    ) -> dict[TopicPartition, int]:
        """Hear what has come; the offsets to commit. Raises what the ear raises, and will be given the same again."""
        events: list[Event] = []
        offsets: dict[TopicPartition, int] = {}
        for partition, records in got.items():
            for record in records:
                try:
                    event = event_of(record.value, record.headers)  # type: ignore[attr-defined]
                except Unreadable as error:
                    self._trouble("unreadable", 1)
                    log.warning("kafka.unreadable", topic=partition.topic, error=str(error))
                    continue
                if event.source in self._ear.stage.hears:
                    events.append(event)
            offsets[partition] = records[-1].offset + 1  # type: ignore[attr-defined]
        if events:
            try:
                await self._ear.hear(events)
            except BaseException:
                # Not heard: the same records again, after the loop's pause; nothing passes what was not heard.
                for partition, records in got.items():
                    # Given away meanwhile, its next owner begins where we had committed.
                    with contextlib.suppress(IllegalStateError):
                        consumer.seek(partition, records[0].offset)  # type: ignore[attr-defined]
                raise
        return offsets

    async def _commit(self, consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
        try:
            await within(_PATIENCE, consumer.commit(offsets))
        except (CommitFailedError, IllegalStateError) as error:
            # Rebalanced meanwhile: the next owner hears it again, as repeats.
            log.info("kafka.not_committed", error=repr(error)[:200])

    async def _connected(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            await apply(self._broker, self._topics)
            stage = self._ear.stage
            consumer = AIOKafkaConsumer(
                **self._broker.client(f"critsit-{stage.name}"),
                group_id=f"{self._topics.prefix}-{stage.name}-{self._lane.value}",
                enable_auto_commit=False, auto_offset_reset="earliest",
                rebalance_timeout_ms=60_000, heartbeat_interval_ms=500, session_timeout_ms=10_000,
                max_poll_interval_ms=120_000, request_timeout_ms=15_000, metadata_max_age_ms=10_000,
            )  # fmt: skip
            consumer.subscribe(self._topics.heard(stage.hears, self._lane), listener=_FinishFirst(self._busy))
            try:
                await within(30, consumer.start())
            except BaseException:
                await let_go(consumer, consumer._client, 5)
                raise
            self._consumer = consumer
        return self._consumer

    async def close(self) -> None:
        """Leave the group."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await let_go(consumer, consumer._client, 5)
