"""Who takes it: of those on call, first who speaks the language and is awake, then least loaded, longest idle, by id.

A preference, never a reason for nobody: somebody on call and not excluded is always chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from services.calendar.local_time import zone as zone_of
from services.roster.model import Person, Role, Roster
from services.roster.on_call import on_call

#: The local hours in which somebody is called rather than another: from eight, until before twenty.
WAKING_HOURS = (8, 20)

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody has in hand: open incidents, and since when they had nothing new (None: never had any)."""

    open_count: int = 0
    idle_since: datetime | None = None


class Why(StrEnum):
    """Why somebody was chosen, or was not."""

    CHOSEN = "chosen"
    EXCLUDED = "excluded"
    LANGUAGE_OR_NIGHT = "language-or-night"
    MORE_LOADED = "more-loaded"
    LESS_IDLE = "less-idle"
    BY_ID = "by-id"


@dataclass(frozen=True, slots=True)
class Considered:
    """Somebody on call who was looked at; `person` is their id, `load` how many incidents they had open."""

    person: str
    speaks: bool
    awake: bool
    load: int
    idle_since: datetime | None
    why: Why


@dataclass(frozen=True, slots=True)
class Assignment:
    """It is theirs; everybody who was looked at, in the order of preference, the excluded last."""

    person: Person
    considered: tuple[Considered, ...]


@dataclass(frozen=True, slots=True)
class NobodyOnCall:
    """Nobody is left to take it: the rota is empty, or everybody on it is excluded. Somebody must be told."""

    considered: tuple[Considered, ...]


def assign(
    language: str,
    roster: Roster,
    load: Mapping[str, Load],
    at: datetime,
    exclude: frozenset[str] = frozenset(),
    *,
    role: Role = "crisis-manager",
    queue: str | None = None,
) -> Assignment | NobodyOnCall:
    """Chooses one of `role` who is on call at `at` (for `queue`, where given), BASE-CM.

    `language` is BCP 47, compared by its primary subtag; `load` by person id, nothing known is no load; `exclude` are
    ids, such as those who declined."""
    people = [found.person for found in on_call(roster, role, at, queue)]
    looked = sorted((_look(person, language, load.get(person.id, Load()), at) for person in people), key=_order)
    free = [one for one in looked if one.person not in exclude]
    away = [_because(one, Why.EXCLUDED) for one in looked if one.person in exclude]
    if not free:
        return NobodyOnCall(tuple(away))
    best, *others = free
    chosen = next(person for person in people if person.id == best.person)
    return Assignment(chosen, (best, *(_because(one, _passed_over(best, one)) for one in others), *away))


def is_awake(person: Person, at: datetime) -> bool:
    """Whether it is between 08 and 20 o'clock where they live."""
    start, end = WAKING_HOURS
    return start <= at.astimezone(zone_of(person.time_zone)).hour < end


def speaks(person: Person, language: str) -> bool:
    """Whether they speak `language`, whatever its region or script."""
    wanted = _primary(language)
    return any(_primary(spoken) == wanted for spoken in person.languages)


def _primary(language: str) -> str:
    return language.partition("-")[0].casefold()


def _look(person: Person, language: str, load: Load, at: datetime) -> Considered:
    return Considered(
        person.id, speaks(person, language), is_awake(person, at), load.open_count, load.idle_since, Why.CHOSEN
    )


def _order(one: Considered) -> tuple[bool, int, datetime, str]:
    return not (one.speaks and one.awake), one.load, one.idle_since or _LONG_AGO, one.person


def _passed_over(best: Considered, one: Considered) -> Why:
    first, second = _order(best), _order(one)
    reasons = (Why.LANGUAGE_OR_NIGHT, Why.MORE_LOADED, Why.LESS_IDLE, Why.BY_ID)
    return next(why for why, mine, theirs in zip(reasons, first, second, strict=True) if mine != theirs)


def _because(one: Considered, why: Why) -> Considered:
    return Considered(one.person, one.speaks, one.awake, one.load, one.idle_since, why)
