"""The arithmetic of a deadline day by day: what was open, what counted, and why the rest stood still."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .hours import Calendar
from .table import micros, spans_of


@dataclass(frozen=True, slots=True)
class Day:
    """One local day: its windows as `("09:00", "17:30")`, the open time that counted, and a note in words."""

    date: date
    open: tuple[tuple[str, str], ...]
    counted: timedelta
    note: str


def days(calendar: Calendar, start: datetime, end: datetime, most: int = 400) -> list[Day]:
    """Every local day from `start` to `end`, at most `most`, with what counted of it; none for a 24x7 calendar."""
    if calendar.always:
        return []
    zone = calendar.zone
    a, b = micros(start), micros(end)
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    found: list[Day] = []
    while day <= last and len(found) < most:
        counted = 0
        for opens, closes in spans_of(calendar, day):  # what the day before has counted does not count twice
            counted += max(0, min(b, closes) - max(a, opens))
            a = max(a, min(b, closes))
        windows = tuple((_clock(opens), _clock(closes)) for opens, closes in calendar.windows_on(day))
        found.append(Day(day, windows, timedelta(microseconds=counted), _note(calendar, day)))
        day += timedelta(days=1)
    return found


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _note(calendar: Calendar, day: date) -> str:
    kind = calendar.kind(day)
    notes = []
    if day in calendar.holidays:
        notes.append("closed: the location's own holiday")
    elif kind.holiday is not None:
        notes.append(f"closed: {kind.holiday}")
    elif not calendar.windows_on(day):
        notes.append("closed: weekend" if kind.weekend else "closed")
    elif kind.moved:
        notes.append("a moved working day")
    midnight = datetime(day.year, day.month, day.day, tzinfo=calendar.zone)
    before, after = midnight.utcoffset(), (midnight + timedelta(days=1)).utcoffset()
    if before is not None and after is not None and before != after:
        notes.append("the clocks go forward" if after > before else "the clocks go back")
    return "; ".join(notes)
