"""The bell between processes, on a real database: what is rung in one wakes another, also after its connection went silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from backbone.loops import notify
from backbone.loops.bell import Bell, wait
from backbone.loops.notify import Notify
from tests.harness.wire import Wire

NAME = "router/urgent"


@asynccontextmanager
async def process(url: str) -> AsyncIterator[Bell]:
    """The bell of a process, which hears and tells."""
    bell = Bell()
    between = Notify(bell, [url])
    await between.start()
    yield bell
    await between.stop()


async def _wakes(one: Bell, other: Bell) -> None:
    """Ring here until it is heard there: whether they are connected yet, nobody is told."""
    woken = other.listener([NAME])
    async with asyncio.timeout(15):
        while not await wait(woken, 0.05):
            one.ring([NAME])


async def test_what_is_rung_in_one_process_wakes_another(database: str) -> None:
    async with process(database) as one, process(database) as other:
        await _wakes(one, other)
        await _wakes(other, one)


async def test_a_connection_over_which_nothing_comes_any_more_is_made_anew(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "_PATIENCE", 0.3)
    port = urlsplit(database).port or 5432
    with Wire(port) as wire:
        async with process(database.replace(f":{port}/", f":{wire.port}/")) as one, process(database) as other:
            await _wakes(one, other)
            wire.hold()
            await _wakes(one, other)
            await _wakes(other, one)
