"""The database's clock jumps two hours ahead and comes back, under all four stages at work: nothing is early or late."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from backbone import STAGES
from backbone.ground import Surroundings
from backbone.process.settings import Settings
from backbone.time_source import WallClock
from critsit.stages import build
from tests.harness.notifier import person, rotation
from tests.harness.work_orders import incident, work_order

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
KEY = "jumping"
TWO_HOURS = timedelta(hours=2)


class OfAJumpingDatabase(WallClock):
    """The wall clock of a process whose database's clock is `jumped` off; `asked` counts how often it was."""

    def __init__(self) -> None:
        super().__init__()
        self.jumped = timedelta()
        self.asked = 0

    def agree_with(self, database_now: datetime, asked_at: datetime) -> timedelta:
        self.asked += 1
        return super().agree_with(database_now + self.jumped, asked_at)


@dataclass
class Desk:
    """All four stages, running as in production."""

    clock: OfAJumpingDatabase
    web: httpx2.AsyncClient

    async def asks(self, path: str) -> Any:
        answer = await self.web.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def pages(self) -> float:
        """Report a crisis, and wait until somebody was paged; the seconds it took."""
        began = time.monotonic()
        answer = await self.web.post("/v1/incidents", json=incident())
        assert answer.status_code == 201, answer.text

        async def paged() -> Any:
            return (await self.asks(f"/v1/mailbox?incident={answer.json()['id']}"))["items"]

        await _until(paged, 20)
        return time.monotonic() - began

    async def agrees(self, times: int) -> None:
        """Wait until the stages have asked the database so often what time it is, and page meanwhile."""
        enough = self.clock.asked + times
        while self.clock.asked < enough:
            assert await self.pages() < 5


async def _until(holds: Callable[[], Awaitable[Any]], within: float) -> None:
    async with asyncio.timeout(within):
        while not await holds():  # noqa: ASYNC110 - the stages ring no bell here
            await asyncio.sleep(0.05)


@asynccontextmanager
async def _running(database: str) -> AsyncIterator[Desk]:
    clock = OfAJumpingDatabase()
    settings = Settings(database_url=SecretStr(database), admin_key=SecretStr(KEY))
    process = build(STAGES, settings, Surroundings(clock))
    headers = {"Authorization": f"Bearer {KEY}"}
    await process.prepare()
    process.start()
    try:
        transport = httpx2.ASGITransport(app=process.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://critsit", headers=headers) as web:
            yield Desk(clock, web)
    finally:
        await process.stop()


@pytest.fixture
async def desk(database: str) -> AsyncIterator[Desk]:
    async with _running(database) as made:
        for who, role in (("ana", "crisis-manager"), ("dan", "duty-manager"), ("eve", "engineer")):
            assert (await made.web.put(f"/v1/people/{who}", json=person(who, role))).status_code == 201
            assert (await made.web.put(f"/v1/rotations/{role}", json=rotation(role, who))).status_code == 201
        term = {"from": f"{datetime.now(UTC).year}-01-01", "to": f"{datetime.now(UTC).year + 1}-12-31"}
        assert (await made.web.put("/v1/contracts/WO-1", json=work_order(term=term))).status_code == 201
        yield made


async def test_nothing_is_early_or_late_while_the_database_s_clock_is_two_hours_ahead_and_after(desk: Desk) -> None:
    await desk.agrees(1)
    for jumped in (TWO_HOURS, timedelta(), -TWO_HOURS, timedelta()):
        desk.clock.jumped = jumped
        await desk.agrees(len(STAGES))
        assert abs(desk.clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    clocks = (await desk.asks("/v1/clocks?limit=200"))["items"]
    assert {clock["state"] for clock in clocks} == {"running"}
    late = datetime.now(UTC) + timedelta(hours=1, seconds=5)
    assert max(datetime.fromisoformat(clock["due_at"]) for clock in clocks) < late
    mails = (await desk.asks("/v1/mailbox?limit=200"))["items"]
    assert {mail["to"] for mail in mails} == {"ana", "eve"}, "nobody was told of a promise that is overdue"
