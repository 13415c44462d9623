"""A day of intake's log goes while incidents come in, and whoever reads the facts of that day sees no difference."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from backbone.log import partitions
from backbone.log.event import LANES
from intake.record import store
from tests.harness.intake import START, Counterpart, intake
from tests.harness.work_orders import incident

DAY = f"outbox_{START:%Y%m%d}"
MANY = 5_000


async def _a_long_day(desk: Counterpart) -> str:
    """A day of many facts that lies more than a week back and that all have read; an incident of that day."""
    await partitions.make_ahead(desk.ground.transactions, START.date())
    id_ = await desk.has()
    async with desk.ground.transactions() as tx:
        await tx.execute(
            "insert into outbox (event_id, subject, sequence, urgent, type, payload, headers, after, occurred_at)"
            " select gen_random_uuid(), 'busy', n, n % 3 = 0, 'thing.happened', '{}', '{}', '{}', :at"
            " from generate_series(1, cast(:many as int)) n",
            {"many": MANY, "at": START},
        )
        for reader in desk.running.read_by:
            await tx.execute(
                f"insert into {reader}.cursor (reader, source, lane, position)"
                " select 'follow', 'intake', lane, 1000000 from unnest(cast(:lanes as text[])) l(lane)",
                {"lanes": [lane.value for lane in LANES]},
            )
    desk.time.passes(days=partitions.KEPT_DAYS + 2)
    return id_


async def _facts(desk: Counterpart) -> list[tuple[Any, ...]]:
    """All of them, as the stream reads them, a page after another."""
    found: list[tuple[Any, ...]] = []
    while True:
        async with desk.ground.transactions.reading() as connection:
            page = await store.since(connection, found[-1][0] if found else 0, 500)
        if not page:
            return found
        found += [tuple(row) for row in page]


async def _is_there(desk: Counterpart) -> bool:
    return bool((await desk.row("select to_regclass(:day) is not null", day=DAY))[0])


async def _drop(desk: Counterpart, keep: partitions.Keep) -> list[str]:
    return await partitions.drop_old(desk.ground.transactions, desk.time.now(), desk.running._passed, keep)


@asynccontextmanager
async def _reading_it(desk: Counterpart) -> AsyncIterator[None]:
    """Somebody reads that day for so long that it can't be dropped."""
    async with desk.ground.transactions.reading() as connection, connection.driver.transaction():
        await connection.driver.execute("set local idle_in_transaction_session_timeout = 0")
        await connection.driver.execute(f"lock table {DAY} in access share mode")
        yield


async def test_reports_are_taken_while_a_day_is_kept_however_long_that_takes(database: str) -> None:
    async with intake(database) as desk:
        await _a_long_day(desk)
        taken = []

        async def keep(tx: Any, day: str, after: int) -> int | None:
            taken.append(await desk.web.post("/v1/incidents", json=incident(title=f"report {len(taken)}")))
            return await store.keep_day(tx, day, after)

        assert await _drop(desk, keep) == [DAY]
        assert [answer.status_code for answer in taken] == [201] * 7


async def test_what_was_said_that_day_is_told_as_before_while_it_is_kept_and_when_it_is_gone(database: str) -> None:
    async with intake(database) as desk:
        id_ = await _a_long_day(desk)
        facts, timeline = await _facts(desk), await desk.timeline(id_)
        assert len(facts) == MANY + 2
        async with _reading_it(desk):
            await desk.running.ask_others()
            assert await _is_there(desk)
            assert await desk.row("select count(*) from fact where stage = 'intake'") == (MANY + 1,)
            assert (await _facts(desk), await desk.timeline(id_)) == (facts, timeline)
        await desk.running.ask_others()
        assert not await _is_there(desk)
        assert (await _facts(desk), await desk.timeline(id_)) == (facts, timeline)
        assert await desk.rows("select * from cursor where reader = 'keeper'") == []


async def test_what_is_kept_is_not_kept_once_more_when_the_day_can_not_be_dropped_yet(database: str) -> None:
    async with intake(database) as desk:
        await _a_long_day(desk)
        ended = []

        async def keep(tx: Any, day: str, after: int) -> int | None:
            ended.append(await store.keep_day(tx, day, after))
            return ended[-1]

        async with _reading_it(desk):
            assert await _drop(desk, keep) == []
            assert (len(ended), ended[-1]) == (7, None)
            assert await _drop(desk, keep) == []
        assert ended[7:] == [None]
        assert await _drop(desk, keep) == [DAY]
