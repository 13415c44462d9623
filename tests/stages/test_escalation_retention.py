"""What escalation keeps of an incident that was closed long ago: that it was there, and none of its promises."""

from __future__ import annotations

import asyncio

import pytest

from backbone.log.event import Lane
from escalation.clocks.handlers import HEARS
from events.incidents import IncidentClosed, IncidentReopened, IncidentResolved, QuestionAsked
from tests.harness.escalation import Watch, watch
from tests.harness.logs import are_dropped, by_kafka

INC = "inc-1"
KEPT = ("clock", "escalation", "proposal")


async def closed(desk: Watch, subject: str = INC) -> None:
    """An incident with a broken promise, what was raised for it, a proposal; closed by now."""
    await desk.stores("contract", "WO-1", desk.work_order)
    await desk.happens(subject)
    await desk.says("intake", subject, QuestionAsked("bo", "may we log in?", "resources"))
    await desk.rests()
    await desk.passes(minutes=31)
    await desk.says("intake", subject, IncidentClosed("ana", ""))
    await desk.rests()


async def kept(desk: Watch, subject: str = INC) -> list[int]:
    """How many clocks, escalations and proposals there are of it."""
    return [await desk.one(f"select count(*) from {table} where incident = '{subject}'") for table in KEPT]


async def test_the_clocks_of_an_incident_that_was_closed_400_days_ago_are_removed(database: str) -> None:
    async with watch(database) as desk:
        await closed(desk)
        before = await kept(desk)
        assert min(before) > 0
        await desk.passes(days=399)
        assert await kept(desk) == before
        await desk.passes(days=2)
        assert await kept(desk) == [0, 0, 0]
        assert desk.ground.around.registry.get_sample_value("critsit_clocks_removed_total") == before[0]
        assert await desk.clocks() == []
        assert await desk.one("select state from incident") == "closed"


async def test_what_is_only_resolved_keeps_its_clocks_however_old_it_is(database: str) -> None:
    async with watch(database) as desk:
        await desk.happens(INC)
        await desk.says("intake", INC, IncidentResolved("ana", ""))
        await desk.rests()
        before = await kept(desk)
        assert before[0] > 0
        await desk.passes(days=5_000)
        assert await kept(desk) == before


async def test_what_was_reopened_counts_from_its_last_closure(database: str) -> None:
    async with watch(database) as desk:
        await closed(desk)
        await desk.passes(days=20)
        await desk.says("intake", INC, IncidentReopened("ana", ""))
        await desk.rests()
        await desk.says("intake", INC, IncidentClosed("ana", ""))
        await desk.rests()
        before = await kept(desk)
        assert before[0] > 0
        await desk.passes(days=390)
        assert await kept(desk) == before
        await desk.passes(days=11)
        assert await kept(desk) == [0, 0, 0]


async def test_a_log_that_is_read_from_its_beginning_after_the_removal_starts_and_says_nothing(database: str) -> None:
    async with watch(database) as desk:
        await closed(desk)
        await desk.passes(days=401)
        await desk.said()
        async with desk.ground.engine.begin() as connection:
            await connection.exec_driver_sql("update cursor set position = 0")
        async with watch(database, desk.time) as again:
            await again.rests()
        assert await kept(desk) == [0, 0, 0]
        assert await desk.said() == []


async def test_once_no_log_tells_of_it_nothing_is_kept_and_a_kafka_that_is_read_from_its_beginning_starts_no_clock(
    database: str,
) -> None:
    async with watch(database) as desk:
        await closed(desk)
        sources, lanes = desk.ground.sources, (True, False)
        logs = [await sources.lane(name, urgent=lane, after=0, limit=99) for name in HEARS for lane in lanes]
        events = by_kafka(event for log in logs for event in log if event.subject == INC)
        assert {event.type for event in events} >= {"incident.reported", "incident.routed", "incident.closed"}
        await are_dropped(desk.ground)
        await desk.passes(days=401)
        everything = dict.fromkeys((*KEPT, "incident", "subject", "dead_letter"), 0)
        assert {table: await desk.one(f"select count(*) from {table}") for table in everything} == everything
        await desk.said()
        await desk.running.ear.hear(events)
        for event in reversed(events):
            await desk.running.ear.hear([event])
        await desk.says("router", INC, desk.routed(INC))
        await desk.acknowledges(INC)
        await desk.passes(days=1)
        assert {table: await desk.one(f"select count(*) from {table}") for table in everything} == everything
        assert await desk.said() == []


async def test_two_replicas_do_not_hinder_each_other(database: str) -> None:
    async with watch(database) as desk, watch(database, desk.time) as other:
        for n in range(6):
            await desk.happens(f"inc-{n}")
            await desk.says("intake", f"inc-{n}", IncidentClosed("ana", ""))
        await desk.rests()
        desk.time.passes(days=401)
        theirs = other.running.stage.works[-1]
        assert theirs.name == "retention"
        async with desk.ground.transactions() as tx:
            await tx.lock(["inc-2"], make=False)
            await theirs.step(Lane.ORDINARY)
        assert await desk.one("select array_agg(distinct incident) from clock") == ["inc-2"]
        await asyncio.gather(desk.rests(), other.rests())
        assert await desk.one("select count(*) from clock") == 0


async def test_a_batch_that_fails_is_half_as_large_the_next_time(database: str) -> None:
    async with watch(database) as desk:
        await closed(desk)
        desk.time.passes(days=401)
        retention = desk.running.stage.works[-1].step.__self__  # type: ignore[attr-defined]
        before = await kept(desk)
        async with desk.ground.engine.connect() as connection, connection.begin():
            await connection.exec_driver_sql("lock table clock in share mode")
            with pytest.raises(Exception, match="lock timeout"):
                await retention.step(Lane.ORDINARY)
        assert retention.most == 50
        assert await kept(desk) == before
        await retention.step(Lane.ORDINARY)
        assert await kept(desk) == [0, 0, 0]
