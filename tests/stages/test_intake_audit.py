"""Seals: a day that is over is sealed once, and what is changed, added or taken away afterwards is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asyncpg import PostgresError

from intake.audit.seals import seal_day
from tests.harness.intake import Counterpart, intake
from tests.harness.work_orders import work_order


async def _two_days(desk: Counterpart) -> None:
    """Two sealed days, with an incident and its route in each."""
    for _ in range(2):
        await desk.knows("contract", "WO-1", work_order())
        await desk.has()
        desk.time.passes(days=1)
        assert await seal_day(desk.ground.transactions, desk.time.now()) is not None


async def _tamper(desk: Counterpart, *statements: str) -> None:
    """Somebody with all rights on the database changes the record behind our back."""
    async with desk.ground.transactions() as tx:
        await tx.execute("set local session_replication_role = replica")
        for statement in statements:
            await tx.execute(statement)


async def _verdicts(desk: Counterpart) -> list[str | None]:
    found = await desk.get("/v1/audit")
    assert found["ok"] == all(item["ok"] for item in found["items"])
    return [item["why"] for item in found["items"]]


async def test_a_day_is_sealed_once_and_only_when_it_is_over(database: str) -> None:
    async with intake(database) as desk:
        await desk.has()
        first = await seal_day(desk.ground.transactions, desk.time.now())
        assert first is not None
        assert first.day == desk.time.now().date() - timedelta(days=1)
        await desk.has()
        assert await seal_day(desk.ground.transactions, desk.time.now()) is None
        desk.time.passes(days=1)
        second = await seal_day(desk.ground.transactions, desk.time.now())
        assert second is not None
        assert (second.facts, second.hash != first.hash) == (2, True)


async def test_what_was_not_touched_is_as_it_was_sealed_and_later_facts_change_nothing(database: str) -> None:
    async with intake(database) as desk:
        await _two_days(desk)
        await desk.has()
        assert await _verdicts(desk) == [None, None]


async def test_a_fact_that_was_changed_breaks_its_own_day_and_no_other(database: str) -> None:
    async with intake(database) as desk:
        await _two_days(desk)
        await _tamper(
            desk,
            "update fact set payload = jsonb_set(payload, '{number}', '9')"
            " where position = (select min(position) from fact)",
        )
        assert await _verdicts(desk) == ["as many facts and changes, but not the same", None]


async def test_what_intake_itself_said_is_sealed_too(database: str) -> None:
    async with intake(database) as desk:
        await _two_days(desk)
        await _tamper(desk, "delete from outbox where sequence = 1")
        first, second = await _verdicts(desk)
        assert first is not None
        assert second is not None
        assert "facts where" in first


async def test_a_version_of_a_contract_that_was_changed_is_told(database: str) -> None:
    async with intake(database) as desk:
        await _two_days(desk)
        await _tamper(desk, "update directory set by = 'somebody else' where version = 2")
        assert await _verdicts(desk) == [None, "as many facts and changes, but not the same"]


async def test_a_seal_that_was_made_anew_breaks_the_day_after_it(database: str) -> None:
    async with intake(database) as desk:
        await _two_days(desk)
        await _tamper(desk, "update seal set hash = repeat('0', 64) where day = (select min(day) from seal)")
        first, second = await _verdicts(desk)
        assert first is not None
        assert second is not None


async def test_a_fact_is_neither_changed_nor_taken_away(database: str) -> None:
    async with intake(database) as desk:
        await desk.has()
        for statement in ("update fact set type = 'x'", "delete from fact"):
            with pytest.raises(PostgresError, match="never changed"):
                async with desk.ground.transactions() as tx:
                    await tx.execute(statement)


async def test_a_bound_key_and_one_that_does_not_manage_see_no_audit(database: str) -> None:
    async with intake(database) as desk:
        async with desk.with_key("view", "work", "report") as web:
            assert (await web.get("/v1/audit")).status_code == 403
        async with desk.with_key("manage", contracts=["WO-1"]) as web:
            assert (await web.get("/v1/audit")).status_code == 404
