"""What a hearer is promised, whatever carries: everything once in effect, in the order of its subject, from whole stories.

The log, Kafka with the log behind it, and the log behind a Kafka that is away keep the same promises.
"""

from __future__ import annotations

import asyncio

import pytest
from asyncpg import LockNotAvailableError

from backbone.directory.directory import Directory
from backbone.log.event import Lane
from tests.harness.carriers import Carrier
from tests.harness.hearer import HEARER, Room


async def test_everything_is_handled_once_and_in_the_order_of_its_subject(people: Room, carrier: Carrier) -> None:
    subjects = [f"i-{number}" for number in range(40)]
    for turn in range(4):
        await people.router.says(*subjects, urgent=turn == 2)
        await people.notifier.says(*subjects[::2])
        if turn == 1:
            await carrier.carries()
    await carrier.carries()
    handled = await people.handled()
    assert len(handled) == len(set(handled)) == 40 * 4 + 20 * 4
    for subject in subjects:
        of_router = [event for event in await people.handled(subject) if event.startswith("router")]
        assert of_router == [f"router {subject} {number}" for number in (1, 2, 3, 4)]


async def test_what_is_carried_again_from_the_beginning_is_ignored(people: Room, carrier: Carrier) -> None:
    for _ in range(3):
        await people.router.says("a", "b")
    await people.notifier.says("a", urgent=True)
    await carrier.carries()
    before = await people.handled()
    await carrier.begins_again()
    await people.router.says("c")
    await carrier.carries()
    assert await people.handled() == [*before, "router c 1"]


async def test_a_gap_is_filled_from_the_log(people: Room, carrier: Carrier) -> None:
    await people.router.says("a")
    await people.router.says("a")
    await people.router.says("a", urgent=True)
    await carrier.carries(Lane.URGENT)
    assert await people.handled() == ["router a 1", "router a 2", "router a 3"]
    assert people.hearer.counted("filled") == 2
    await carrier.carries()
    assert len(await people.handled()) == 3


async def test_what_an_event_presupposes_of_others_is_read_first(people: Room, carrier: Carrier) -> None:
    await people.router.says("a")
    await people.router.says("a")
    await people.notifier.says("a", after={"router": 1})
    await people.notifier.says("a", after={"router": 2}, urgent=True)
    await carrier.carries(Lane.URGENT)
    handled = await people.handled()
    assert sorted(handled) == ["notifier a 1", "notifier a 2", "router a 1", "router a 2"]
    assert handled.index("router a 1") < handled.index("notifier a 1")
    assert handled.index("router a 2") < handled.index("notifier a 2")
    await carrier.carries()
    assert len(await people.handled()) == 4


async def test_what_is_of_no_use_is_counted_and_leaves_no_gap(people: Room, carrier: Carrier) -> None:
    await people.router.says("a")
    await people.router.says("a", type_="nobody.cares")
    await people.router.says("a")
    await carrier.carries()
    assert await people.handled() == ["router a 1", "router a 3"]
    assert people.hearer.counted("handled") == 3
    assert people.hearer.counted("filled") == 0
    assert await people.ask("select heard ->> 'router' from subject where subject = 'a'") == [("3",)]


async def test_urgent_events_do_not_wait_for_ordinary_ones(people: Room, carrier: Carrier) -> None:
    await people.router.says("warm", urgent=True)
    await people.router.says("warmer")
    await carrier.carries()
    people.hearer.gate = asyncio.Event()
    await people.router.says(*(f"storm-{number}" for number in range(500)))
    storm = asyncio.create_task(carrier.carries(Lane.ORDINARY))
    await asyncio.wait_for(people.hearer.waiting.wait(), 20)
    await people.router.says("crisis", urgent=True)
    await asyncio.wait_for(carrier.carries(Lane.URGENT), 20)
    assert await people.handled("crisis") == ["router crisis 1"]
    assert len(await people.handled()) == 3
    people.hearer.gate.set()
    await asyncio.wait_for(storm, 30)
    assert len(await people.handled()) == 3 + 500


async def test_a_story_whose_beginning_no_log_holds_is_counted_and_never_handled(
    people: Room, carrier: Carrier
) -> None:
    await people.router.says("old", "young")
    await people.router.says("old", "young")
    await people.router.forgets("old", 1)
    await people.notifier.says("old", after={"router": 2})
    await people.notifier.forgets("old")
    people.time.passes(days=8)
    await people.router.says("old")
    await carrier.carries()
    assert await people.handled() == ["router young 1", "router young 2"]
    assert await people.ask("select 1 from subject where subject = 'old'") == []
    assert people.hearer.counted("lost") >= 2
    assert await people.set_aside() == []


async def test_a_first_word_about_what_begins_in_no_log_begins_nothing(people: Room, carrier: Carrier) -> None:
    await people.router.says("old")
    await people.router.forgets("old")
    await people.notifier.says("old", after={"router": 1})
    await people.router.says("young")
    await carrier.carries()
    assert await people.handled() == ["router young 1"]
    assert await people.ask("select subject from subject") == [("young",)]
    assert people.hearer.counted("lost") >= 1
    assert await people.set_aside() == []


async def test_what_the_moment_of_the_database_hinders_is_heard_later_and_is_no_poison(
    people: Room, carrier: Carrier
) -> None:
    await people.router.says("a")
    await carrier.carries()
    await people.router.says("a", "b")
    async with people.router.ground.engine.connect() as other, other.begin():
        await other.exec_driver_sql(f"select 1 from {HEARER}.subject where subject = 'a' for update")
        with pytest.raises(LockNotAvailableError):
            await carrier.carries()
        assert await people.handled() == ["router a 1"]
    await carrier.carries()
    assert sorted(await people.handled()) == ["router a 1", "router a 2", "router b 1"]
    assert await people.set_aside() == []


async def test_an_object_of_the_directory_is_the_newest_whatever_the_gap(people: Room, carrier: Carrier) -> None:
    for number in range(1, 4):
        await people.router.stores("person", "ana", {"number": number})
    await people.router.forgets("person:ana", 2)
    await carrier.carries()

    async def ana(directory: Directory) -> tuple[int, object]:
        await directory.refresh()
        found = directory.get("person", "ana")
        assert found is not None
        return found.version, found.body

    ground = people.hearer.ground
    assert await ana(ground.directory) == (3, {"number": 3})
    await carrier.begins_again()
    await carrier.carries()
    begun_later = Directory(ground.transactions, {})
    assert await ana(ground.directory) == await ana(begun_later) == (3, {"number": 3})


async def test_replicas_share_the_work_and_nothing_happens_twice(people: Room, carrier: Carrier) -> None:
    subjects = [f"i-{number}" for number in range(60)]
    other = carrier.beside(await people.another())
    for turn in range(4):
        await people.router.says(*subjects, urgent=turn == 3)
        await people.notifier.says(*subjects[::3], after={"router": turn + 1})
        await asyncio.gather(carrier.carries(), other.carries())
    await carrier.carries()
    await other.close()
    assert len(await people.handled()) == 60 * 4 + 20 * 4
    for subject in subjects:
        of_router = [event for event in await people.handled(subject) if event.startswith("router")]
        assert of_router == [f"router {subject} {number}" for number in (1, 2, 3, 4)]
