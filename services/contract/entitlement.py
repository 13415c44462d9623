"""Whether the work order covers something at all: its term, and who may report through what (TERM, CONTACTS).

Nobody's incident is dropped by an answer of "no": it is taken, flagged, and looked at by a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

from services.calendar import of_location

from .model import Contact, Contract

Way = TypeVar("Way")


def host_date(contract: Contract, at: datetime) -> date:
    """The date at the host location, by which the term is counted (TERM)."""
    return at.astimezone(of_location(contract.host).zone).date()


def in_term(contract: Contract, at: datetime) -> bool:
    """Whether `at` is within the term, its first and its last day included, at the host location (TERM)."""
    return contract.term.starts <= host_date(contract, at) <= contract.term.ends


def may_report(people: Iterable[Contact], roles: Mapping[str, Sequence[Way]], came_by: Callable[[Way], bool]) -> bool:
    """Whether one of `people` has a role that may report this way (CONTACTS).

    `roles` are the catalogue's: a role without ways may report by any; `came_by` says whether the report came by one.
    """
    ways = [roles[role] for person in people for role in person.roles if role in roles]
    return any(not allowed or any(came_by(way) for way in allowed) for allowed in ways)
