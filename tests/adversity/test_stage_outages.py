"""Stages killed at random under load, PostgreSQL away and restarted, a replica that freezes: what got a 201 stays.

Each of the four stages is a process of its own on one PostgreSQL; the log alone carries.
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from backbone import STAGES
from tests.harness.fleet import Caller, Fleet
from tests.harness.postgres import PostgresServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]
#: Each kills all four, in any order, before the first is back.
ROUNDS = 5


@pytest.fixture
async def fleet(durable_postgres: PostgresServer, tmp_path: Path) -> AsyncIterator[Fleet]:
    running = Fleet(durable_postgres.url, tmp_path)
    await running.command("migrate")
    await running.start(*STAGES)
    await running.furnish()
    yield running
    await running.stop()


async def test_each_stage_is_killed_at_random_and_nothing_is_lost_or_twice(fleet: Fleet) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    caller = Caller(fleet, random.Random(seed))
    over = asyncio.Event()

    async def reports() -> None:
        while not over.is_set():
            await caller.reports(0.2, pause=0.05)

    reporting = asyncio.create_task(reports())
    for _ in range(ROUNDS):
        for name in STAGES:
            await fleet.ready(name)
        for name in caller.chance.sample(STAGES, len(STAGES)):
            await asyncio.sleep(caller.chance.uniform(0.1, 0.8))
            await fleet.kill(name)
            await fleet.launch(name)
    over.set()
    await reporting
    for name in STAGES:
        await fleet.ready(name)
    await caller.settled()
    await caller.nothing_is_lost_or_twice()
    assert len(caller.taken) > 40
    assert caller.cut > 0, "intake was killed in the middle of something"


async def test_without_postgresql_intake_says_503_at_once_and_with_it_goes_on_by_itself(
    fleet: Fleet, durable_postgres: PostgresServer
) -> None:
    caller = Caller(fleet, random.Random(2))
    await caller.reports(1)
    durable_postgres.kill()
    took = []
    for _ in range(10):
        began = time.monotonic()
        answer = await fleet.client.post(f"{fleet.url('intake')}/v1/incidents", json=_MINOR)
        took.append(time.monotonic() - began)
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json"), answer.text
        assert answer.headers["retry-after"]
    assert max(took) < 2
    reporting = asyncio.create_task(caller.reports(4))
    await asyncio.sleep(1)
    durable_postgres.start()
    await reporting
    for _ in range(2):
        reporting = asyncio.create_task(caller.reports(3))
        await asyncio.sleep(1)
        await asyncio.to_thread(durable_postgres.restart, immediate=True)
        await reporting
    await caller.settled()
    await caller.nothing_is_lost_or_twice()
    assert caller.refused > 0
    assert set((await fleet.stop()).values()) == {0}


async def test_stages_that_start_before_postgresql_wait_for_it_and_are_alive_meanwhile(
    fleet: Fleet, durable_postgres: PostgresServer
) -> None:
    await fleet.halt()
    durable_postgres.stop()
    for name in STAGES:
        await fleet.launch(name)
    for name in STAGES:
        await fleet.alive(name)
        told = await fleet.client.get(f"{fleet.url(name)}/readyz")
        assert (told.status_code, "PostgreSQL does not answer" in told.text) == (503, True), told.text
    answer = await fleet.client.post(f"{fleet.url('intake')}/v1/incidents", json=_MINOR)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), answer.text
    fleet.processes["notifier"].send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(fleet.processes.pop("notifier").wait(), 10) == 0
    await fleet.launch("notifier")
    durable_postgres.start()
    for name in STAGES:
        await fleet.ready(name, within=10)
    caller = Caller(fleet, random.Random(4), urgent=1.0)
    await caller.reports(1, pause=0.1)
    await caller.settled()
    await caller.nothing_is_lost_or_twice()


async def test_a_notifier_that_freezes_is_taken_over_from_and_harms_nobody_when_it_wakes(fleet: Fleet) -> None:
    await fleet.start("notifier.2")
    caller = Caller(fleet, random.Random(3), urgent=1.0)
    await caller.reports(1.5, pause=0.1)
    fleet.freeze("notifier")
    fleet.client.timeout = httpx2.Timeout(5)
    await caller.reports(1.5, pause=0.1)
    assert await caller.settled() < 20
    await caller.reports(1, pause=0.1)
    assert await caller.settled() < 20
    fleet.thaw("notifier")
    await fleet.ready("notifier")
    await caller.reports(1, pause=0.1)
    await caller.settled()
    await caller.nothing_is_lost_or_twice()


_MINOR = {"impact": "minimal", "title": "Nobody will have this", "reporter": {"name": "Aigerim S."}}
