"""What was closed long ago and removed is read again from the beginning of a log, or of Kafka: it pages nobody."""

from __future__ import annotations

from backbone.log.event import Event
from events.assignments import CrisisManagerAssigned
from events.codec import Fact
from events.incidents import IncidentClosed
from tests.harness.logs import are_dropped, begin_again, by_kafka, stand
from tests.harness.notifier import START, Desk, desk, reported, routed
from tests.harness.notifier_kept import INC, KEPT, days_pass, kept
from tests.harness.notifier_phone import staffed

ALL = (*KEPT, "incident", "subject", "dead_letter")


async def all_kept(notifier: Desk) -> dict[str, int]:
    """How many rows there are of anything that has to do with incidents."""
    return {table: await notifier.one(f"select count(*) from {table}") for table in ALL}


async def heard(notifier: Desk) -> list[Event]:
    """The story of an incident that paged somebody and is closed; it stands in the logs, and was heard from there."""
    said: list[tuple[str, Fact]] = [
        ("intake", reported()),
        ("router", routed("1", START)),
        ("router", CrisisManagerAssigned("ana", "Ana", 1, "least loaded", [], acknowledged=False)),
        ("intake", IncidentClosed("ana", "")),
    ]
    events = [notifier.event(source, INC, fact) for source, fact in said]
    for event in events:
        await stand(notifier.ground, event)
        await notifier.rests()
    assert min(await kept(notifier)) > 0
    await notifier.said()
    return events


async def test_a_log_that_is_read_from_its_beginning_after_the_removal_pages_nobody(database: str) -> None:
    async with staffed(database) as notifier:
        events = await heard(notifier)
        await days_pass(notifier, 401)
        await begin_again(notifier.ground)
        async with desk(database, notifier.time) as again:
            await days_pass(again, 1)
            repeats = {"stage": "notifier", "outcome": "repeats"}
            registry = again.ground.around.registry
            assert registry.get_sample_value("critsit_events_heard_total", repeats) == len(events)
        await notifier.running.ear.hear(by_kafka(events))
        await days_pass(notifier, 1)
        assert await kept(notifier) == [0, 0, 0]
        assert await notifier.said() == []


async def test_once_no_log_tells_of_it_nothing_is_kept_and_a_kafka_that_is_read_from_its_beginning_pages_nobody(
    database: str,
) -> None:
    async with staffed(database) as notifier:
        events = by_kafka(await heard(notifier))
        await are_dropped(notifier.ground)
        await days_pass(notifier, 401)
        assert await all_kept(notifier) == dict.fromkeys(ALL, 0)
        await notifier.running.ear.hear(events)
        for event in reversed(events):
            await notifier.running.ear.hear([event])
        await notifier.assigns(INC, "dan", attempt=2)
        await days_pass(notifier, 1)
        assert await all_kept(notifier) == dict.fromkeys(ALL, 0)
        assert await notifier.said() == []
