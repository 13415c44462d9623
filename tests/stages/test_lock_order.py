"""Subjects are locked in one order, whoever has made them and whoever takes them for new: nobody waits in a circle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from backbone.ground import Ground, Surroundings
from backbone.process.settings import Settings
from backbone.time_source import WallClock

_WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


@pytest.fixture
async def ground(database: str) -> AsyncIterator[Ground]:
    made = Ground.of("escalation", Settings(database_url=SecretStr(database)), Surroundings(WallClock()))
    async with made.transactions() as tx:
        await tx.lock(["a", "z"], make=True)
    yield made
    await made.close()


async def _waiting(ground: Ground, count: int) -> None:
    async with asyncio.timeout(5), ground.transactions.reading() as connection:
        while (await connection.execute(_WAITING)).scalar_one() < count:  # noqa: ASYNC110 - the database rings no bell here
            await asyncio.sleep(0.01)


async def _locks(ground: Ground, *, make: bool | set[str]) -> list[str]:
    async with ground.transactions() as tx:
        return sorted(await tx.lock(["z", "a"], make=make))


@pytest.mark.parametrize("make", [True, {"z"}, {"a"}])
async def test_who_takes_a_subject_for_new_waits_like_everybody_else(ground: Ground, make: bool | set[str]) -> None:
    async with asyncio.TaskGroup() as group, ground.transactions() as first:
        await first.lock(["a"], make=False)
        knows = group.create_task(_locks(ground, make=False))
        await _waiting(ground, 1)
        takes_it_for_new = group.create_task(_locks(ground, make=make))
        await _waiting(ground, 2)
    assert knows.result() == takes_it_for_new.result() == ["a", "z"]


async def test_only_what_may_be_made_is_made(ground: Ground) -> None:
    async with ground.transactions() as tx:
        assert sorted(await tx.lock(["a", "b", "c"], make={"b"})) == ["a", "b"]
    async with ground.transactions() as tx:
        assert sorted(await tx.lock(["a", "b", "c"], make=False)) == ["a", "b"]
