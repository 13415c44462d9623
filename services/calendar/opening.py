"""Whether a calendar is open, and when it next is.

Both read the same table as the deadline does, so that they never disagree with it.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime

from .deadline import NeverOpen, years_from
from .hours import Calendar
from .table import at_micros, micros, year_of


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether business time counts at the instant; an opening's first instant is open, its end is not."""
    if calendar.always:
        return True
    table = year_of(calendar, at.astimezone(calendar.zone).year)
    now = micros(at)
    index = bisect_right(table.starts, now) - 1
    return index >= 0 and now < table.ends[index]


def next_open(calendar: Calendar, at: datetime) -> datetime:
    """The earliest open instant that is not before `at`, in UTC. Raises NeverOpen."""
    now = micros(at)
    if calendar.always:
        return at_micros(now)
    for year in years_from(calendar, at):
        table = year_of(calendar, year)
        index = bisect_right(table.starts, now) - 1
        if index >= 0 and now < table.ends[index]:
            return at_micros(now)
        if index + 1 < len(table.starts):
            return at_micros(table.starts[index + 1])
    raise NeverOpen(f"the calendar {calendar.name!r} never opens after {at:%Y-%m-%d}: mend its hours")
