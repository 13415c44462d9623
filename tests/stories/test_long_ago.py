"""An incident of long ago: intake's record is what is left of it, and nothing that is read again brings it back."""

from __future__ import annotations

from backbone import STAGES
from backbone.log.event import LANES, Event, Lane
from tests.harness.logs import begin_again, by_kafka
from tests.harness.world import Case, World, world

#: What the stages keep of incidents, but for intake.
_KEPT = {
    "router": ("subject", "desk", "decision"),
    "escalation": ("subject", "incident", "clock", "escalation", "proposal"),
    "notifier": ("subject", "incident", "page", "attempt", "mailbox"),
}


async def _kept(there: World) -> dict[str, int]:
    """How many rows there are of each, but for those without any."""
    found = {}
    for running in there.process.running:
        async with running.ground.engine.connect() as connection:
            for table in _KEPT.get(running.stage.name, ()):
                rows = await connection.exec_driver_sql(f"select count(*) from {table}")
                found[f"{running.stage.name}.{table}"] = rows.scalar_one()
    return {table: count for table, count in found.items() if count}


async def _told(there: World, case: Case) -> list[Event]:
    """What stands in the logs about it."""
    sources = there.process.running[0].ground.sources
    lanes = [
        await sources.lane(name, urgent=lane is Lane.URGENT, after=0, limit=999) for name in STAGES for lane in LANES
    ]
    return [event for lane in lanes for event in lane if event.subject == case.id]


async def _days_pass(there: World, days: float) -> None:
    """At once, and the log's days with them: those to come are made, those that are over are dropped."""
    there.time.passes(days=days)
    for running in there.process.running:
        await running.housekeeping()
        await running.ask_others()


async def test_of_an_incident_of_long_ago_its_record_is_left_and_nothing_that_is_read_again_wakes_anybody(
    database: str,
) -> None:
    """BASE-CM: who was called, called once."""
    async with world(database) as there:
        await there.signs()
        ana, eng = await there.employs("ana", "crisis-manager"), await there.employs("eng", "engineer")
        await _days_pass(there, 0)
        await _days_pass(there, 1)
        case = await there.reports()
        for person in (ana, eng):
            await person.phone.expects("It is broken")
            await person.acknowledges(case)
        await case.happens("closure", by="ana", note="it is back")
        record, story = await case.record(), await _told(there, case)
        assert {event.source for event in story} == set(STAGES)

        await _days_pass(there, 10)
        assert await _told(there, case) == []
        assert {"router.decision", "escalation.clock", "notifier.page"} <= (await _kept(there)).keys()
        await _days_pass(there, 391)
        await there.rests()
        assert await _kept(there) == {}
        assert await case.record() == record
        for action, body in (("reopening", {"note": "down again"}), ("effort", {"minutes": 10})):
            refused = await case.refuses(action, by="ana", **body)
            assert "report a new incident" in refused["detail"]

        for running in there.process.running:
            await running.ear.hear(by_kafka(event for event in story if event.source in running.stage.hears))
            await begin_again(running.ground)
        async with world(database, there.time.now()) as again:
            await again.passes(days=1)
            assert await _kept(again) == {}
            assert await _told(again, case) == []
            assert await Case(again, case.id).record() == record
