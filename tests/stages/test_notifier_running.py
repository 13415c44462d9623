"""The notifier's loops as they run in a process: woken at once, drained at the end. And its tables, as declared."""

from __future__ import annotations

import asyncio

from backbone.time_source import WallClock, ticks
from tests.harness.notifier import Desk, desk, person


async def test_from_the_assignment_to_the_mailbox_it_takes_milliseconds(database: str) -> None:
    async with desk(database, WallClock()) as notifier:  # type: ignore[arg-type]
        await notifier.knows("person", person("ana", "crisis-manager"))
        await notifier.running.start()
        await asyncio.sleep(0.1)
        took = []
        for n in range(20):
            await notifier.reports(f"inc-{n}", number=f"INC-{n:06}")
            began = ticks()
            await notifier.assigns(f"inc-{n}", "ana")
            await in_the_mailbox(notifier, n + 1)
            took.append(ticks() - began)
        await notifier.running.stop()
        assert sorted(took)[10] < 0.1


async def in_the_mailbox(notifier: Desk, count: int) -> None:
    async with asyncio.timeout(5):
        while await notifier.one("select count(*) from mailbox") < count:  # noqa: ASYNC110 no bell rings here
            await asyncio.sleep(0.002)
