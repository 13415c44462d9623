"""When a span of open time has been counted, and how much open time lies between two instants.

Exact to the microsecond, in UTC throughout: Python's own `aware + timedelta` counts on the wall's clock.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import MAXYEAR, datetime, timedelta

from .hours import Calendar
from .table import Year, at_micros, micros, year_of

_MICROSECOND = timedelta(microseconds=1)

#: How many years are looked through before a calendar is held to be never open.
_YEARS = 60


class NeverOpen(ValueError):
    """The calendar has no open time to count: no try will help, its hours have to be mended."""


def years_from(calendar: Calendar, at: datetime) -> range:
    """The local years that are looked through for open time from `at` on."""
    first = at.astimezone(calendar.zone).year
    return range(first, min(first + _YEARS, MAXYEAR))


def deadline(calendar: Calendar, start: datetime, span: timedelta) -> datetime:
    """The earliest instant (UTC) at which `span` of the calendar's open time has been counted from `start`.

    A span that ends with a day's last window is due at that window's end, not when the next one opens (BASE-HOURS).
    Raises NeverOpen; TypeError where `start` has no offset.
    """
    now = micros(start)
    left = max(0, span // _MICROSECOND)
    if calendar.always or not left:
        return at_micros(now + left)
    for year in years_from(calendar, start):
        table = year_of(calendar, year)
        passed = _counted(table, now)
        if table.total - passed >= left:
            wanted = passed + left
            index = bisect_left(table.before, wanted) - 1  # the span in which it is reached, its end included
            return at_micros(table.starts[index] + wanted - table.before[index])
        left -= table.total - passed
    raise NeverOpen(
        f"the calendar {calendar.name!r} has less than {span} of open time from {start:%Y-%m-%d} on: mend its hours"
    )


def open_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """The open time in [start, end); nothing where `end` is not later."""
    a, b = micros(start), micros(end)
    if b <= a:
        return timedelta()
    if calendar.always:
        return (b - a) * _MICROSECOND
    zone = calendar.zone
    counted = 0
    for year in range(start.astimezone(zone).year, end.astimezone(zone).year + 1):
        table = year_of(calendar, year)
        counted += _counted(table, b) - _counted(table, a)
    return counted * _MICROSECOND


def _counted(table: Year, at: int) -> int:
    """The open time of the table's year before the instant."""
    index = bisect_right(table.starts, at) - 1
    if index < 0:
        return 0
    return table.before[index] + min(at, table.ends[index]) - table.starts[index]
