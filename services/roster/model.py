"""The people of the provider and when each is on call, as frozen values.

Nothing here says who answers: `on_call` does, for an instant. Instants are aware UTC; hours and turns are local to
their rotation's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Role = Literal[
    "crisis-manager",
    "engineer",
    "duty-manager",
    "executive",
    "delivery-manager",
    "cloud-operations",
    "product-team",
]
ContactChannel = Literal["email", "sms", "voice", "webhook", "mailbox"]
OnCallMode = Literal["all", "one"]

#: A person's id.
Member = str

#: Minutes from local midnight, start and end; an end at or before its start is on the following day.
Window = tuple[int, int]

#: Monday first; a weekday without windows is off.
WeekHours = tuple[
    tuple[Window, ...],
    tuple[Window, ...],
    tuple[Window, ...],
    tuple[Window, ...],
    tuple[Window, ...],
    tuple[Window, ...],
    tuple[Window, ...],
]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonContact:
    """One way to reach a person; a person's contacts are tried in their order."""

    channel: ContactChannel
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the provider. `languages` are BCP 47, `time_zone` is where they live and sleep."""

    id: str
    name: str
    roles: tuple[Role, ...]
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    time_zone: str
    contacts: tuple[PersonContact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How turns are taken: `every` is "day", "week" or another length of local time, so that handovers at nine stay at
    nine, also where a day has 23 or 25 hours. `starts_at` is naive local time, the first turn's start."""

    every: Literal["day", "week"] | timedelta
    starts_at: datetime

    @property
    def length(self) -> timedelta:
        """How long a turn lasts by the clocks on the wall."""
        if isinstance(self.every, timedelta):
            return self.every
        return timedelta(weeks=1) if self.every == "week" else timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """Who of a role is on call: everybody in it ("all"), or one at a time by `shift` ("one").

    `hours` None is around the clock; `queues` are globs over the queues that it answers, None is every queue."""

    name: str
    role: Role
    time_zone: str
    members: tuple[Member, ...]
    on_call: OnCallMode
    shift: Shift | None
    hours: WeekHours | None
    queues: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """In [start, end) `person` stands in for `replaces` or, where that is None, is on call besides, at any hour."""

    id: str
    rotation: str
    person: Member
    replaces: Member | None
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Roster:
    """All of it at once. Ids and names are unique; a member who is not (yet) among the people doesn't count."""

    people: tuple[Person, ...] = ()
    rotations: tuple[Rotation, ...] = ()
    overrides: tuple[Override, ...] = ()

    def person(self, person_id: str) -> Person | None:
        """The person of that id, None where nobody has it."""
        return next((person for person in self.people if person.id == person_id), None)
