"""How long the log waits for Kafka: for what Kafka was given, 5 s (1 s for what is urgent); for what it was not, 1 s."""

from __future__ import annotations

import pytest

from backbone.directory.directory import ObjectStored
from backbone.log import store
from backbone.log.event import Lane
from backbone.loops import follow
from backbone.loops.follow import RELAY, Follower
from backbone.process.runner import BEHIND
from tests.harness.carriers import Seconds
from tests.harness.hearer import SAYERS, Room


async def test_what_kafka_was_given_is_taken_after_five_seconds(people: Room, seconds: Seconds) -> None:
    follower = _reconciler(people, Lane.ORDINARY)
    await people.router.says("a")
    await _relayed(people)
    assert await _handled_after(4.8, follower, people, seconds) == []
    assert await _handled_after(0.4, follower, people, seconds) == ["router a 1"]


async def test_what_kafka_was_not_given_is_taken_after_one_second(people: Room, seconds: Seconds) -> None:
    follower = _reconciler(people, Lane.ORDINARY)
    await people.router.says("a")
    await _relayed(people)
    await people.router.says("a", "b")
    assert await _handled_after(0.8, follower, people, seconds) == []
    assert sorted(await _handled_after(0.4, follower, people, seconds)) == ["router a 1", "router a 2", "router b 1"]


async def test_what_is_urgent_is_taken_after_one_second_also_where_kafka_was_given_it(
    people: Room, seconds: Seconds
) -> None:
    follower = _reconciler(people, Lane.URGENT)
    await people.router.says("a", urgent=True)
    await _relayed(people)
    assert await _handled_after(0.8, follower, people, seconds) == []
    assert await _handled_after(0.4, follower, people, seconds) == ["router a 1"]


async def test_what_stands_before_an_object_that_was_said_again_is_not_passed_over(
    people: Room, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(follow._MOST, Lane.ORDINARY, 2)
    follower = _reconciler(people, Lane.ORDINARY)
    await people.router.stores("person", "ana", {"number": 1})
    await people.router.says("a", "b", "c")
    async with people.router.ground.transactions() as tx:
        tx.say(ObjectStored("person", {"number": 1}, "somebody"), "person:ana", version=1)
    await people.router.says("d")
    assert await _handled_after(8, follower, people, seconds) == [f"router {subject} 1" for subject in "abcd"]


def _reconciler(people: Room, lane: Lane) -> Follower:
    ground = people.hearer.ground
    ear = people.hearer.running.ear
    return Follower(ear, ground.sources, SAYERS, ground.transactions, lane, behind=BEHIND[lane])


async def _handled_after(wait: float, follower: Follower, people: Room, seconds: Seconds) -> list[str]:
    """What was handled when so much time has gone by, looked at each 0.2 s as the loop does."""
    for _ in range(round(wait / 0.2)):
        await follower.step()
        seconds.now += 0.2
    await follower.step()
    return await people.handled()


async def _relayed(people: Room) -> None:
    """The router's relay has published all that stands in its log."""
    async with people.router.ground.transactions() as tx:
        for lane in Lane:
            await store.lock_cursor(tx.connection, RELAY, "router", lane)
            found = await tx.connection.execute(
                "select coalesce(max(seq), 0) from outbox where urgent = :u", {"u": lane is Lane.URGENT}
            )
            await store.move_cursor(tx.connection, RELAY, "router", lane, found[0][0])
