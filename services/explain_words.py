"""The arithmetic of a deadline in words that a customer reads without help: local time, days, what stood still.

English words only, never the machine's locale: the same decision is explained in the same words everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from services.calendar import Calendar, Day, days

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_WEEK = timedelta(days=7)
#: Clock changes further apart than this are not told one by one.
_MOST_DAYS = 400


def spoken(length: timedelta) -> str:
    """A length in hours and minutes: `1 h 45 min`; seconds only where there are any."""
    hours, rest = divmod(round(length.total_seconds()), 3600)
    minutes, seconds = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "nothing"


def how_late(clock: str, met_at: datetime, due_at: datetime) -> str:
    """A broken promise that was kept after all: by how much too late."""
    return f"{clock.replace('_', ' ')} was done {spoken(met_at - due_at)} after it was due"


def promised(length: timedelta, *, business: bool) -> str:
    """A target as it is promised: `15 minutes`, `4 business hours`."""
    kind = "business " if business else ""
    hours, rest = divmod(round(length.total_seconds()), 3600)
    minutes, seconds = divmod(rest, 60)
    if seconds or (hours and minutes):
        return spoken(length) + (" of business time" if business else "")
    count, unit = (hours, "hour") if hours else (minutes, "minute")
    return f"{count} {kind}{unit}{'' if count == 1 else 's'}"


def zone_name(zone: ZoneInfo) -> str:
    """A zone as people say it: `Almaty time`, `UTC`."""
    name = zone.key
    if "/" not in name or name.startswith("Etc/"):
        return name.rpartition("/")[2]
    return name.rpartition("/")[2].replace("_", " ") + " time"


def on_date(day: date, *, year: bool = False) -> str:
    """`Friday 20 March`, with the year where it is asked for."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}" + (f" {day.year}" if year else "")


def local(at: datetime, zone: ZoneInfo, *, year: bool = False) -> str:
    """An instant on the location's wall: `Friday 20 March 15:45`, to the second where it has any; in an hour that comes
    twice with the name of the time that is meant (`01:10 EDT`)."""
    wall = at.astimezone(zone)
    text = f"{on_date(wall.date(), year=year)} {wall:%H:%M}" + (f":{wall:%S}" if wall.second else "")
    twice = wall.replace(fold=1 - wall.fold).utcoffset() != wall.utcoffset()
    return f"{text} {wall:%Z}" if twice else text


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def arithmetic(target: timedelta, start: datetime, due: datetime, calendar: Calendar, zone: ZoneInfo) -> str:
    """How a due instant came about, in one or two sentences. `zone` is where the reader is."""
    year = start.astimezone(zone).year != due.astimezone(zone).year
    begins = f"from {local(start, zone, year=year)} ({zone_name(zone)})"
    ends = local(due, zone, year=year)
    if calendar.always:
        text = f"{promised(target, business=False)} {begins}, around the clock: due {ends}."
    else:
        steps = "; ".join([*_stretches(days(calendar, start, due)), f"due {ends}"])
        text = f"{promised(target, business=True)} {begins}: {steps}."
    return text + "".join(
        f" The clocks go {way} on {on_date(day)}; no time is lost or won by it."
        for day, way in shifts(start, due, zone)
    )


def shifts(start: datetime, end: datetime, zone: ZoneInfo) -> list[tuple[date, str]]:
    """The local days between two instants on which clocks are put `forward` or `back`."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    count = min((last.date() - first.date()).days, _MOST_DAYS)
    midnights = [
        datetime(day.year, day.month, day.day, tzinfo=zone)
        for day in (first.date() + timedelta(days=n) for n in range(1, count + 1))
    ]
    found = []
    for before, after in pairwise([first, *midnights, last]):
        a, b = before.utcoffset(), after.utcoffset()
        if a is not None and b is not None and a != b:
            found.append((before.date(), "forward" if b > a else "back"))
    return found


def _stretches(found: Sequence[Day]) -> list[str]:
    """The days of a deadline, those that are alike told together."""
    near = len(found) > 0 and found[-1].date - found[0].date < _WEEK
    told: list[str] = []
    for (counted, closed), group in groupby(found, key=lambda day: (day.counted, not day.open)):
        alike = list(group)
        when = _from_to(alike[0].date, alike[-1].date, near=near)
        if not counted:
            why = _why(alike) if closed else "outside the hours"
            told.append(f"{when} stood still" + (f" ({why})" if why else ""))
        else:
            each = " each" if len(alike) > 1 else ""
            told.append(f"{spoken(counted)}{each}{'' if told else ' counted'} on {when}")
    return told


def _from_to(first: date, last: date, *, near: bool) -> str:
    a, b = (_WEEKDAYS[d.weekday()] if near else on_date(d) for d in (first, last))
    if first == last:
        return a
    return f"{a} and {b}" if last - first == timedelta(days=1) else f"{a} to {b}"


def _why(closed: Sequence[Day]) -> str:
    """The holidays among closed days, else what closes them; the changes of clocks are told apart. A working day on
    which the location has no hours is told where the stretch has another reason too, which is not the day's."""
    parts = (part for day in closed for part in day.note.split("; "))
    notes = dict.fromkeys(part.removeprefix("closed: ").removesuffix(" (observed)") for part in parts)
    why = [note for note in notes if note and note != "closed" and not note.startswith("the clocks")]
    return ", ".join(["closed there", *why] if why and "closed" in notes else why)
