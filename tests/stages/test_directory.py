"""The copy of the directory in memory: what is committed is seen by every replica, whoever wrote at the same time."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from backbone.directory import directory
from backbone.log import partitions
from backbone.log.event import Lane
from tests.harness.router import Office, office, person


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


async def _drops_old_days(router: Office) -> list[str]:
    async def all_passed() -> list[dict[Lane, int]]:
        return []

    return await partitions.drop_old(
        router.ground.transactions, router.time.now(), all_passed, router.running.stage.before_drop
    )


async def test_the_last_word_on_each_object_outlives_the_day_that_it_was_said_on(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "_AGAIN", 2)
    async with office(database) as router:
        router.time.passes(days=1)
        await partitions.make_ahead(router.ground.transactions, router.time.now().date())
        names = ("ana", "bo", "cy", "dana", "eva")
        for name in names:
            await router.put(f"/v1/people/{name}", person(name, "engineer"))
        await router.put("/v1/people/bo", person("bo", "crisis-manager"))
        last = await router.one("select max(seq) from outbox")
        router.time.passes(days=partitions.KEPT_DAYS + 2)
        assert len(await _drops_old_days(router)) == 1
        async with router.ground.transactions.reading() as connection:
            again = await router.ground.sources.lane("router", urgent=False, after=last, limit=100)
            left = await partitions.days(connection)
        assert sorted((e.subject, e.sequence) for e in again) == [
            (f"person:{name}", 2 if name == "bo" else 1) for name in names
        ]
        assert [e.json()["body"]["roles"] for e in again if e.subject == "person:bo"] == [["crisis-manager"]]
        assert await _drops_old_days(router) == []
        assert await router.one("select max(seq) from outbox") == again[-1].seq
        assert len(left) == partitions.AHEAD


async def test_what_this_version_cannot_read_keeps_its_last_good_value_and_stops_nothing(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with office(database) as router:
        await router.employs(person("ana", "engineer"), person("bo", "engineer"))

        async def newer(id_: str, role: str) -> None:
            async with router.ground.transactions() as tx:
                await router.ground.directory.put(tx, "person", id_, person(id_, role), "a newer router")

        await newer("ana", "astronaut")
        await newer("eva", "astronaut")
        await router.put("/v1/people/cy", person("cy", "engineer"))
        for _ in range(3):
            await router.ground.directory.refresh()
        assert capsys.readouterr().out.count("directory.unreadable") == 2
        await router.reports("a")
        assert "incident.routed" in await router.said_types()
        async with office(database, router.time) as started_later:
            for one in (router, started_later):
                known = {each.id: (each.version, each.value.roles) for each in one.ground.directory.all("person")}
                assert sorted(known) == ["ana", "bo", "cy"]
                assert known["ana"] == (1, known["bo"][1])
        await newer("ana", "crisis-manager")
        await router.ground.directory.refresh()
        ana = router.ground.directory.get("person", "ana")
        assert ana is not None
        assert ana.version == 3
