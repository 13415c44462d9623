"""What `make bench` prints of the four stages as processes of their own, on a real Kafka: report to page."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from backbone import STAGES
from backbone.postgres import embedded
from tests.bench.test_bench import say
from tests.harness.fleet import Caller, Fleet
from tests.harness.kafka import KafkaServer, need_own_kafka

pytestmark = [pytest.mark.timeout(600)]
REPORTS = 60


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[KafkaServer]:
    need_own_kafka()
    server = KafkaServer(tmp_path / "kafka")
    server.start()
    yield server
    server.stop()


async def test_report_to_page_over_kafka(kafka: KafkaServer, tmp_path: Path) -> None:
    """Severity 1 reports, one after the other: from the `POST` to the crisis manager's page in the mailbox."""
    print()
    server = await asyncio.to_thread(embedded.start, tmp_path / "postgres")
    fleet = Fleet(server.url, tmp_path, kafka=kafka.bootstrap)
    try:
        await fleet.command("migrate")
        await fleet.command("topics", "apply")
        await fleet.start(*STAGES)
        await fleet.furnish()
        caller = Caller(fleet, random.Random(1))
        await caller.settled([await caller.report("critical_down") for _ in range(5)])
        took = sorted([await _paged(caller) for _ in range(REPORTS)])
    finally:
        await fleet.stop()
        await asyncio.to_thread(server.stop)
    say(
        "over Kafka, four processes, POST to page (asked: 200 ms)",
        f"median {median(took) * 1000:.0f} ms, worst {took[-1] * 1000:.0f} ms of {REPORTS}",
    )


async def _paged(caller: Caller) -> float:
    """Seconds from sending a report to its crisis manager's page being there to read."""
    began = time.perf_counter()
    id_ = await caller.report("critical_down")
    while True:
        mail = await caller.fleet.client.get(f"{caller.fleet.url('notifier')}/v1/mailbox", params={"incident": id_})
        if any(item["to"].startswith("cm-") for item in mail.json()["items"]):
            return time.perf_counter() - began
        assert time.perf_counter() - began < 60, "nobody is paged"
        await asyncio.sleep(0.01)
