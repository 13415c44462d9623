"""Waiting for what follows: a caller that prefers to wait is woken by the projection, and polls besides.

Waiting never fails: what has not come by then, or can't be read, is simply not there yet. What was taken is durable all
the same, and a 503 would have it reported twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

from backbone.loops.bell import wait
from backbone.postgres.engine import is_passing
from backbone.time_source import ticks

from ..record.record import Record

log = structlog.get_logger()

#: Seconds that a read may still take when the waiting is over.
_LAST_READ = 1.0


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
    ) -> Record | None:
        """The record once it is `enough`, or as it was last read in `seconds`; None where the database is away."""
        end = ticks() + seconds
        record = None
        event = asyncio.Event()
        self._events.setdefault(subject, set()).add(event)
        try:
            async with asyncio.timeout(seconds + _LAST_READ):
                while True:
                    record = await read()
                    left = end - ticks()
                    if left <= 0 or enough(record):
                        return record
                    await wait(event, min(left, 0.1))
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning("record.unread", subject=subject, error=repr(error)[:200])
            return record
        finally:
            waiting = self._events[subject]
            waiting.discard(event)
            if not waiting:
                del self._events[subject]
