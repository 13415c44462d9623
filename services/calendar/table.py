"""A calendar's year as a table of open spans and what they add up to, so that a deadline is found and not walked to.

Instants are whole microseconds since 1970 in UTC; spans are half-open, in order, and never overlap.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from .hours import Calendar
from .local_time import instant
from .local_time import zone as zone_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
_NOON = timedelta(hours=12)
_MINUTE = 60_000_000
_DAY = 1440 * _MINUTE


@dataclass(frozen=True, slots=True)
class Year:
    """The open spans of a local year: starts, ends, and the open time before each start."""

    starts: array[int]
    ends: array[int]
    before: array[int]
    total: int


def micros(at: datetime) -> int:
    """Microseconds since 1970. Raises TypeError where `at` has no offset."""
    return (at - _EPOCH) // _MICROSECOND


def at_micros(value: int) -> datetime:
    """The instant (UTC) of a count of microseconds."""
    return _EPOCH + timedelta(microseconds=value)


def spans_of(calendar: Calendar, day: date) -> list[tuple[int, int]]:
    """The open spans of a local day; on the day when clocks are put back they may overlap."""
    windows = calendar.windows_on(day)
    if not windows:
        return []
    offset = _steady_offset(calendar.time_zone, day.toordinal())
    if offset is not None:
        midnight = (day.toordinal() - _EPOCH_DAY) * _DAY - offset
        return [(midnight + start * _MINUTE, midnight + end * _MINUTE) for start, end in windows]
    zone = calendar.zone
    wall = datetime(day.year, day.month, day.day)
    found = []
    for start, end in windows:
        opens = micros(instant(wall + timedelta(minutes=start), zone))
        closes = micros(instant(wall + timedelta(minutes=end), zone, end=True))
        if opens < closes:
            found.append((opens, closes))
    return found


def _steady_offset(time_zone: str, day: int) -> int | None:
    """The zone's offset where no clock is changed near the day (an ordinal); only there is its wall's time plain."""
    offset = _noon_offset(time_zone, day)
    return offset if _noon_offset(time_zone, day - 1) == offset == _noon_offset(time_zone, day + 1) else None


@lru_cache(maxsize=8192)
def _noon_offset(time_zone: str, day: int) -> int:
    offset = zone_of(time_zone).utcoffset(datetime.fromordinal(day) + _NOON)
    return (offset or timedelta()) // _MICROSECOND


@lru_cache(maxsize=4096)
def year_of(calendar: Calendar, year: int) -> Year:
    """The table of a local year."""
    starts, ends, before = array("q"), array("q"), array("q")
    total = 0
    first = date(year, 1, 1).toordinal()
    for ordinal in range(first, date(year, 12, 31).toordinal() + 1):
        for opens, closes in spans_of(calendar, date.fromordinal(ordinal)):
            opens = max(opens, ends[-1]) if ends else opens
            if opens < closes:
                starts.append(opens)
                ends.append(closes)
                before.append(total)
                total += closes - opens
    return Year(starts, ends, before, total)
