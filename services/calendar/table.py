"""A calendar's year as a table of open spans and what they add up to, so that a deadline is found and not walked to.

Instants are whole microseconds since 1970 in UTC; spans are half-open, in order, and never overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from .hours import Calendar
from .local_time import instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Year:
    """The open spans of a local year: starts, ends, and the open time before each start."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]
    total: int


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def at_micros(value: int) -> datetime:
    """The instant of a count of microseconds."""
    return _EPOCH + timedelta(microseconds=value)


def spans_of(calendar: Calendar, day: date) -> list[tuple[int, int]]:
    """The open spans of a local day."""
    zone = calendar.zone
    midnight = datetime(day.year, day.month, day.day)
    found = []
    for start, end in calendar.windows_on(day):
        opens = micros(instant(midnight + timedelta(minutes=start), zone))
        closes = micros(instant(midnight + timedelta(minutes=end), zone, end=True))
        if opens < closes:
            found.append((opens, closes))
    return found


@lru_cache(maxsize=2048)
def year_of(calendar: Calendar, year: int) -> Year:
    """The table of a local year."""
    starts: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    total = 0
    day = date(year, 1, 1)
    while day.year == year:
        for opens, closes in spans_of(calendar, day):
            opens = max(opens, ends[-1]) if ends else opens
            if opens < closes:
                starts.append(opens)
                ends.append(closes)
                before.append(total)
                total += closes - opens
        if day == date.max:
            break
        day += timedelta(days=1)
    return Year(tuple(starts), tuple(ends), tuple(before), total)
