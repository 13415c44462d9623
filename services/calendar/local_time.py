"""What instant a clock on the wall means, on the days too when it is put forward or back.

An ambiguous start is its first instant, an ambiguous end its last, a missing one the first after the gap.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones


@cache
def time_zones() -> frozenset[str]:
    """The IANA names that are taken; the machine's own zone is none of them."""
    return frozenset(available_timezones()) - {"localtime", "Factory", "posixrules"}


def instant(wall: datetime, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """The instant (UTC) at which clocks in `zone` show the naive `wall`; `end` where it ends something."""
    early = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if early <= late:
        return late if end else early
    return _after_the_gap(late, early, zone)


def _after_the_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The change of the zone's offset in (before, after], to the second."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
