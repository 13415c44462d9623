"""A roster and its parts in the shapes of the public interface.

What is written here reads back as the same value.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.durations import write_duration
from services.instants import write_instant
from services.roster.model import WEEKDAYS, Override, Person, Roster, Rotation, Shift, WeekHours


def to_json(value: Roster | Person | Rotation | Override) -> dict[str, Any]:
    """The JSON object of a person, a rotation, an override, or of a roster: `{"people", "rotations", "overrides"}`."""
    match value:
        case Person():
            return _person(value)
        case Rotation():
            return _rotation(value)
        case Override():
            return _override(value)
        case Roster():
            return {
                "people": [_person(person) for person in value.people],
                "rotations": [_rotation(rotation) for rotation in value.rotations],
                "overrides": [_override(override) for override in value.overrides],
            }


def _person(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "roles": list(person.roles),
        "languages": list(person.languages),
        "skills": list(person.skills),
        "time_zone": person.time_zone,
        "contacts": [{"channel": contact.channel, "address": contact.address} for contact in person.contacts],
    }


def _rotation(rotation: Rotation) -> dict[str, Any]:
    return {
        "name": rotation.name,
        "role": rotation.role,
        "time_zone": rotation.time_zone,
        "members": list(rotation.members),
        "on_call": rotation.on_call,
        "shift": None if rotation.shift is None else _shift(rotation.shift),
        "hours": None if rotation.hours is None else _hours(rotation.hours),
        "queues": None if rotation.queues is None else list(rotation.queues),
    }


def _shift(shift: Shift) -> dict[str, Any]:
    every = write_duration(shift.every) if isinstance(shift.every, timedelta) else shift.every
    exact = shift.starts_at.second or shift.starts_at.microsecond
    return {"every": every, "starts_at": shift.starts_at.isoformat(timespec="auto" if exact else "minutes")}


def _hours(hours: WeekHours) -> dict[str, Any]:
    return {
        day: [[_clock(start), _clock(end)] for start, end in windows]
        for day, windows in zip(WEEKDAYS, hours, strict=True)
        if windows
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _override(override: Override) -> dict[str, Any]:
    return {
        "id": override.id,
        "rotation": override.rotation,
        "person": override.person,
        "replaces": override.replaces,
        "from": write_instant(override.start),
        "to": write_instant(override.end),
    }
