"""Whatever comes in whatever order, in whatever batches, as often as it likes: it takes effect once and in order.

No carrier here: the ear is given what a carrier at its worst could bring.
"""

from __future__ import annotations

import random

import pytest

from backbone.log.event import Event
from tests.harness.hearer import Room


async def _said(people: Room, chance: random.Random) -> list[Event]:
    """Two stages talk about six incidents, each having heard the other up to somewhere."""
    subjects = "abcdef"
    sayers = {"router": people.router, "notifier": people.notifier}
    count = {(name, subject): 0 for name in sayers for subject in subjects}
    for _ in range(60):
        name, other = chance.sample(sorted(sayers), 2)
        subject = chance.choice(subjects)
        after = {other: count[other, subject]} if count[other, subject] else {}
        await sayers[name].says(subject, urgent=chance.random() < 0.1 or None, after=after)
        count[name, subject] += 1
    found: list[Event] = []
    for name, sayer in sayers.items():
        for urgent in (True, False):
            found += await sayer.ground.sources.lane(name, urgent=urgent, after=0, limit=1000)
    return found


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_any_batches_any_repeats(people: Room, seed: int) -> None:
    chance = random.Random(seed)
    events = await _said(people, chance)
    ear = people.hearer.running.ear
    brought = [*events, *chance.sample(events, 30)]
    chance.shuffle(brought)
    while brought:
        size = chance.randint(1, 12)
        batch, brought = brought[:size], brought[size:]
        await ear.hear(batch)
    handled = await people.handled()
    assert sorted(handled) == sorted(f"{e.source} {e.subject} {e.sequence}" for e in events)
    place = {event: number for number, event in enumerate(handled)}
    for event in events:
        here = place[f"{event.source} {event.subject} {event.sequence}"]
        for source, last in (*event.after.items(), (event.source, event.sequence - 1)):
            earlier = [place[f"{source} {event.subject} {number}"] for number in range(1, last + 1)]
            assert max(earlier, default=-1) < here, (event.source, event.subject, event.sequence, source)


@pytest.mark.parametrize("seed", range(4))
async def test_with_poison_in_it_what_is_not_of_its_incident_is_not_touched(people: Room, seed: int) -> None:
    chance = random.Random(seed)
    events = await _said(people, chance)
    bad = chance.choice([event for event in events if event.sequence > 1])
    name = f"{bad.source} {bad.subject} {bad.sequence}"
    people.hearer.cannot = {name}
    chance.shuffle(events)
    ear = people.hearer.running.ear
    for start in range(0, len(events), 10):
        await ear.hear(events[start : start + 10])
    handled = await people.handled()
    others = [e for e in events if e.subject != bad.subject]
    assert {f"{e.source} {e.subject} {e.sequence}" for e in others} <= set(handled)
    assert (await people.set_aside())[0] == name
    people.hearer.cannot = set()
    ((letter,),) = await people.ask("select min(id) from dead_letter")
    assert await people.hearer.running.replay(letter, discard=False) == 0
    assert sorted(await people.handled()) == sorted(f"{e.source} {e.subject} {e.sequence}" for e in events)
