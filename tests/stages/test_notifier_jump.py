"""A clock that jumps two hours ahead, stays long enough to be believed, and comes back: no page waits until then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.harness.notifier import Desk, desk, person, rotation

INC = "0198-a"


@pytest.fixture
async def notifier(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as made:
        await made.knows("person", person("ana", "crisis-manager"))
        await made.knows("person", person("dan", "duty-manager", contacts=1))
        await made.knows("rotation", rotation("duty-manager", "dan"))
        await made.reports(INC)
        yield made


async def _beats(notifier: Desk, seconds: list[float]) -> None:
    """A second of its own clock goes by, and it says that it lives."""
    seconds[0] += 1.5
    await notifier.rests()


def _own_seconds(notifier: Desk) -> list[float]:
    seconds = [1_000.0]
    notifier.sender.clock = lambda: seconds[0]
    return seconds


async def test_the_next_channel_is_tried_when_its_time_has_come(notifier: Desk) -> None:
    seconds = _own_seconds(notifier)
    notifier.time.passes(hours=2)
    await notifier.assigns(INC, "ana")
    await notifier.rests()
    notifier.time.passes(hours=-2)
    await _beats(notifier, seconds)
    assert await notifier.received() == [("ana", "email")]
    notifier.time.passes(seconds=61)
    await _beats(notifier, seconds)
    assert await notifier.received() == [("ana", "email"), ("ana", "sms")]


async def test_a_page_that_had_not_left_by_then_leaves_at_once(notifier: Desk) -> None:
    seconds = _own_seconds(notifier)
    notifier.time.passes(hours=2)
    await notifier.assigns(INC, "ana")
    notifier.time.passes(hours=-2)
    await _beats(notifier, seconds)
    await notifier.rests()
    assert await notifier.received() == [("ana", "email")]


async def test_the_duty_manager_is_called_again_after_five_minutes(notifier: Desk) -> None:
    seconds = _own_seconds(notifier)
    notifier.time.passes(hours=2)
    await notifier.escalates(INC)
    await notifier.rests()
    notifier.time.passes(hours=-2)
    for _ in range(14):
        await _beats(notifier, seconds)
        notifier.time.passes(seconds=30)
    await notifier.rests()
    assert len([to for to, _ in await notifier.received() if to == "dan"]) == 2


async def test_what_rests_as_the_ladder_says_is_left_alone(notifier: Desk) -> None:
    seconds = _own_seconds(notifier)
    await notifier.assigns(INC, "ana")
    await notifier.escalates(INC)
    await notifier.rests()
    before: list[dict[str, Any]] = await notifier.pages()
    await _beats(notifier, seconds)
    assert await notifier.pages() == before
