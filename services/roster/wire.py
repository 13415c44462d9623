"""The shapes in which people, rotations and overrides arrive, field by field.

Every field says by itself what is wrong with it, so that all faults of form are found at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter

from services.calendar.local_time import time_zones
from services.durations import parse_duration
from services.roster.model import ContactChannel, OnCallMode, Role, WeekHours, Window

_STRICT = ConfigDict(extra="forbid")

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_WALL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("is not a text; put numbers, dates and phone numbers in quotes")
    return value


def _time_zone(value: object) -> str:
    if _text(value) not in time_zones():
        raise ValueError(f"{value!r} is not a time zone: write an IANA name, for example Europe/Lisbon")
    return str(value)


def _wall(value: object) -> datetime:
    if not _WALL.fullmatch(_text(value)):
        raise ValueError("is not a local time without an offset, for example 2026-01-05T09:00")
    return _of_our_time(datetime.fromisoformat(str(value)))


def instant(value: object) -> datetime:
    """An instant with its offset, in UTC. Raises ValueError."""
    try:
        at = datetime.fromisoformat(_text(value))
        if at.tzinfo is None:
            raise ValueError
        return _of_our_time(at.astimezone(UTC))
    except (ValueError, OverflowError):
        raise ValueError("is not an instant with its offset, for example 2026-01-05T09:00:00Z") from None


def _of_our_time(at: datetime) -> datetime:
    if not 1970 <= at.year < 2200:
        raise ValueError("is not in these centuries")
    return at


def _every(value: object) -> Literal["day", "week"] | timedelta:
    if value == "day":
        return "day"
    if value == "week":
        return "week"
    length = parse_duration(_text(value))
    if length < timedelta(minutes=1):
        raise ValueError("a turn takes at least a minute")
    return length


def _window(value: object) -> Window:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValueError('is not a window, for example ["08:00", "20:00"]')
    start, end = (_minutes(item) for item in value)
    if start == end or start == 24 * 60:
        raise ValueError('is an empty window; around the clock is ["00:00", "24:00"]')
    return start, end


def _minutes(value: object) -> int:
    text = _text(value)
    if text == "24:00":
        return 24 * 60
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time of day, for example 08:00")
    return int(match[1]) * 60 + int(match[2])


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$", max_length=120)]
Words = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]+$", max_length=300)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length=35)]
TimeZone = Annotated[str, BeforeValidator(_time_zone)]
Instant = Annotated[datetime, BeforeValidator(instant)]
DayWindows = Annotated[tuple[Annotated[Any, BeforeValidator(_window)], ...], Field(default=())]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactWire:
    """A contact of a person, its address not yet looked at."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    channel: ContactChannel
    address: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWire:
    """A person as the interface writes one."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    id: Id
    name: Words
    roles: tuple[Role, ...]
    time_zone: TimeZone
    languages: tuple[Language, ...] = ("en",)
    skills: tuple[Words, ...] = ()
    contacts: tuple[ContactWire, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftWire:
    """How turns are taken."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    every: Annotated[Any, BeforeValidator(_every)]
    starts_at: Annotated[datetime, BeforeValidator(_wall)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursWire:
    """The windows of each weekday."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    mon: DayWindows = ()
    tue: DayWindows = ()
    wed: DayWindows = ()
    thu: DayWindows = ()
    fri: DayWindows = ()
    sat: DayWindows = ()
    sun: DayWindows = ()

    def week(self) -> WeekHours:
        """Monday first."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationWire:
    """A rotation as the interface writes one."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: Id
    role: Role
    time_zone: TimeZone
    members: tuple[Id, ...]
    on_call: OnCallMode = "all"
    shift: ShiftWire | None = None
    hours: HoursWire | None = None
    queues: tuple[Words, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideWire:
    """An override as the interface writes one; its id is in the address, or made from what it says."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    rotation: Id
    person: Id
    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]
    replaces: Id | None = None
    id: Id | None = None


PERSON: TypeAdapter[PersonWire] = TypeAdapter(PersonWire)
ROTATION: TypeAdapter[RotationWire] = TypeAdapter(RotationWire)
OVERRIDE: TypeAdapter[OverrideWire] = TypeAdapter(OverrideWire)
