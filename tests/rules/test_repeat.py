"""A loop that can't do its work now tries again, and ends when it is told to, also in the pause after an error."""

from __future__ import annotations

import asyncio

import pytest

from backbone.loops import repeat as repeating
from backbone.loops.hear import FuseBlown
from backbone.loops.repeat import Pulse, repeat


async def _failing_until_stopped(error: Exception) -> tuple[asyncio.Event, int]:
    stopping, failed, rounds = asyncio.Event(), asyncio.Event(), 0

    async def round_() -> float | None:
        nonlocal rounds
        rounds += 1
        failed.set()
        raise error

    loop = asyncio.create_task(repeat(round_, Pulse("tried"), asyncio.Event(), stopping, poll=0.01, passing=(OSError,)))
    await failed.wait()
    await asyncio.sleep(0)
    stopping.set()
    async with asyncio.timeout(5):
        await loop
    return stopping, rounds


async def test_a_stop_in_the_pause_after_an_error_ends_the_loop_and_stays_said() -> None:
    stopping, rounds = await _failing_until_stopped(OSError("away"))
    assert stopping.is_set()
    assert rounds == 1


async def test_a_blown_fuse_is_a_long_pause_that_a_stop_ends() -> None:
    stopping, rounds = await _failing_until_stopped(FuseBlown("poison after poison"))
    assert stopping.is_set()
    assert rounds == 1


async def test_a_blown_fuse_is_not_tried_again_at_every_poll() -> None:
    stopping, rounds = asyncio.Event(), 0

    async def round_() -> float | None:
        nonlocal rounds
        rounds += 1
        raise FuseBlown("poison after poison")

    loop = asyncio.create_task(repeat(round_, Pulse("tried"), asyncio.Event(), stopping, poll=0.001))
    for _ in range(50):
        await asyncio.sleep(0.002)
    stopping.set()
    await loop
    assert rounds == 1


async def test_a_loop_that_has_failed_for_half_an_hour_and_more_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping, pauses = asyncio.Event(), list[float]()

    async def pause(stopping: asyncio.Event, seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    async def round_() -> float | None:
        if len(pauses) == 1_100:
            stopping.set()
            return None
        raise OSError("away")

    monkeypatch.setattr(repeating, "_pause", pause)
    pulse = Pulse("tried")
    async with asyncio.timeout(20):
        await repeat(round_, pulse, asyncio.Event(), stopping, poll=0.001, passing=(OSError,))
    assert pulse.trouble is None
    assert pauses == sorted(pauses)
    assert sum(pauses) > 30 * 60
    assert max(pauses) == 2
