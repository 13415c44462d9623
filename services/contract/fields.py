"""How single fields of a work order are written, and what is said where one is not.

Whatever is handed in, a field is read or refused with a ValueError in plain words; nothing else is ever raised.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints

from services.calendar.holidays import countries
from services.calendar.local_time import time_zones
from services.durations import parse_duration
from services.report import Email, Language, Name, Phone
from services.roster.wire import instant

from .model import Week

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_MINUTES_OF_DAY = 24 * 60
_MOST = 10**12
_LONGEST = timedelta(days=3660)


def text(value: object) -> str:
    """A text. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("is not a text; put numbers, dates and phone numbers in quotes")
    return value


def day(value: object) -> date:
    """A date of these centuries. Raises ValueError."""
    if isinstance(value, str) and len(value) == len("2026-01-31"):
        try:
            found = date.fromisoformat(value)
        except ValueError:
            found = date.min
        if 1970 <= found.year < 2200:
            return found
    raise ValueError("is not a date, for example 2026-01-31")


def country(value: object) -> str:
    """A country. Raises ValueError."""
    if text(value) not in countries():
        raise ValueError(f"{value!r} is not a country: write its ISO 3166-1 code, for example KZ")
    return str(value)


def time_zone(value: object) -> str:
    """A time zone. Raises ValueError."""
    if text(value) not in time_zones():
        raise ValueError(f"{value!r} is not a time zone: write an IANA name, for example Asia/Almaty")
    return str(value)


def target(value: object) -> timedelta:
    """The target of a clock: longer than nothing, at most ten years. Raises ValueError."""
    length = parse_duration(text(value))
    if not timedelta() < length <= _LONGEST:
        raise ValueError("is not a target: it is longer than nothing, and at most ten years")
    return length


def number(value: object) -> float:
    """A number that money and hours can be counted with. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("is not a number")
    if (isinstance(value, float) and not math.isfinite(value)) or abs(value) > _MOST:
        raise ValueError("is not a number that can be counted with")
    return value


def amount(value: object) -> float:
    """A number that is not below zero. Raises ValueError."""
    if number(value) < 0:
        raise ValueError("is below zero")
    return number(value)


def flag(value: object) -> bool:
    """True or false. Raises ValueError."""
    if not isinstance(value, bool):
        raise ValueError("is not true or false")
    return value


def week(value: object) -> Week:
    """Opening windows by weekday, a week that is open at least once. Raises ValueError.

    What is no weekday is passed over: `check/locations.py` tells it at its own place.
    """
    if not isinstance(value, dict):
        raise ValueError('is not an object of weekdays, for example {"mon": [["09:00", "17:30"]]}')
    mon, tue, wed, thu, fri, sat, sun = (_windows(name, value.get(name)) for name in WEEKDAYS)
    found = (mon, tue, wed, thu, fri, sat, sun)
    if not any(found) and all(name in WEEKDAYS for name in value):
        raise ValueError("has no window at all: a location that is never open has no business hours")
    return found


def _windows(name: str, value: object) -> tuple[tuple[int, int], ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} is not a list of windows")
    found = []
    for window in value:
        if not isinstance(window, list | tuple) or len(window) != 2:
            raise ValueError(f'{name}: a window is a start and an end, for example ["09:00", "17:30"]')
        start, end = _minutes(name, window[0]), _minutes(name, window[1])
        if end <= start:
            raise ValueError(f"{name}: a window ends after it starts; what crosses midnight is split at 24:00")
        found.append((start, end))
    found.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(found)):
        raise ValueError(f"{name}: windows overlap")
    return tuple(found)


def _minutes(name: str, value: object) -> int:
    if isinstance(value, str) and len(value) == 5 and value[2] == ":" and (value[:2] + value[3:]).isdecimal():
        hours, minutes = int(value[:2]), int(value[3:])
        if minutes < 60 and hours * 60 + minutes <= _MINUTES_OF_DAY:
            return hours * 60 + minutes
    raise ValueError(f"{name}: {value!r} is not a time of day: write 09:00, and 24:00 for the end of the day")


def _number(value: object) -> str:
    if "/" in text(value):
        raise ValueError("has a slash in it: a work order's number stands in addresses")
    return str(value)


Text = Annotated[str, BeforeValidator(text)]
Id = Annotated[Name, BeforeValidator(text)]
OrderNumber = Annotated[Name, BeforeValidator(_number)]
Glob = Annotated[Text, StringConstraints(min_length=1, max_length=120, pattern=r"^[a-z0-9*?\[\]!._/-]+$")]
Mail = Annotated[Email, BeforeValidator(text)]
Number = Annotated[Phone, BeforeValidator(text)]
Spoken = Annotated[Language, BeforeValidator(text)]
Day = Annotated[Any, BeforeValidator(day)]
Instant = Annotated[Any, BeforeValidator(instant)]
Country = Annotated[Any, BeforeValidator(country)]
TimeZone = Annotated[Any, BeforeValidator(time_zone)]
Target = Annotated[Any, BeforeValidator(target)]
Amount = Annotated[Any, BeforeValidator(amount)]
Flag = Annotated[Any, BeforeValidator(flag)]
Hours = Annotated[Any, BeforeValidator(week)]
