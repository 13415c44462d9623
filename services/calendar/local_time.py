"""What instant a clock on the wall means, on the days too when it is put forward or back.

An ambiguous start is its first instant, an ambiguous end its last, a missing one the first after the gap. Zones are
those of the tzdata package, never the machine's, so that every replica and every replay reads the same ones.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from zoneinfo import ZoneInfo

#: The edition of the zones, to be kept with what was decided by them.
ZONES_VERSION = f"tzdata {version('tzdata')}"


@cache
def time_zones() -> frozenset[str]:
    """The IANA names that are taken; the machine's own zone is none of them."""
    return frozenset((files("tzdata") / "zones").read_text("ascii").split()) - {"localtime", "Factory", "posixrules"}


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises KeyError where there is none of that name."""
    if name not in time_zones():
        raise KeyError(f"{name!r} is not a time zone: write an IANA name, for example Asia/Almaty")
    with (files("tzdata") / "zoneinfo" / name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def instant(wall: datetime, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """The instant (UTC) at which clocks in `zone` show the naive `wall`, in whole seconds.

    `end`: it ends something, so that of two such instants it is the last.
    """
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
