"""Whether a calendar is open, and when it next is."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime

from .deadline import NeverOpen
from .hours import Calendar
from .table import at_micros, micros, year_of


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether business time counts at the instant; an opening's first instant is open, its end is not."""
    return calendar.always or next_open(calendar, at) == at_micros(micros(at))


def next_open(calendar: Calendar, at: datetime) -> datetime:
    """The earliest open instant that is not before `at`. Raises NeverOpen."""
    if calendar.always:
        return at
    now = micros(at)
    first = at.astimezone(calendar.zone).year
    for year in range(first, min(first + 60, 9999)):
        table = year_of(calendar, year)
        index = bisect_right(table.starts, now) - 1
        if index >= 0 and now < table.ends[index]:
            return at_micros(now)
        if index + 1 < len(table.starts):
            return at_micros(table.starts[index + 1])
    raise NeverOpen(f"the calendar {calendar.name!r} never opens after {at:%Y-%m-%d}: mend its hours")
