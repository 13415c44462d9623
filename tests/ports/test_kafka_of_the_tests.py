"""The tests' own Kafka: it carries, makes no topic by itself, and can be killed, frozen and emptied."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from tests.harness.kafka import KafkaServer

pytestmark = pytest.mark.kafka


async def _make(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await admin.close()


async def _send(bootstrap: str, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", request_timeout_ms=3_000)
    await producer.start()
    try:
        await asyncio.wait_for(producer.send_and_wait(topic, value), 5)
    finally:
        await asyncio.wait_for(producer.stop(), 10)


async def _read(bootstrap: str, topic: str, group: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found = await consumer.getmany(timeout_ms=5_000)
        return [record.value for records in found.values() for record in records]
    finally:
        await consumer.stop()


async def test_what_is_sent_is_received(kafka: str, topic_prefix: str) -> None:
    await _make(kafka, f"{topic_prefix}.a")
    await _send(kafka, f"{topic_prefix}.a", b"one")
    assert await _read(kafka, f"{topic_prefix}.a", topic_prefix) == [b"one"]


async def test_no_topic_makes_itself(kafka: str, topic_prefix: str) -> None:
    with pytest.raises((KafkaError, TimeoutError)):
        await _send(kafka, f"{topic_prefix}.nobody-made-this", b"one")


def test_one_that_does_not_come_up_in_time_is_ended(tmp_path: Path) -> None:
    server = KafkaServer(tmp_path / "kafka")
    with pytest.raises(TimeoutError):
        server.start(within=0)
    assert server.process is None


async def test_it_comes_back_on_its_port_and_without_its_disk_empty(own_kafka: KafkaServer) -> None:
    await _make(own_kafka.bootstrap, "kept")
    await _send(own_kafka.bootstrap, "kept", b"one")
    own_kafka.stop()
    own_kafka.start()
    assert await _read(own_kafka.bootstrap, "kept", "g") == [b"one"]
    own_kafka.kill()
    own_kafka.forget()
    own_kafka.start()
    admin = AIOKafkaAdminClient(bootstrap_servers=own_kafka.bootstrap)
    await admin.start()
    assert "kept" not in await admin.list_topics()
    await admin.close()


async def test_frozen_it_answers_nobody_and_goes_on_afterwards(own_kafka: KafkaServer) -> None:
    await _make(own_kafka.bootstrap, "later")
    own_kafka.freeze()
    admin = AIOKafkaAdminClient(bootstrap_servers=own_kafka.bootstrap, request_timeout_ms=500)
    with pytest.raises((KafkaError, TimeoutError)):
        await asyncio.wait_for(admin.start(), 3)
    await admin.close()
    own_kafka.thaw()
    await _send(own_kafka.bootstrap, "later", b"one")
