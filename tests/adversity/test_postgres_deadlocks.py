"""Handlers and claims of three replicas at once, over the same incidents in any order: they wait, and never deadlock.

PostgreSQL itself counts its deadlocks; one that was tried again in silence counts as well.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import asyncpg
import pytest

from backbone.log.event import LANES, Lane
from backbone.postgres.engine import is_passing
from backbone.process.runner import settle
from events.codec import Fact
from events.incidents import IncidentResponded, IncidentUpdated
from tests.harness.escalation import Watch, report, watch

SECONDS = 8.0
REPLICAS = 3
_DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"


@pytest.fixture
async def replicas(database: str) -> AsyncIterator[list[Watch]]:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(watch(database))
        await first.stores("contract", "WO-1", first.work_order)
        await first.rests()
        yield [first, *[await stack.enter_async_context(watch(database, first.time)) for _ in range(REPLICAS - 1)]]


async def test_handlers_and_claims_side_by_side_never_deadlock(database: str, replicas: list[Watch]) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance, pen, end = random.Random(seed), replicas[0], time.monotonic() + SECONDS
    ids: list[str] = []
    troubles: list[str] = []

    async def tells() -> None:
        """New incidents, their routes, what people do about old ones: in any order, and the clock runs fast."""
        while time.monotonic() < end:
            new = [f"{chance.randrange(10**6):06d}" for _ in range(12)]
            reported: list[tuple[str, Fact]] = [(i, pen.reported(i, report("critical_degraded"))) for i in new]
            await pen.write("intake", reported, urgent=chance.random() < 0.5)
            routed: list[tuple[str, Fact]] = [(i, pen.routed(i)) for i in chance.sample(new, len(new))]
            await pen.write("router", routed, urgent=chance.random() < 0.5)
            for fact in (IncidentResponded("bo", "hi"), IncidentUpdated("bo", "on")):
                about = chance.sample(ids, min(len(ids), 20))
                await pen.write("intake", [(i, fact) for i in about], urgent=chance.random() < 0.5)
            ids.extend(new)
            pen.time.passes(minutes=chance.choice([1, 7, 40]))
            await asyncio.sleep(0)

    async def hears(replica: Watch, lane: Lane) -> None:
        while time.monotonic() < end:
            await _tried(replica.running.followers[lane][0].step())

    async def works(replica: Watch, lane: Lane) -> None:
        while time.monotonic() < end:
            await _tried(replica.running.stage.works[0].step(lane))

    async def _tried(step: object) -> None:
        try:
            await step  # type: ignore[misc]
        except Exception as error:
            if not is_passing(error):
                raise
            troubles.append(repr(error)[:300])
        await asyncio.sleep(0)

    both = [(replica, lane) for replica in replicas for lane in LANES]
    await asyncio.gather(tells(), *(hears(*one) for one in both), *(works(*one) for one in both))
    assert [trouble for trouble in troubles if "deadlock" in trouble] == []
    await settle([replica.running for replica in replicas])
    assert await pen.one("select count(*) from dead_letter") == 0
    assert await pen.one("select count(distinct incident) from clock") == len(set(ids)) > 100
    for replica in replicas:
        await replica.ground.close()
    connection = await asyncpg.connect(database)
    try:
        assert await connection.fetchval(_DEADLOCKS) == 0
    finally:
        await connection.close()
