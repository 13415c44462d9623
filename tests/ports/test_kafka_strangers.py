"""What Kafka brings and no log has: it is counted and passed over, and no incident is held for it.

Only the log makes dead letters. Needs no Kafka: to a hearer it is an event that stands nowhere in a log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from backbone.log.event import Event
from backbone.loops.order import Heard
from tests.harness.carriers import ByLog
from tests.harness.hearer import START, USEFUL, Room

_A_MOMENT = 10
NEVER_SAID = Event(
    "router", 0, UUID("01a20a70-a2b7-7521-a7f4-fd35de5a644c"), "a", 2, False, USEFUL, "{}", {}, {}, START
)


async def _brought(people: Room, *events: Event) -> Heard:
    """What a listener does with a batch."""
    async with asyncio.timeout(_A_MOMENT):
        return await people.hearer.running.ear.hear(events)


async def _said(people: Room, *subjects: str) -> None:
    """Said, and heard from the log."""
    await people.router.says(*subjects)
    await ByLog(people.hearer).carries()


async def _as_kafka_brings(people: Room, *spans: tuple[str, int, int]) -> Sequence[Event]:
    """What the router has said, as its relay gives it to Kafka."""
    return [replace(event, seq=0) for event in await people.hearer.ground.sources.spans("router", spans)]


async def _nobody_is_held(people: Room) -> None:
    assert await people.set_aside() == []
    assert await people.ask("select subject from subject where held") == []


@pytest.mark.parametrize("sequence", [9, 2_147_483_647])
async def test_an_event_far_ahead_of_what_was_said_is_passed_over(people: Room, sequence: int) -> None:
    await _said(people, "a", "b")
    await people.router.says("a", "b")
    said = await _as_kafka_brings(people, ("a", 2, 2), ("b", 2, 2))
    await _brought(people, replace(NEVER_SAID, sequence=sequence), *said)
    assert await people.handled() == ["router a 1", "router b 1", "router a 2", "router b 2"]
    assert people.hearer.counted("unsaid") == 1
    await _nobody_is_held(people)


async def test_an_event_after_what_nobody_has_said_is_passed_over(people: Room) -> None:
    await _said(people, "a")
    await _brought(people, replace(NEVER_SAID, after={"notifier": 2_000_000_000}))
    await _said(people, "a")
    assert await people.handled() == ["router a 1", "router a 2"]
    assert people.hearer.counted("unsaid") == 1
    await _nobody_is_held(people)


@pytest.mark.parametrize("payload", ["{}", "no JSON", '"\\u0000"'])
async def test_what_can_not_be_handled_and_was_never_said_is_passed_over(people: Room, payload: str) -> None:
    await _said(people, "a")
    people.hearer.cannot = {"router a 2"}
    await _brought(people, replace(NEVER_SAID, payload=payload))
    people.hearer.cannot = set()
    await _said(people, "a")
    assert await people.handled() == ["router a 1", "router a 2"]
    assert people.hearer.counted("unsaid") == 1
    await _nobody_is_held(people)


async def test_what_can_not_be_handled_is_set_aside_as_the_log_has_it(people: Room) -> None:
    await _said(people, "a")
    people.hearer.cannot = {"router a 2"}
    await people.router.says("a", words="said")
    await _brought(people, replace(NEVER_SAID, payload='{"words": "never said"}'))
    assert await people.set_aside() == ["router a 2"]
    assert await people.ask("select event -> 'payload' ->> 'words' from dead_letter") == [("said",)]


async def test_what_follows_of_a_held_incident_is_held_as_the_log_has_it_and_nothing_else_is(people: Room) -> None:
    people.hearer.cannot = {"router a 1"}
    await _said(people, "a", "b")
    await people.router.says("a", words="said")
    (second,) = await _as_kafka_brings(people, ("a", 2, 2))
    await _brought(people, replace(NEVER_SAID, sequence=3), replace(second, payload='{"words": "never said"}'))
    assert await people.set_aside() == ["router a 1", "router a 2"]
    assert ("said",) in await people.ask("select event -> 'payload' ->> 'words' from dead_letter")


async def test_a_letter_whose_day_is_dropped_is_heard_again_and_stays_held_where_that_fails(people: Room) -> None:
    people.hearer.cannot = {"router a 1"}
    await _said(people, "a")
    # As a version did that set aside what Kafka had brought.
    await people.ask("update dead_letter set event = jsonb_set(event, '{seq}', '0')")
    await people.router.forgets("a")
    ((letter,),) = await people.ask("select id from dead_letter")
    assert await people.hearer.running.replay(letter, discard=False) == 1
    assert await people.ask("select subject from subject where held") == [("a",)]
    people.hearer.cannot = set()
    assert await people.hearer.running.replay(letter, discard=False) == 0
    assert await people.handled() == ["router a 1"]


async def test_what_is_older_than_a_log_has_to_hold_is_held_where_it_can_not_be_handled(people: Room) -> None:
    """A stage that was away for a week hears from Kafka what no log has any more: that is nobody's forgery."""
    await _said(people, "a")
    old = replace(NEVER_SAID, occurred_at=START - timedelta(days=7))
    await _brought(people, replace(old, sequence=3))
    assert await people.set_aside() == ["router a 3"]
    assert await people.ask("select subject from subject where held") == [("a",)]
    assert people.hearer.counted("unsaid") == 0


async def test_an_object_of_the_directory_that_was_never_stored_is_passed_over_where_it_fails(people: Room) -> None:
    await _brought(people, replace(NEVER_SAID, subject="person:ana", sequence=1, type="person.stored"))
    assert await people.set_aside() == []
    assert people.hearer.counted("unsaid") == 1
