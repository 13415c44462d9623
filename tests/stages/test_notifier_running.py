"""The notifier's loops as they run in a process: woken by what is said, drained at the end."""

from __future__ import annotations

import asyncio

import pytest

from backbone.loops import repeat
from backbone.loops.bell import wait
from backbone.time_source import WallClock
from tests.harness.notifier import Desk, desk, person


async def test_a_page_waits_for_no_poll_from_the_assignment_to_the_mailbox(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeat, "wait", lambda woken, seconds: wait(woken, 3600))
    async with desk(database, WallClock()) as notifier:  # type: ignore[arg-type]
        await notifier.knows("person", person("ana", "crisis-manager"))
        await notifier.running.prepare()
        notifier.running.start()
        for n in range(20):
            await notifier.reports(f"inc-{n}", number=f"INC-{n:06}")
            await notifier.assigns(f"inc-{n}", "ana")
            await in_the_mailbox(notifier, n + 1)
        await notifier.running.stop()
        assert await notifier.one("select count(*) from mailbox") == 20


async def in_the_mailbox(notifier: Desk, count: int) -> None:
    async with asyncio.timeout(20):
        while await notifier.one("select count(*) from mailbox") < count:  # noqa: ASYNC110 no bell rings here
            await asyncio.sleep(0.002)
