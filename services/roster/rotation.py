"""When a rotation is manned, and whose turn it is.

Turns and hours are the local time of the rotation: a handover at nine stays at nine when the clocks change.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from services.calendar.local_time import instant
from services.calendar.local_time import zone as zone_of
from services.roster.model import Rotation, Shift, Window

_DAY = timedelta(days=1)


def is_manned(rotation: Rotation, at: datetime) -> bool:
    """Whether `at` is within the rotation's hours; without hours, always."""
    if rotation.hours is None:
        return True
    today = at.astimezone(zone_of(rotation.time_zone)).date()
    return any(
        start <= at < end for day in (today - timedelta(days=1), today) for start, end in windows_on(rotation, day)
    )


def windows_on(rotation: Rotation, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """The windows that begin on that local day, as instants; a window may end on the next one."""
    if rotation.hours is None:
        return ()
    zone = zone_of(rotation.time_zone)
    return tuple(_instants(window, day, zone) for window in rotation.hours[day.weekday()])


def turn_at(shift: Shift, zone_name: str, at: datetime) -> int | None:
    """The number of the turn at `at`, 0 for the first; None before the first began."""
    zone = zone_of(zone_name)
    passed = at.astimezone(zone).replace(tzinfo=None) - shift.starts_at
    # Clocks that are put back or forward show again, or leave out, a day at most: the turn is one of these.
    first = max(0, (passed - _DAY) // shift.length)
    near = range(first, (passed + _DAY) // shift.length + 1)
    number = first + bisect_right(near, at, key=lambda number: turn_start(shift, zone, number)) - 1
    return number if number >= 0 else None


def turn_start(shift: Shift, zone: ZoneInfo, number: int) -> datetime:
    """The instant (UTC) at which turn `number` begins; several begin at once where clocks pass over their handovers."""
    return instant(shift.starts_at + number * shift.length, zone)


def answers_queue(rotation: Rotation, queue: str | None) -> bool:
    """Whether the rotation answers `queue`; None asks about no queue in particular, and `queues: null` answers all.

    A pattern without a slash also means the queue's languages: `problem-resolution` matches `problem-resolution/kk`."""
    if queue is None or rotation.queues is None:
        return True
    root = queue.partition("/")[0]
    return any(
        fnmatchcase(queue, pattern) or ("/" not in pattern and fnmatchcase(root, pattern))
        for pattern in rotation.queues
    )


def _instants(window: Window, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    start, end = window
    midnight = datetime.combine(day, time())
    last = midnight + timedelta(minutes=end, days=1 if end <= start else 0)
    return instant(midnight + timedelta(minutes=start), zone).astimezone(UTC), instant(last, zone, end=True)
