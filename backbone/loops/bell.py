"""Wakes whoever waits for news: within the process at once, between processes by NOTIFY.

A bell only saves waiting: every loop polls besides, so a ring that is lost delays by 250 ms and loses nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable


class Bell:
    """Rung with names (a stage that spoke); wakes those who listen for one of them."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Event]] = {}
        self.pending: set[str] = set()
        self.outward = asyncio.Event()

    def ring(self, names: Iterable[str], *, outward: bool = True) -> None:
        """Wake the listeners of `names`; with `outward`, other processes are to be told too."""
        for name in names:
            for listener in self._listeners.get(name, ()):
                listener.set()
            if outward:
                self.pending.add(name)
        if outward:
            self.outward.set()

    def listener(self, names: Iterable[str]) -> asyncio.Event:
        """An event that is set whenever one of `names` is rung; whoever waits clears it first."""
        event = asyncio.Event()
        for name in names:
            self._listeners.setdefault(name, set()).add(event)
        return event


async def wait(event: asyncio.Event, seconds: float) -> bool:
    """Wait until `event` is set or `seconds` are over; answers whether it was, and clears it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(seconds, 0)):
            await event.wait()
    rung = event.is_set()
    event.clear()
    return rung
