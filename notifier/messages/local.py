"""When something is due, as the reader's own clock shows it.

A time of day without a date is always today's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def local_time(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """`14:35` today, `Thu 14:35` within six days, else `4 Feb 14:35`, with the year where it is another."""
    there, here = at.astimezone(zone), now.astimezone(zone)
    away = (there.date() - here.date()).days
    if away == 0:
        return f"{there:%H:%M}"
    if 0 < away < 7:
        return f"{_DAYS[there.weekday()]} {there:%H:%M}"
    year = "" if there.year == here.year else f" {there.year}"
    return f"{there.day} {_MONTHS[there.month - 1]}{year} {there:%H:%M}"


def minutes_left(at: datetime, now: datetime) -> int:
    """Whole minutes until `at`, rounded down; below zero once it is over."""
    return (at - now) // timedelta(minutes=1)
