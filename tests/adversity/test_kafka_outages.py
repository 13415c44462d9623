"""Kafka away at the start, killed, back with an empty disk, read again from its beginning: nobody notices.

Intake goes on answering 201, pages leave within ten seconds, nothing is lost, and nothing is there twice.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
)

from backbone import STAGES
from tests.harness.fleet import Caller, Fleet
from tests.harness.kafka import KafkaServer, need_kafka
from tests.harness.postgres import PostgresServer

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(280)]


@pytest.fixture
def absent_kafka(tmp_path: Path) -> Iterator[KafkaServer]:
    """A Kafka of this test's own that nobody has started yet."""
    need_kafka()
    if shutil.which("java") is None:
        pytest.skip("a Kafka that may be killed needs Java; CRITSIT_TEST_KAFKA is somebody else's")
    server = KafkaServer(tmp_path / "kafka")
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture
async def fleet(absent_kafka: KafkaServer, durable_postgres: PostgresServer, tmp_path: Path) -> AsyncIterator[Fleet]:
    running = Fleet(durable_postgres.url, tmp_path, kafka=absent_kafka.bootstrap)
    await running.command("migrate")
    yield running
    await running.stop()


async def test_whatever_becomes_of_kafka_incidents_are_taken_and_pages_leave(
    fleet: Fleet, absent_kafka: KafkaServer
) -> None:
    kafka = absent_kafka
    await fleet.start(*STAGES)
    await fleet.furnish()
    caller = Caller(fleet, random.Random(1))
    await caller.reports(1.5, pause=0.05)
    await caller.settled(caller.crises())
    assert await _relayed(fleet) == 0, "absent at the start"

    await _while_reporting(caller, kafka.start)
    relayed = await _relayed(fleet, more_than=0)
    await _everybody_hears(kafka.bootstrap)

    await _while_reporting(caller, kafka.kill)
    assert await caller.settled() < 10, "also what is not urgent"
    kafka.forget()
    await _while_reporting(caller, kafka.start)
    await _relayed(fleet, more_than=relayed)
    await _everybody_hears(kafka.bootstrap)

    assert set((await fleet.halt()).values()) == {0}
    assert await _from_the_beginning(kafka.bootstrap) > 100
    await fleet.start(*STAGES)
    await caller.report("critical_down")
    await caller.settled()
    await _nothing_is_left(kafka.bootstrap)

    await caller.nothing_is_lost_or_twice()
    assert caller.refused == caller.cut == 0
    assert max(seconds for *_, seconds in caller.taken.values()) < 2
    assert max([await _paged_after(fleet, id_) for id_ in caller.crises()]) < 10

    await caller.report("critical_down")
    kafka.freeze()
    began = time.monotonic()
    assert set((await fleet.stop()).values()) == {0}, "hung at the end"
    assert time.monotonic() - began < 20


async def _while_reporting(caller: Caller, happens: Callable[[], None], seconds: float = 1.5) -> None:
    """Something becomes of Kafka in the midst of reports, and they go on for a while afterwards."""
    reporting = asyncio.create_task(caller.reports(seconds, pause=0.05))
    await caller.report("critical_down")
    await asyncio.to_thread(happens)
    await reporting
    await caller.reports(0.5, pause=0.05)


async def _paged_after(fleet: Fleet, id_: str) -> float:
    """Seconds from the report of a severity 1 to its first page in the mailbox; nobody is sent the same page twice."""
    record = (await fleet.client.get(f"{fleet.url('intake')}/v1/incidents/{id_}")).json()
    mail = (await fleet.client.get(f"{fleet.url('notifier')}/v1/mailbox?incident={id_}&limit=200")).json()["items"]
    sent = Counter((one["page"], one["channel"]) for one in mail)
    assert max(sent.values()) == 1, (id_, mail)
    first = min(datetime.fromisoformat(one["at"]) for one in mail)
    return (first - datetime.fromisoformat(record["received_at"])).total_seconds()


async def _relayed(fleet: Fleet, more_than: float = -1, within: float = 20) -> float:
    """How many events of intake's Kafka has taken, as soon as it is more than that."""
    async with asyncio.timeout(within):
        while True:
            lines = (await fleet.client.get(f"{fleet.url('intake')}/metrics")).text.splitlines()
            (line,) = [one for one in lines if one.startswith('critsit_events_relayed_total{stage="intake"')]
            if (relayed := float(line.split()[-1])) > more_than:
                return relayed
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _asking(bootstrap: str) -> AsyncIterator[tuple[AIOKafkaAdminClient, AIOKafkaConsumer]]:
    admin, probe = AIOKafkaAdminClient(bootstrap_servers=bootstrap), AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await admin.start()
    await probe.start()
    try:
        yield admin, probe
    finally:
        await probe.stop()
        await admin.close()


async def _everybody_hears(bootstrap: str, within: float = 30) -> None:
    """Wait until each stage's group has committed something in both lanes."""
    async with _asking(bootstrap) as (admin, _), asyncio.timeout(within):
        hearing: set[str] = set()
        while len(hearing) < 2 * len(STAGES):
            # A broker that has just come up says for a moment that it still loads its groups.
            with suppress(GroupLoadInProgressError, GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError):
                for name, _ in await admin.list_consumer_groups():
                    if any(place.offset > 0 for place in (await admin.list_consumer_group_offsets(name)).values()):
                        hearing.add(name)
            await asyncio.sleep(0.1)


async def _nothing_is_left(bootstrap: str, within: float = 20) -> None:
    """Wait until every group has read again what there is: before that, nothing is known of repeats."""
    async with _asking(bootstrap) as (admin, probe), asyncio.timeout(within):
        for name, _ in await admin.list_consumer_groups():
            while True:
                done = await admin.list_consumer_group_offsets(name)
                ends = await probe.end_offsets(list(done))
                if all(done[partition].offset >= end for partition, end in ends.items()):
                    break
                await asyncio.sleep(0.1)


async def _from_the_beginning(bootstrap: str) -> int:
    """Set every group's offsets back to the first record; how many records will be read again."""
    again = 0
    async with _asking(bootstrap) as (admin, _):
        for name, _ in await admin.list_consumer_groups():
            offsets = await admin.list_consumer_group_offsets(name)
            again += sum(place.offset for place in offsets.values())
            consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=name, enable_auto_commit=False)
            await consumer.start()
            try:
                consumer.assign(list(offsets))
                await consumer.commit(dict.fromkeys(offsets, 0))
            finally:
                await consumer.stop()
    return again
