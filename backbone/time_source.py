"""What tells the time: the one file that reads the wall clock.

Rules never ask it themselves; loops and requests do, and pass `now` on as a parameter.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class TimeSource(Protocol):
    """Tells the instant that it is, as aware UTC."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...


class WallClock:
    """The machine's clock, moved by what the database's clock differs from it, so that replicas agree."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        """The database's current instant, as far as this process knows it."""
        return datetime.now(UTC) + self._offset

    def agree_with(self, database_now: datetime) -> timedelta:
        """Take over the database's instant, just read; answers by how much this machine was off.

        A difference under 50 ms is the time that asking took, and is left alone.
        """
        off = database_now - datetime.now(UTC)
        if abs(off - self._offset) > timedelta(milliseconds=50):
            self._offset = off if abs(off) > timedelta(milliseconds=50) else timedelta()
        return off


class HandMoved:
    """A time source that stands still until somebody moves it: for stories and for replays."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The instant that it was last moved to."""
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Set the instant, forward or back."""
        self._now = instant.astimezone(UTC)

    def passes(self, **span: float) -> None:
        """Move on by a `timedelta`'s keywords: `passes(minutes=15)`."""
        self._now += timedelta(**span)


def ticks() -> float:
    """Seconds of a clock that never jumps: for waiting and measuring, never for deadlines."""
    return time.monotonic()
