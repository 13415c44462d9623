"""What can't be handled is set aside with what follows of its subject, whatever carries it, and nothing else is.

A human is told of each, and what is mended is heard in order, once.
"""

from __future__ import annotations

import pytest

from backbone.log.event import Lane
from backbone.loops.hear import FuseBlown
from tests.harness.carriers import Carrier
from tests.harness.hearer import HEARER, Room


async def stuck(people: Room) -> list[str]:
    """Whom a human was called for, in order."""
    rows = await people.ask(f"select subject from {HEARER}.outbox where type = 'incident.stuck' order by seq")
    return [subject for (subject,) in rows]


async def replay(people: Room, event: str, *, discard: bool = False) -> int | None:
    """Hear a dead letter's subject again, or pass over the letter."""
    source, subject, sequence = event.split()
    ((letter,),) = await people.ask(
        "select id from dead_letter where source = :o and subject = :s and sequence = :n",
        o=source, s=subject, n=int(sequence),
    )  # fmt: skip
    return await people.hearer.running.replay(letter, discard=discard)


async def test_poison_is_set_aside_with_what_follows_of_its_subject_and_others_go_on(
    people: Room, carrier: Carrier
) -> None:
    people.hearer.cannot = {"router a 2"}
    for _ in range(3):
        await people.router.says("a", "b")
    await carrier.carries()
    await people.notifier.says("a", "b")
    await people.router.says("a", "b", urgent=True)
    await carrier.carries()
    assert await people.handled("a") == ["router a 1"]
    assert len(await people.handled("b")) == 5
    assert sorted(await people.set_aside()) == ["notifier a 1", "router a 2", "router a 3", "router a 4"]
    assert await stuck(people) == ["a"]
    assert await people.ask("select subject from subject where held") == [("a",)]


async def test_a_batch_that_fails_is_singled_out_and_leaves_no_trace(people: Room, carrier: Carrier) -> None:
    subjects = [f"i-{number}" for number in range(20)]
    people.hearer.cannot = {"router i-7 1"}
    await people.router.says(*subjects)
    await carrier.carries()
    assert max(len(batch) for batch in people.hearer.batches) > 1
    assert sorted(await people.handled()) == sorted(f"router {s} 1" for s in subjects if s != "i-7")
    assert await people.set_aside() == ["router i-7 1"]


async def test_what_is_held_is_held_once_however_often_it_is_carried(people: Room, carrier: Carrier) -> None:
    people.hearer.cannot = {"router a 1"}
    await people.router.says("a")
    await people.router.says("a")
    await carrier.carries()
    await carrier.begins_again()
    await carrier.carries()
    assert await people.set_aside() == ["router a 1", "router a 2"]
    assert await stuck(people) == ["a"]
    assert await people.handled() == []


async def test_poison_that_a_gap_is_filled_with_is_set_aside_itself(people: Room, carrier: Carrier) -> None:
    people.hearer.cannot = {"router a 2"}
    for _ in range(3):
        await people.router.says("a")
    await people.router.says("a", urgent=True)
    await carrier.carries(Lane.URGENT)
    assert await people.handled() == ["router a 1"]
    assert (await people.set_aside())[0] == "router a 2"
    await carrier.carries()
    assert sorted(await people.set_aside()) == ["router a 2", "router a 3", "router a 4"]
    assert await replay(people, "router a 2", discard=True) == 0
    assert await people.handled() == ["router a 1", "router a 3", "router a 4"]


async def test_poison_that_an_event_presupposes_of_another_stage_is_set_aside_itself(
    people: Room, carrier: Carrier
) -> None:
    people.hearer.cannot = {"router a 1"}
    await people.router.says("a")
    await people.notifier.says("a", after={"router": 1}, urgent=True)
    await carrier.carries(Lane.URGENT)
    assert await people.handled() == []
    assert await people.set_aside() == ["router a 1", "notifier a 1"]
    assert await stuck(people) == ["a"]


async def test_what_is_mended_is_heard_in_order_and_once(people: Room, carrier: Carrier) -> None:
    people.hearer.cannot = {"router a 2"}
    for _ in range(3):
        await people.router.says("a")
    await carrier.carries()
    await people.notifier.says("a", after={"router": 3})
    await carrier.carries()
    people.hearer.cannot = set()
    assert await replay(people, "router a 2") == 0
    assert await people.handled() == ["router a 1", "router a 2", "router a 3", "notifier a 1"]
    await people.router.says("a")
    await carrier.begins_again()
    await carrier.carries()
    assert await people.handled() == ["router a 1", "router a 2", "router a 3", "notifier a 1", "router a 4"]
    assert await people.set_aside() == []


async def test_an_object_of_the_directory_that_fails_again_stays_set_aside_and_the_others_are_heard(
    people: Room, carrier: Carrier
) -> None:
    await people.ask("alter table directory add constraint nobody check (id <> 'ana')")
    await people.router.stores("person", "ana", {"number": 1})
    await people.router.stores("person", "bo", {"number": 1})
    await carrier.carries()
    assert await people.set_aside() == ["router person:ana 1"]
    assert people.hearer.counted("poison") >= 1
    assert await replay(people, "router person:ana 1") == 1
    assert await people.set_aside() == ["router person:ana 1"]
    await people.ask("alter table directory drop constraint nobody")
    assert await replay(people, "router person:ana 1") == 0
    assert await people.set_aside() == []
    assert await people.ask("select id from directory order by id") == [("ana",), ("bo",)]


async def test_what_no_log_holds_any_more_is_asked_of_a_human(people: Room, carrier: Carrier) -> None:
    await people.router.says("a")
    await carrier.carries()
    await people.router.says("a")
    await people.router.forgets("a", 2)
    await people.router.says("a", "b")
    await carrier.carries()
    assert await people.handled() == ["router a 1", "router b 1"]
    assert await people.set_aside() == ["router a 3"]
    assert await stuck(people) == ["a"]


async def test_poison_after_poison_blows_a_fuse_and_nothing_passes_unheard(people: Room, carrier: Carrier) -> None:
    subjects = [f"i-{number:02d}" for number in range(60)]
    people.hearer.cannot = {f"router {subject} 1" for subject in subjects}
    await people.router.says(*subjects)
    with pytest.raises(FuseBlown):
        await carrier.carries()
    with pytest.raises(FuseBlown):
        await carrier.carries()
    set_aside = await people.set_aside()
    assert len(set_aside) == 50
    people.hearer.cannot = set()
    await carrier.carries()
    assert sorted(await people.handled()) == sorted(
        f"router {s} 1" for s in subjects if f"router {s} 1" not in set_aside
    )


async def test_however_often_a_person_tries_in_vain_it_stays_set_aside_and_the_others_are_heard(
    people: Room, carrier: Carrier
) -> None:
    people.hearer.cannot = {"router a 1"}
    await people.router.says("a", "b")
    await carrier.carries()
    for _ in range(60):
        assert await replay(people, "router a 1") == 1
    assert await people.ask("select subject from subject where held") == [("a",)]
    people.hearer.cannot.add("router b 2")
    await people.router.says("a", "b", "c")
    await carrier.carries()
    assert await people.handled() == ["router b 1", "router c 1"]
    assert sorted(await people.set_aside()) == ["router a 1", "router a 2", "router b 2"]
