"""Who of a role is on call at an instant, and by which rotations.

Several rotations of a role add up, and the same person is there once; somebody unknown is never the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.roster.model import Member, Override, Person, Role, Roster, Rotation
from services.roster.rotation import answers_queue, is_manned, turn_at


@dataclass(frozen=True, slots=True)
class OnCall:
    """A person on call, and the names of the rotations that put them there."""

    person: Person
    rotations: tuple[str, ...]


def on_call(roster: Roster, role: Role, at: datetime, queue: str | None = None) -> tuple[OnCall, ...]:
    """Everybody of `role` who is on call at `at`, by id; with `queue`, only the rotations that answer it."""
    known = {person.id: person for person in roster.people}
    found: dict[Member, list[str]] = {}
    for rotation in sorted(roster.rotations, key=lambda rotation: rotation.name):
        if rotation.role == role and answers_queue(rotation, queue):
            for member in _standing(rotation, roster.overrides, known, at):
                found.setdefault(member, []).append(rotation.name)
    return tuple(OnCall(known[member], tuple(names)) for member, names in sorted(found.items()))


def with_role(roster: Roster, role: Role) -> tuple[Person, ...]:
    """Everybody who has `role`, on call or not, by id."""
    return tuple(sorted((person for person in roster.people if role in person.roles), key=lambda person: person.id))


def _standing(
    rotation: Rotation, overrides: tuple[Override, ...], known: dict[Member, Person], at: datetime
) -> tuple[Member, ...]:
    standing = _by_plan(rotation, known, at) if is_manned(rotation, at) else ()
    now = [
        override
        for override in overrides
        if override.rotation == rotation.name and override.person in known and override.start <= at < override.end
    ]
    last_first = sorted(now, key=lambda override: (override.start, override.id), reverse=True)
    added = tuple(override.person for override in reversed(last_first) if override.replaces is None)
    return tuple(dict.fromkeys(_stand_in(member, last_first) for member in (*standing, *added)))


def _stand_in(member: Member, overrides: Sequence[Override]) -> Member:
    """Who is there for a member: who replaces them, or who replaces that one, and so on, in whatever order these begin; of
    several for the same one who begins last. Two who stand in for each other have swapped."""
    passed = {member}
    while True:
        replaced = (o.person for o in overrides if o.replaces == member and o.person not in passed)
        following = next(replaced, None)
        if following is None:
            return member
        member = following
        passed.add(member)


def _by_plan(rotation: Rotation, known: dict[Member, Person], at: datetime) -> tuple[Member, ...]:
    if rotation.on_call == "all" or rotation.shift is None:
        return tuple(member for member in rotation.members if member in known)
    turn = turn_at(rotation.shift, rotation.time_zone, at)
    if turn is None or not rotation.members:
        return ()
    first = turn % len(rotation.members)
    in_order = (*rotation.members[first:], *rotation.members[:first])
    return tuple(member for member in in_order if member in known)[:1]
