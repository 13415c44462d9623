"""The shapes in which a work order arrives: api.md's JSON, piece by piece, unknown fields refused.

Only the shape is decided here; what the pieces mean together is checked in `check/`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, StringConstraints, TypeAdapter

from services.calendar.holidays import countries
from services.calendar.local_time import time_zones
from services.durations import parse_duration
from services.report import Email, Language, Name, Phone
from services.roster.wire import instant

_STRICT = ConfigDict(extra="forbid")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _date(value: object) -> date:
    if not isinstance(value, str):
        raise ValueError("is not a date, for example 2026-01-31")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a date, for example 2026-01-31") from None
    if len(value) != 10 or not 1970 <= day.year < 2200:
        raise ValueError(f"{value!r} is not a date of these centuries, for example 2026-01-31")
    return day


def _country(value: str) -> str:
    if value not in countries():
        raise ValueError(f"{value!r} is not a country whose holidays are known: write its ISO 3166-1 code, as KZ")
    return value


def _zone(value: str) -> str:
    if value not in time_zones():
        raise ValueError(f"{value!r} is not a time zone: write an IANA name, for example Asia/Almaty")
    return value


def _duration(value: object) -> timedelta:
    if not isinstance(value, str):
        raise ValueError("is not a duration: write it as ISO 8601, for example PT15M")
    length = parse_duration(value)
    if length <= timedelta():
        raise ValueError("is no time at all: a target is longer than nothing")
    if length > timedelta(days=3660):
        raise ValueError("is longer than ten years")
    return length


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("is not a number")
    if not math.isfinite(value) or abs(value) > 1e12:
        raise ValueError("is not a number that can be counted with")
    return value


def _minutes(value: object, *, end: bool) -> int:
    if isinstance(value, str) and len(value) == 5 and value[2] == ":" and value[:2].isdigit() and value[3:].isdigit():
        minutes = int(value[:2]) * 60 + int(value[3:])
        if int(value[3:]) < 60 and (minutes < 1440 or (end and minutes == 1440)):
            return minutes
    raise ValueError(f"{value!r} is not a time of day: write 09:00, and 24:00 for the end of the day")


def parse_week(value: object) -> tuple[tuple[tuple[int, int], ...], ...]:
    if not isinstance(value, dict):
        raise ValueError("is not an object of weekdays: {\"mon\": [[\"09:00\", \"17:30\"]]}")
    for key in value:
        if key not in _DAYS:
            raise ValueError(f"{key!r} is not a weekday: {', '.join(_DAYS)}")
    week = []
    for day in _DAYS:
        windows = value.get(day, [])
        if not isinstance(windows, list):
            raise ValueError(f"{day}: is not a list of windows")
        found = []
        for window in windows:
            if not isinstance(window, list | tuple) or len(window) != 2:
                raise ValueError(f"{day}: a window is a start and an end, as [\"09:00\", \"17:30\"]")
            start, end = _minutes(window[0], end=False), _minutes(window[1], end=True)
            if end <= start:
                raise ValueError(f"{day}: a window ends after it starts; split what crosses midnight at 24:00")
            found.append((start, end))
        found.sort()
        if any(a[1] > b[0] for a, b in zip(found, found[1:], strict=False)):
            raise ValueError(f"{day}: windows overlap")
        week.append(tuple(found))
    if not any(week):
        raise ValueError("has no window at all: a location that is never open has no business hours")
    return tuple(week)


def _number_id(value: str) -> str:
    if "/" in value:
        raise ValueError("has a slash in it: contract numbers stand in paths")
    return value


Day = Annotated[Any, BeforeValidator(_date)]
Instant = Annotated[Any, BeforeValidator(instant)]
Duration = Annotated[Any, BeforeValidator(_duration)]
Number = Annotated[Any, BeforeValidator(_number)]
Week = Annotated[Any, BeforeValidator(parse_week)]
Country = Annotated[str, StringConstraints(strict=True), AfterValidator(_country)]
Zone = Annotated[str, StringConstraints(strict=True), AfterValidator(_zone)]
Glob = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=120, pattern=r"^[a-z0-9*?\[\]!._/-]+$")]
Id = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]+$")]
Flag = Annotated[bool, BeforeValidator(lambda v: v if isinstance(v, bool) else _refuse("is not true or false"))]


def _refuse(message: str) -> Any:
    raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class TermWire:
    """`from` is a word of the language, so the two days come as they are."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    starts: Day
    ends: Day


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationWire:
    """A location."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Id
    role: Id
    country: Country
    time_zone: Zone
    region: Id | None = None
    languages: tuple[Language, ...] = ()
    hours: Week | None = None
    holidays: tuple[Day, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactWire:
    """A contact."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Id
    name: Name
    roles: tuple[Id, ...] = ()
    email: Email | None = None
    phone: Phone | None = None
    language: Language | None = None
    location: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWire:
    """An event."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Id
    starts_at: Instant
    ends_at: Instant
    name: Name | None = None
    confirmed_at: Instant | None = None
    products: tuple[Glob, ...] = ()
    solution: Id | None = None
    form: Id | None = None
    details_on_file: Flag = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionWire:
    """A mission-critical solution; its exhibit is looked at apart."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Id
    products: tuple[Glob, ...] = ()
    name: Name | None = None
    exhibit: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationWire:
    """A part of the flex allowance."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    to: Id
    amount: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexWire:
    """The flex allowance; its allocations are looked at one by one."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    allowance: Number
    allocations: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingWire:
    """A scheduled service."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Id
    service: Id
    requested_on: Day
    starts_on: Day
    location: Id | None = None
    price: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignatedWire:
    """Designated engineering."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    products: tuple[Glob, ...]
    location: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementWire:
    """Where bought management hours are delivered."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    time_zone: Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleWire:
    """The fields of the work order that stand by themselves."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    number: Annotated[Name, AfterValidator(_number_id)]
    customer: Name
    services: tuple[Id, ...]
    topology_on_file: Flag = False
    allows_prerelease: tuple[Glob, ...] = ()
    office365_users: tuple[Email, ...] | None = None
    delivery_manager: Id | None = None


SIMPLE: TypeAdapter[SimpleWire] = TypeAdapter(SimpleWire)
