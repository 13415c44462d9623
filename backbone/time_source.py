"""What tells the time: the one file that reads the wall clock.

Rules never ask it themselves; loops and requests do, and pass `now` on as a parameter.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class TimeSource(Protocol):
    """Tells the instant that it is, as aware UTC."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...


class WallClock:
    """The database's clock, so that replicas agree, carried on by a clock that never jumps.

    A drift is followed at once. A jump is followed only once it has lasted: what goes and comes back delays nothing.
    """

    def __init__(
        self, machine: Callable[[], datetime] = lambda: datetime.now(UTC), ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._ticks = ticks
        self._from, self._began = machine(), ticks()
        self._agreed = False
        self._jump: tuple[float, timedelta] | None = None

    def now(self) -> datetime:
        """The database's current instant, as far as this process knows it."""
        return self._from + timedelta(seconds=self._ticks() - self._began)

    def agree_with(self, database_now: datetime, asked_at: datetime) -> timedelta:
        """Take over the database's instant, just read; `asked_at` is what `now` said before. Answers how far it is off.

        What the asking itself may have taken is no difference.
        """
        now = self.now()
        half = (now - asked_at) / 2
        off = database_now - (asked_at + half)
        if abs(off) <= max(_NO_MATTER, half):
            self._jump = None
        elif not self._agreed or abs(off) <= _DRIFT:
            self._follow(off)
        elif self._jump is None or abs(off - self._jump[1]) > _DRIFT:
            self._jump = self._ticks(), off
        elif self._ticks() - self._jump[0] >= _BELIEVED_AFTER:
            self._follow(off)
        self._agreed = True
        return off

    def _follow(self, off: timedelta) -> None:
        self._from, self._began, self._jump = self.now() + off, self._ticks(), None


#: A difference that is none; one that is a drift, and no jump; the seconds that a jump has to last.
_NO_MATTER, _DRIFT, _BELIEVED_AFTER = timedelta(milliseconds=50), timedelta(seconds=2), 30.0


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
