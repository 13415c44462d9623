"""What of a roster will fail when it is needed: names that nobody has, people whom nothing reaches.

Each is seen while the roster is read, and not when somebody is to be paged by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from services.roster.model import Member, Roster


@dataclass(frozen=True, slots=True)
class Doubt:
    """A rotation, an override or a person, by name or id, and what is doubtful about it."""

    kind: Literal["rotation", "override", "person"]
    name: str
    message: str


def doubts(roster: Roster) -> tuple[Doubt, ...]:
    """Whom rotations and overrides name and nobody is; which rotation an override names and none is; and whom they put on
    call by nothing but the built-in mailbox."""
    return (*_unknown(roster), *_out_of_reach(roster))


def _unknown(roster: Roster) -> Iterator[Doubt]:
    people = {person.id for person in roster.people}
    rotations = {rotation.name for rotation in roster.rotations}
    for rotation in roster.rotations:
        for member in rotation.members:
            if member not in people:
                yield Doubt("rotation", rotation.name, f"no person is called {member!r}")
    for override in roster.overrides:
        if override.rotation not in rotations:
            yield Doubt("override", override.id, f"no rotation is called {override.rotation!r}")
        named = [override.person] if override.replaces is None else [override.person, override.replaces]
        for member in named:
            if member not in people:
                yield Doubt("override", override.id, f"no person is called {member!r}")


def _out_of_reach(roster: Roster) -> Iterator[Doubt]:
    called: set[Member] = {member for rotation in roster.rotations for member in rotation.members}
    called |= {override.person for override in roster.overrides}
    for person in roster.people:
        if person.id in called and not person.contacts:
            yield Doubt("person", person.id, "nothing to reach them by but the built-in mailbox")
