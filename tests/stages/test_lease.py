"""A lease: one holder at a time, shared by the holder's own loops, taken over from one who gives no sign of life."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from backbone.ground import Ground, Surroundings
from backbone.log import lease as leases
from backbone.log.lease import Lease, LeaseLost
from backbone.process.settings import Settings
from backbone.time_source import WallClock


@pytest.fixture
async def ground(database: str) -> AsyncIterator[Ground]:
    made = Ground.of("escalation", Settings(database_url=database), Surroundings(WallClock()))
    yield made
    await made.close()


def _of(ground: Ground, holder: str) -> Lease:
    return Lease("speaks", holder, ground.transactions)


async def test_several_loops_of_one_holder_have_it_from_the_first_moment(ground: Ground) -> None:
    lease = _of(ground, "one")
    assert await asyncio.gather(*(lease.hold() for _ in range(4))) == [True] * 4


async def test_of_two_who_ask_at_once_one_has_it(ground: Ground) -> None:
    one, other = _of(ground, "one"), _of(ground, "other")
    assert sorted(await asyncio.gather(one.hold(), other.hold())) == [False, True]


async def test_who_ends_in_order_is_followed_at_once(ground: Ground) -> None:
    one, other = _of(ground, "one"), _of(ground, "other")
    assert await one.hold()
    assert not await other.hold()
    await one.release()
    assert await other.hold()


async def test_a_frozen_holder_is_followed_and_can_do_no_harm(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    monkeypatch.setattr(leases, "ticks", lambda: seconds[0])
    one, other = _of(ground, "one"), _of(ground, "other")
    assert await one.hold()
    assert not await other.hold()
    seconds[0] = leases.TAKE_OVER_AFTER - 0.1
    assert not await other.hold()
    seconds[0] = leases.TAKE_OVER_AFTER
    assert await other.hold()
    async with ground.transactions() as tx:
        with pytest.raises(LeaseLost):
            await one.check(tx)
        await other.check(tx)


async def test_who_beats_keeps_it(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    monkeypatch.setattr(leases, "ticks", lambda: seconds[0])
    one, other = _of(ground, "one"), _of(ground, "other")
    for second in range(20):
        seconds[0] = float(second)
        assert await one.hold()
        assert not await other.hold()
