"""What only Kafka can do to a hearer: lose, repeat out of order, refuse, bring rubbish, remember what is long over.

The log behind it makes good what it loses, and nothing that it brings is handled twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer

from backbone.kafka import listener as listeners
from backbone.kafka import relay as relays
from backbone.kafka.broker import Broker
from backbone.kafka.patience import TROUBLES
from backbone.log.event import LANES, Lane
from tests.harness.carriers import ByKafka, Seconds
from tests.harness.hearer import Room
from tests.harness.kafka import KafkaServer

pytestmark = pytest.mark.kafka


@pytest.fixture
async def carrier(people: Room, seconds: Seconds, kafka: str) -> AsyncIterator[ByKafka]:
    made = ByKafka(people, people.hearer, Broker(kafka), seconds)
    yield made
    await made.close()


async def _send(carrier: ByKafka, topic: str, value: bytes, headers: list[tuple[str, bytes]]) -> None:
    producer = AIOKafkaProducer(**carrier.broker.client("a test"), acks="all")
    await producer.start()
    await producer.send_and_wait(topic, value, key=b"a", headers=headers)
    await producer.stop()


async def test_what_kafka_loses_the_log_carries(people: Room, carrier: ByKafka) -> None:
    await people.router.says("a", "b")
    async with people.router.ground.transactions() as tx:
        await tx.execute(
            "insert into cursor (reader, source, lane, position)"
            " select 'relay', 'router', 'ordinary', max(seq) from outbox"
        )
    await people.router.says("a")
    await carrier.publishes(Lane.ORDINARY)
    await carrier.listens(Lane.ORDINARY)
    assert await people.handled() == ["router a 1", "router a 2"]
    await carrier.behind.carries()
    assert await people.handled() == ["router a 1", "router a 2", "router b 1"]


async def test_the_log_behind_kafka_finds_nothing_to_do(people: Room, carrier: ByKafka) -> None:
    for _ in range(3):
        await people.router.says("a", "b", "c")
    await carrier.carries(*LANES)
    batches = len(people.hearer.batches)
    await carrier.behind.carries()
    assert len(await people.handled()) == 9
    assert len(people.hearer.batches) == batches
    assert people.hearer.counted("repeats") == 0


async def test_kafka_read_from_the_beginning_when_rows_and_log_are_gone_handles_nothing(
    people: Room, carrier: ByKafka
) -> None:
    await people.router.says("a")
    await people.notifier.says("a", after={"router": 1}, urgent=True)
    await people.router.says("a", urgent=True)
    await carrier.carries()
    before = await people.handled()
    await people.ask("delete from subject")
    await people.router.forgets("a")
    await people.notifier.forgets("a")
    people.time.passes(days=8)
    await carrier.begins_again()
    await people.router.says("b")
    await carrier.carries()
    assert await people.handled() == [*before, "router b 1"]
    assert people.hearer.counted("lost") == 3
    assert await people.ask("select subject from subject") == [("b",)]


async def test_what_is_unreadable_is_counted_and_passed_over(people: Room, carrier: ByKafka) -> None:
    await people.router.says("a")
    await carrier.publishes(Lane.ORDINARY)
    topic = carrier.topics.of("router", Lane.ORDINARY)
    await _send(carrier, topic, b"{", [("ce_source", b"/critsit/router")])
    await _send(carrier, topic, b"\xff", [])
    await people.router.says("a")
    await carrier.carries()
    assert await people.handled() == ["router a 1", "router a 2"]
    assert carrier.trouble == {"unreadable": 2}
    assert await people.set_aside() == []


async def test_what_kafka_refuses_is_counted_and_the_log_carries_it(people: Room, carrier: ByKafka) -> None:
    await people.router.says("a")
    await people.router.says("a", words="x" * 3_000_000)
    await people.router.says("a", "b")
    await asyncio.wait_for(carrier.publishes(Lane.ORDINARY), 20)
    await carrier.listens(Lane.ORDINARY)
    await carrier.behind.carries()
    assert sorted(await people.handled()) == ["router a 1", "router a 2", "router a 3", "router b 1"]
    trouble = {"stage": "router", "kind": "refused"}
    registry = people.router.ground.around.registry
    assert registry.get_sample_value("critsit_kafka_trouble_total", trouble) == 1
    assert registry.get_sample_value("critsit_events_relayed_total", {"stage": "router"}) == 3


async def test_a_database_that_is_away_is_no_trouble_of_kafkas(people: Room, carrier: ByKafka) -> None:
    await people.router.says("a")
    people.hearer.moment = ConnectionRefusedError("the database")
    with pytest.raises(ConnectionRefusedError):
        await carrier.carries(Lane.ORDINARY)
    with pytest.raises(ConnectionRefusedError):
        await carrier.carries(Lane.ORDINARY)
    people.hearer.moment = None
    await carrier.carries(Lane.ORDINARY)
    assert carrier.trouble == {}
    assert await people.handled() == ["router a 1"]


async def test_kafka_that_dies_in_the_midst_of_a_commit_is_heard_again_when_it_is_back(
    people: Room, seconds: Seconds, own_kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiokafka's consumer, stopped while a fetch hangs, ends whoever stopped it by a cancellation of its own."""
    carrier = ByKafka(people, people.hearer, Broker(own_kafka.bootstrap), seconds)
    await people.router.says("a")
    await carrier.carries(Lane.ORDINARY)
    listener = carrier.listeners[Lane.ORDINARY]
    monkeypatch.setattr(listeners, "_PATIENCE", 2.0)
    await people.router.says("a")
    await carrier.publishes(Lane.ORDINARY)
    people.hearer.before = own_kafka.kill
    with pytest.raises(TimeoutError):
        await carrier.listens(Lane.ORDINARY)
    people.hearer.before = None
    with pytest.raises(TROUBLES):
        await listener.step()
    assert carrier.trouble["unreachable"] == 2
    own_kafka.forget()
    own_kafka.start()
    await people.router.says("a")
    with contextlib.suppress(*TROUBLES):
        await carrier.publishes(Lane.ORDINARY)
    await carrier.publishes(Lane.ORDINARY)
    await carrier.listens(Lane.ORDINARY)
    assert await people.handled() == ["router a 1", "router a 2", "router a 3"]
    await carrier.close()


async def test_frozen_kafka_hangs_nobody_and_is_used_again_when_it_thaws(
    people: Room, seconds: Seconds, own_kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = ByKafka(people, people.hearer, Broker(own_kafka.bootstrap), seconds)
    await people.router.says("a")
    await carrier.carries(Lane.ORDINARY)
    monkeypatch.setattr(listeners, "_PATIENCE", 2.0)
    monkeypatch.setattr(relays, "_PATIENCE", 2.0)
    await people.router.says("a")
    own_kafka.freeze()
    try:
        async with asyncio.timeout(20):
            with pytest.raises(TROUBLES):
                await carrier.publishes(Lane.ORDINARY)
            await carrier.behind.carries()
        assert await people.handled() == ["router a 1", "router a 2"]
    finally:
        own_kafka.thaw()
    await people.router.says("a")
    await carrier.publishes(Lane.ORDINARY)
    await carrier.listens(Lane.ORDINARY)
    assert await people.handled() == ["router a 1", "router a 2", "router a 3"]
    await carrier.close()
