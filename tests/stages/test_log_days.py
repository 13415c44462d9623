"""The log's days: one is dropped when it is old and everybody has passed it in each lane, and never before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from backbone import STAGES
from backbone.ground import Surroundings
from backbone.log import partitions
from backbone.log.event import Lane
from backbone.log.migration import WHOLE
from backbone.loops.follow import READER
from backbone.process.settings import Settings
from backbone.time_source import HandMoved
from critsit.stages import READ_BY, build
from tests.harness.hearer import HEARER, START, Room
from tests.harness.hearer import room as make_room

OLD = START + timedelta(days=partitions.KEPT_DAYS + 2)


@pytest.fixture
async def room(database: str) -> AsyncIterator[Room]:
    async with make_room(database, Settings(database_url=SecretStr(database))) as made:
        await partitions.make_ahead(made.router.ground.transactions, START.date())
        yield made


async def _dropped(room: Room, now: datetime = OLD) -> list[str]:
    ground = room.router.ground

    async def passed() -> list[dict[Lane, int]]:
        return await ground.sources.passed("router", [HEARER], READER)

    return await partitions.drop_old(ground.transactions, now, passed, None)


async def _hears(room: Room, lane: Lane) -> None:
    (follower,) = room.hearer.running.followers[lane]
    while await follower.step():
        pass


@pytest.mark.parametrize("lane", list(Lane))
async def test_a_day_that_one_lane_of_a_reader_has_not_passed_is_kept(room: Room, lane: Lane) -> None:
    (other,) = set(Lane) - {lane}
    await room.router.says("waits", urgent=lane is Lane.URGENT)
    await room.router.says("is-heard", urgent=other is Lane.URGENT)
    await _hears(room, other)
    assert await _dropped(room) == []
    await _hears(room, lane)
    assert len(await room.handled()) == 2
    assert await _dropped(room) == [f"outbox_{START:%Y%m%d}"]


async def test_a_lane_in_which_nothing_was_said_keeps_nothing(room: Room) -> None:
    await room.router.says("is-heard", urgent=True)
    await _hears(room, Lane.URGENT)
    assert await _dropped(room, START + timedelta(days=partitions.KEPT_DAYS + 1)) == []
    assert await _dropped(room) == [f"outbox_{START:%Y%m%d}"]


async def test_a_day_that_nobody_has_read_is_kept_and_so_is_every_later_one(room: Room) -> None:
    await room.router.says("waits")
    assert await _dropped(room, OLD + timedelta(days=30)) == []


async def test_days_that_another_replica_drops_under_its_hands_are_nothing_to_either(room: Room) -> None:
    passed = room.router.ground.sources.passed
    other: list[str] = []

    async def meanwhile() -> list[dict[Lane, int]]:
        other.extend(await _dropped(room, now))
        return await passed("router", [HEARER], READER)

    now = OLD + timedelta(days=2)
    assert await partitions.drop_old(room.router.ground.transactions, now, meanwhile, None) == []
    assert other == [f"outbox_{START + timedelta(days=offset):%Y%m%d}" for offset in range(3)]


async def test_a_stage_that_runs_alone_asks_its_readers_too(database: str) -> None:
    settings, time = Settings(database_url=SecretStr(database)), HandMoved(datetime(2026, 2, 4, tzinfo=UTC))
    hears = {}
    for name in STAGES:
        process = build([name], settings, Surroundings(time))
        (running,) = process.running
        hears[name] = set(running.stage.hears)
        assert running.read_by == READ_BY[name]
        await process.stop()
    assert {name: {other for other in STAGES if name in hears[other]} for name in STAGES} == {
        name: set(readers) for name, readers in READ_BY.items()
    }


async def test_rows_of_some_kilobytes_are_written_as_they_are(room: Room) -> None:
    plain = {}
    async with room.router.ground.transactions.reading() as connection:
        for table in ("router.outbox_default", f"router.outbox_{START:%Y%m%d}", "intake.incident", "intake.fact"):
            rows = await connection.execute(
                "select reloptions from pg_class where oid = to_regclass(:table)", {"table": table}
            )
            plain[table] = WHOLE.replace(" ", "") in (rows.scalar_one() or ())
    assert plain == dict.fromkeys(plain, True)
