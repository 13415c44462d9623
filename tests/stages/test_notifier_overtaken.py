"""A notifier that froze with a page in hand, and wakes after another has taken over: what it knows is no longer asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pytest

from backbone.log.event import Lane
from backbone.log.tx import Transactions, Tx
from backbone.time_source import HandMoved
from notifier.channels import Attempt, Delivered, Failed, Outcome
from notifier.messages import Message
from tests.harness.notifier import Desk, desk, person

INC = "0198-a"


@dataclass
class Phone:
    """A channel that keeps what it was given, and answers when it is told what."""

    got: list[Attempt] = field(default_factory=list)
    answer: asyncio.Future[Outcome] = field(default_factory=asyncio.Future)

    async def send(self, message: Message, address: str, attempt: Attempt) -> Outcome:
        self.got.append(attempt)
        return await asyncio.shield(self.answer)

    async def close(self) -> None:
        self.answer.cancel()


@asynccontextmanager
async def _with_phone(database: str, time: HandMoved | None = None) -> AsyncIterator[tuple[Desk, Phone]]:
    async with desk(database, time) as made:
        phone = Phone()
        people = made.sender.dispatch.people
        people.channels = MappingProxyType({**people.channels, "sms": phone})
        yield made, phone
        if not phone.answer.done():
            phone.answer.set_result(Delivered())


async def _taken_over(other: Desk) -> None:
    """The other looks at who beats, and again six seconds later."""
    seconds = 1_000.0
    other.sender.clock = lambda: seconds
    await other.rests()
    seconds += 6
    await other.rests()


@pytest.mark.parametrize("outcome", [Failed("the line broke", retry=True), Delivered()])
@pytest.mark.parametrize("acknowledged", [False, True])
async def test_who_was_overtaken_writes_nothing_down_and_says_nothing(
    database: str, outcome: Outcome, acknowledged: bool
) -> None:
    async with _with_phone(database) as (frozen, its_phone):
        await frozen.knows("person", person("ana", "crisis-manager") | {"contacts": [_SMS]})
        await frozen.reports(INC)
        await frozen.assigns(INC, "ana")
        await frozen.sender.step(Lane.URGENT)
        async with _with_phone(database, frozen.time) as (other, other_phone):
            other_phone.answer.set_result(Delivered())
            await _taken_over(other)
            assert [(a.repeat, a.id) for a in other_phone.got] == [(True, its_phone.got[0].id)]
            if acknowledged:
                await other.acknowledges("ana")
            before = (await other.pages(), await other.said())
            assert [(a["outcome"], a["repeat"]) for a in before[0][0]["attempts"]] == [("delivered", True)]
            its_phone.answer.set_result(outcome)
            await frozen.rests()
            assert (await other.pages(), await other.said()) == (before[0], [])


async def test_who_is_overtaken_while_the_other_still_sends_leaves_the_page_to_it(database: str) -> None:
    async with _with_phone(database) as (frozen, its_phone):
        await frozen.knows("person", person("ana", "crisis-manager") | {"contacts": [_SMS]})
        await frozen.reports(INC)
        await frozen.assigns(INC, "ana")
        await frozen.sender.step(Lane.URGENT)
        async with _with_phone(database, frozen.time) as (other, other_phone):
            seconds = 1_000.0
            other.sender.clock = lambda: seconds
            beat = other.running.stage.works[1]
            await beat.step(Lane.URGENT)
            seconds += 6
            await beat.step(Lane.URGENT)
            await other.sender.step(Lane.URGENT)
            assert [a.repeat for a in other_phone.got] == [True]
            await other.said()
            its_phone.answer.set_result(Failed("the line broke", retry=True))
            await frozen.rests()
            assert await other.said() == []
            assert (await other.page("ana"))["state"] == "sending"
            other_phone.answer.set_result(Delivered())
            await other.rests()
            page = await other.page("ana")
            assert [(a["outcome"], a["repeat"]) for a in page["attempts"]] == [("delivered", True)]
            assert [t for t, _ in await other.said()] == ["page.sent", "page.delivered"]


async def test_of_two_that_take_over_in_the_same_moment_only_one_sends(database: str) -> None:
    async with _with_phone(database) as (frozen, _), _with_phone(database, frozen.time) as (late, its_phone):
        await frozen.knows("person", person("ana", "crisis-manager") | {"contacts": [_SMS]})
        await frozen.reports(INC)
        await frozen.assigns(INC, "ana")
        await frozen.sender.step(Lane.URGENT)
        async with _with_phone(database, frozen.time) as (quick, quick_phone):
            seconds = 1_000.0
            for desk_ in (late, quick):
                desk_.sender.clock = lambda: seconds
                await desk_.running.stage.works[1].step(Lane.URGENT)
            seconds += 6

            async def takes_over() -> None:
                await quick.running.stage.works[1].step(Lane.URGENT)
                await quick.sender.step(Lane.URGENT)

            _before_the_release(late, takes_over)
            await late.running.stage.works[1].step(Lane.URGENT)
            await late.sender.step(Lane.URGENT)
            assert [a.repeat for a in quick_phone.got] == [True]
            assert its_phone.got == []


def _before_the_release(desk_: Desk, act: Callable[[], Awaitable[None]]) -> None:
    """It has seen who is dead, and does nothing about it before `act` is over."""
    good = desk_.ground.transactions
    opened = 0

    class Interrupted(Transactions):
        @asynccontextmanager
        async def __call__(self, **options: Any) -> AsyncIterator[Tx]:
            nonlocal opened
            opened += 1
            if opened == 2:
                await act()
            async with good(**options) as tx:
                yield tx

    desk_.sender.ground.transactions = Interrupted(good.engine, good.time)


_SMS = {"channel": "sms", "address": "+351910000009"}
