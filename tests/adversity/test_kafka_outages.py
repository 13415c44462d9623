"""Kafka away at the start, killed, back with an empty disk, read again from its beginning: nobody notices.

Intake goes on answering 201, pages leave within ten seconds, nothing is lost, and nothing is there twice.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from tests.harness.fleet import STAGES, Caller, Fleet
from tests.harness.kafka import KafkaServer
from tests.harness.postgres import PostgresServer

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(280)]


@pytest.fixture
async def fleet(durable_postgres: PostgresServer, own_kafka: KafkaServer, tmp_path: Path) -> AsyncIterator[Fleet]:
    running = Fleet(durable_postgres.url, tmp_path, kafka=own_kafka.bootstrap)
    await running.command("migrate")
    yield running
    await running.stop()


async def test_whatever_becomes_of_kafka_incidents_are_taken_and_pages_leave(
    fleet: Fleet, own_kafka: KafkaServer
) -> None:
    own_kafka.kill()
    await fleet.start(*STAGES)
    await fleet.furnish()
    caller = Caller(fleet, random.Random(1))
    await caller.reports(2)
    assert await caller.settled(caller.crises()) < 10, "absent at the start"

    own_kafka.start()
    await caller.reports(4)
    assert await caller.settled(caller.crises()) < 10, "there"
    assert await _carried(fleet), "Kafka is used once it is there"

    own_kafka.kill()
    await caller.reports(3)
    assert await caller.settled(caller.crises()) < 10, "killed under load"
    own_kafka.forget()
    own_kafka.start()
    await caller.reports(4)
    assert await caller.settled(caller.crises()) < 10, "back with an empty disk"

    assert set((await fleet.halt()).values()) == {0}
    await _from_the_beginning(own_kafka.bootstrap)
    await fleet.start(*STAGES)
    await caller.report("critical_down")
    assert await caller.settled(caller.crises()) < 15, "read again from the beginning"
    await caller.settled()
    await caller.nothing_is_lost_or_twice()
    assert caller.refused == caller.cut == 0
    assert max(seconds for *_, seconds in caller.taken.values()) < 2
    assert set((await fleet.stop()).values()) == {0}


async def _carried(fleet: Fleet) -> bool:
    lines = (await fleet.client.get(f"{fleet.url('intake')}/metrics")).text.splitlines()
    return any(line.startswith("critsit_events_relayed_total") and float(line.split()[-1]) > 0 for line in lines)


async def _from_the_beginning(bootstrap: str) -> None:
    """Set every group's offsets back to the first record."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        for name, _ in await admin.list_consumer_groups():
            offsets = await admin.list_consumer_group_offsets(name)
            consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=name, enable_auto_commit=False)
            await consumer.start()
            try:
                partitions = [TopicPartition(*partition) for partition in offsets]
                consumer.assign(partitions)
                await consumer.commit(dict.fromkeys(partitions, 0))
            finally:
                await consumer.stop()
    finally:
        await admin.close()
