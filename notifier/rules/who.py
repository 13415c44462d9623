"""Whom to page for a role: those on call; where nobody is, somebody who must know that.

The answer is never empty: at the very end it is nobody, whose page waits until there is somebody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from notifier.pages.page import NOBODY, Purpose
from services.roster import Person, Role, Roster, on_call, with_role

#: Roles of whom one after the other is paged; of the others everybody on call is, at once.
_ONE_BY_ONE = frozenset({Purpose.DUTY_MANAGER, Purpose.CRISIS_MANAGER})


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who is to be paged: an id and a name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """Whom to page, and as what. `instead` says in whose place, where it is not who was asked for."""

    purpose: Purpose
    people: tuple[Somebody, ...]
    instead: str | None = None


def find(roster: Roster, purpose: Purpose, at: datetime, queue: str | None = None) -> Found:
    """Those to be paged for a purpose at an instant."""
    role = _role(purpose)
    if purpose is Purpose.DUTY_MANAGER:
        return _duty(roster, at)
    people = _on_call(roster, role, at, queue) if role is not None else ()
    if people:
        return Found(purpose, people[:1] if purpose in _ONE_BY_ONE else people)
    duty = _duty(roster, at)
    return Found(duty.purpose, duty.people, f"nobody is on call as {purpose.value.replace('-', ' ')}")


def next_duty_manager(roster: Roster, after: str, at: datetime) -> Somebody:
    """Who follows `after` among the duty managers on call: the same one where there is no other."""
    people = duty_managers(roster, at)
    later = [somebody for somebody in people if somebody.id > after]
    return (later or list(people))[0]


def duty_managers(roster: Roster, at: datetime) -> tuple[Somebody, ...]:
    """The duty managers on call, by id; where none is, every one there is, else every crisis manager, else nobody."""
    return (
        _on_call(roster, "duty-manager", at, None)
        or _all(with_role(roster, "duty-manager"))
        or _on_call(roster, "crisis-manager", at, None)
        or _all(with_role(roster, "crisis-manager"))
        or (Somebody(NOBODY, "Nobody"),)
    )


def _duty(roster: Roster, at: datetime) -> Found:
    standing = _on_call(roster, "duty-manager", at, None)
    if standing:
        return Found(Purpose.DUTY_MANAGER, standing[:1])
    # An empty rota is told to everybody who could be in it.
    return Found(Purpose.DUTY_MANAGER, duty_managers(roster, at), "nobody is on call as duty manager")


def _role(purpose: Purpose) -> Role | None:
    return next((role for role in get_args(Role) if role == purpose.value), None)


def _on_call(roster: Roster, role: Role, at: datetime, queue: str | None) -> tuple[Somebody, ...]:
    return _all(tuple(found.person for found in on_call(roster, role, at, queue)))


def _all(people: tuple[Person, ...]) -> tuple[Somebody, ...]:
    return tuple(Somebody(person.id, person.name) for person in people)
