"""How long intake remembers what a repeat is known by, and that it forgets as fast as it learns."""

from __future__ import annotations

from typing import Any

from backbone.process.runner import settle
from tests.harness.intake import Counterpart, intake
from tests.harness.work_orders import incident


async def _reports(desk: Counterpart, key: str | None = None, **changes: Any) -> tuple[int, str]:
    headers = {"Idempotency-Key": key} if key else {}
    answer = await desk.web.post("/v1/incidents", json=incident(**changes), headers=headers)
    return answer.status_code, answer.json().get("id", "")


async def _remembered(desk: Counterpart) -> list[tuple[str, str]]:
    rows = await desk.rows("select kind, value from remembered order by kind, value")
    return [(row[0], row[1]) for row in rows]


async def test_a_key_is_forgotten_after_a_day_and_a_reference_a_day_after_the_closure(database: str) -> None:
    async with intake(database) as desk:
        _, id_ = await _reports(desk, "k", reference="R")
        desk.time.passes(hours=24)
        assert await _reports(desk, "k", reference="R") == (200, id_)
        desk.time.passes(seconds=1)
        await settle([desk.running])
        assert await _remembered(desk) == [("reference", "R")]
        for path in ("resolution", "closure"):
            answer = await desk.web.post(f"/v1/incidents/{id_}/{path}", json={"by": "ana", "note": "done"})
            assert answer.status_code == 200
        desk.time.passes(hours=24)
        assert await _reports(desk, reference="R") == (200, id_)
        desk.time.passes(seconds=1)
        await settle([desk.running])
        assert await _remembered(desk) == []
        status, other = await _reports(desk, "k", reference="R")
        assert (status, other != id_) == (201, True)


async def test_a_reference_that_was_forgotten_does_not_become_a_key(database: str) -> None:
    async with intake(database) as desk:
        _, id_ = await _reports(desk, reference="R")
        for path in ("resolution", "closure"):
            await desk.web.post(f"/v1/incidents/{id_}/{path}", json={"by": "ana", "note": "done"})
        desk.time.passes(hours=20)
        assert await _reports(desk, "k", reference="R") == (200, id_)
        desk.time.passes(hours=5)
        await settle([desk.running])
        assert await _remembered(desk) == [("key", "k")]
        assert await _reports(desk, "k", reference="R") == (200, id_)
        assert await _remembered(desk) == [("key", "k")]


async def test_all_keys_whose_time_is_over_go_at_once_however_many(database: str) -> None:
    async with intake(database) as desk:
        async with desk.ground.transactions() as tx:
            await tx.connection.execute(
                "insert into remembered (sender, kind, value, subject, digest, remembered_at, forget_at)"
                " select 'admin', 'key', n::text, 'x', '', :now, :now from generate_series(1, 12000) n",
                {"now": tx.now},
            )
        desk.time.passes(seconds=1)
        await settle([desk.running])
        assert await _remembered(desk) == []
