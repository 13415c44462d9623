"""When a span of open time has been counted, and how much open time lies between two instants.

Exact to the microsecond, in UTC throughout: Python's own `aware + timedelta` counts on the wall's clock.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta

from .hours import Calendar
from .table import Year, at_micros, micros, year_of

#: A calendar that stays shut for this many years is never open.
_YEARS = 60


class NeverOpen(ValueError):
    """The calendar has no open time to count: no try will help, its hours have to be mended."""


def add_business_time(calendar: Calendar, start: datetime, span: timedelta) -> datetime:
    """The earliest instant at which `span` of the calendar's open time has been counted from `start`.

    A span that ends with a day's last window is due at that window's end, not when the next one opens. Raises
    NeverOpen.
    """
    if calendar.always or span <= timedelta():
        return at_micros(micros(start) + max(0, span // timedelta(microseconds=1)))
    left = span // timedelta(microseconds=1)
    now = micros(start)
    first = start.astimezone(calendar.zone).year
    for year in range(first, min(first + _YEARS, 9999)):
        table = year_of(calendar, year)
        passed = _counted(table, now)
        if table.total - passed >= left:
            wanted = passed + left
            index = bisect_right(table.before, wanted - 1) - 1
            return at_micros(table.starts[index] + wanted - table.before[index])
        left -= table.total - passed
    raise NeverOpen(f"the calendar {calendar.name!r} has no {span} of open time from {start:%Y-%m-%d} on: mend its hours")


def open_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """The open time in [start, end); nothing where `end` is not later."""
    if end <= start:
        return timedelta()
    if calendar.always:
        return at_micros(micros(end)) - at_micros(micros(start))
    a, b = micros(start), micros(end)
    zone = calendar.zone
    counted = 0
    for year in range(start.astimezone(zone).year, end.astimezone(zone).year + 1):
        table = year_of(calendar, year)
        counted += _counted(table, b) - _counted(table, a)
    return timedelta(microseconds=counted)


def _counted(table: Year, at: int) -> int:
    """The open time of the table's year before the instant."""
    index = bisect_right(table.starts, at) - 1
    if index < 0:
        return 0
    return table.before[index] + min(at, table.ends[index]) - table.starts[index]
