"""The copy of the directory in memory: what is committed is seen by every replica, whoever wrote at the same time."""

from __future__ import annotations

import asyncio
import contextlib

from tests.harness.router import office, person


async def test_what_was_begun_earlier_and_committed_later_is_seen_by_all(database: str) -> None:
    async with office(database) as router, office(database, router.time) as other:
        writing, may_commit = asyncio.Event(), asyncio.Event()

        async def slow() -> None:
            async with router.ground.transactions() as tx:
                await router.ground.directory.put(tx, "person", "ana", person("ana", "engineer"), "admin")
                writing.set()
                await may_commit.wait()

        first = asyncio.create_task(slow())
        await asyncio.wait_for(writing.wait(), 5)
        second = asyncio.create_task(router.put("/v1/people/bo", person("bo", "engineer")))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(second), 0.2)
        await other.ground.directory.refresh()
        may_commit.set()
        await asyncio.wait_for(asyncio.gather(first, second), 5)
        await other.ground.directory.refresh()
        assert [one.id for one in other.ground.directory.all("person")] == ["ana", "bo"]
