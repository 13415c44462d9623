"""Durations as ISO 8601 writes them: `PT15M` in, `timedelta` out, and back.

Only days, hours, minutes and seconds are durations here: a month has no length of its own.
"""

from __future__ import annotations

import re
from datetime import timedelta

_ISO = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def parse_duration(text: str) -> timedelta:
    """The length of an ISO 8601 duration such as `PT15M` or `P14D`.

    Raises ValueError on anything else, on an empty duration, and on years and months, whose length is not fixed.
    """
    match = _ISO.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is not a duration: write it as ISO 8601, for example PT15M or P14D")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError(f"{text!r} is longer than any duration that can be counted") from None


def write_duration(length: timedelta) -> str:
    """`length` as ISO 8601, whole seconds: `PT15M`, `PT24H`, `P14D` only from two days on."""
    seconds = round(length.total_seconds())
    days = 0
    if seconds >= 2 * 86_400:
        days, seconds = divmod(seconds, 86_400)
    hours, rest = divmod(seconds, 3_600)
    minutes, seconds = divmod(rest, 60)
    time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    if not days and not time:
        return "PT0S"
    date = f"{days}D" if days else ""
    return f"P{date}T{time}" if time else f"P{date}"
