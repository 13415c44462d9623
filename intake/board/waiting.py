"""Waiting for what follows: a caller that prefers to wait is woken by the projection, and polls besides.

Waiting never fails: what has not come by then is simply not there yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from backbone.loops.bell import wait
from backbone.time_source import ticks

from ..record.record import Record


class Waiting:
    """Who waits for which incident."""

    def __init__(self) -> None:
        self._events: dict[str, set[asyncio.Event]] = {}

    def told(self, subjects: Iterable[str]) -> None:
        """Something was heard of these incidents."""
        if self._events:
            for subject in subjects:
                for event in self._events.get(subject, ()):
                    event.set()

    async def until(
        self, subject: str, read: Callable[[], Awaitable[Record]], enough: Callable[[Record], bool], seconds: float
    ) -> Record:
        """The record once it is `enough`, or as it is after `seconds`."""
        end = ticks() + seconds
        event = asyncio.Event()
        self._events.setdefault(subject, set()).add(event)
        try:
            while True:
                record = await read()
                left = end - ticks()
                if left <= 0 or enough(record):
                    return record
                await wait(event, min(left, 0.1))
        finally:
            waiting = self._events[subject]
            waiting.discard(event)
            if not waiting:
                del self._events[subject]
