"""PostgreSQL that hangs: connections stay open and nothing answers. Intake says so within seconds, and loses nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.harness.fleet import Fleet
from tests.harness.postgres import PostgresServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
_MINOR = {"impact": "minimal", "title": "The disk is slow", "reporter": {"name": "Aigerim S."}}
#: Three seconds of the commit, five of a connection that is not had, and what a busy machine takes.
WITHIN = 15.0


@pytest.fixture
async def fleet(durable_postgres: PostgresServer, tmp_path: Path) -> AsyncIterator[Fleet]:
    running = Fleet(durable_postgres.url, tmp_path)
    await running.command("migrate")
    await running.start("intake")
    running.client.timeout = httpx2.Timeout(60)
    yield running
    durable_postgres.thaw()
    await running.stop()


async def _reported(fleet: Fleet, key: str) -> tuple[httpx2.Response, float]:
    began = time.monotonic()
    answer = await fleet.client.post(
        f"{fleet.url('intake')}/v1/incidents", json=_MINOR, headers={"Idempotency-Key": key}
    )
    return answer, time.monotonic() - began


async def test_intake_says_within_seconds_that_it_can_take_nothing_and_takes_all_afterwards(
    fleet: Fleet, durable_postgres: PostgresServer
) -> None:
    answers = await asyncio.gather(*(_reported(fleet, f"before-{n}") for n in range(20)))
    assert {answer.status_code for answer, _ in answers} == {201}
    durable_postgres.freeze()
    for turn in range(2):
        answers = await asyncio.gather(*(_reported(fleet, f"frozen-{turn}-{n}") for n in range(20)))
        assert {answer.status_code for answer, _ in answers} == {503}
        assert all(answer.headers["retry-after"] for answer, _ in answers)
        assert max(seconds for _, seconds in answers) < WITHIN, answers[0][0].text
    began = time.monotonic()
    read = await fleet.client.get(f"{fleet.url('intake')}/v1/incidents")
    assert (read.status_code, time.monotonic() - began < 2 * WITHIN) == (503, True), read.text
    durable_postgres.thaw()
    ids = {}
    for key in [f"frozen-{turn}-{n}" for turn in range(2) for n in range(20)]:
        async with asyncio.timeout(30):
            while (answer := (await _reported(fleet, key))[0]).status_code == 503:  # noqa: ASYNC110 - another process rings no bell here
                await asyncio.sleep(0.1)
        assert answer.status_code in (200, 201), answer.text
        ids[key] = answer.json()["id"]
    assert len(set(ids.values())) == 40
    for key, id_ in ids.items():
        again, _ = await _reported(fleet, key)
        assert (again.status_code, again.json()["id"]) == (200, id_), "there, and there once"
    await fleet.ready("intake")
