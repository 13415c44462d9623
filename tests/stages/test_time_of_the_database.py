"""The database's clock is a running stage's time, from its first step on, whatever its machine's clock says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from backbone.ground import Ground, Surroundings
from backbone.log.event import Event, Lane
from backbone.log.tx import Tx
from backbone.process.runner import RunningStage
from backbone.process.settings import Settings
from backbone.stage import Stage, Work
from backbone.time_source import WallClock
from tests.harness.hearer import Thing

_NO_MATTER = timedelta(seconds=10)


@asynccontextmanager
async def _started(database: str, clock: WallClock, work: Work) -> AsyncIterator[None]:
    async def handle(tx: Tx, events: Sequence[Event]) -> None:
        raise AssertionError("it hears nobody")

    ground = Ground.of("escalation", Settings(database_url=SecretStr(database)), Surroundings(clock))
    running = RunningStage.of(Stage("escalation", {}, handle, (work,)), ground, lambda *words: Thing("incident.stuck"))
    await running.prepare()
    running.start()
    try:
        yield
    finally:
        await running.stop()


@pytest.mark.parametrize("off", [timedelta(hours=2), timedelta(hours=-2)])
async def test_a_machine_that_is_hours_off_does_nothing_at_its_own_time(database: str, off: timedelta) -> None:
    clock = WallClock(lambda: datetime.now(UTC) + off)
    seen: list[timedelta] = []
    stepped = asyncio.Event()

    async def step(lane: Lane) -> None:
        seen.append(clock.now() - datetime.now(UTC))
        stepped.set()

    async with _started(database, clock, Work("insist", step)):
        await asyncio.wait_for(stepped.wait(), 10)
    assert [found for found in seen if abs(found) > _NO_MATTER] == []
