"""What all lists of this stage have in common: whose incidents a key sees, and how a list is narrowed and paged.

A key that is bound to contracts is never shown anything of another, nor what was promised while an incident was under one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from backbone.web.keys import Caller
from backbone.web.paging import bad_cursor


@dataclass(slots=True)
class Where:
    """The conditions of one list, and their parameters; `i` is the incident's row, `c` the clock's."""

    clauses: list[str] = field(default_factory=lambda: ["true"])
    params: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def seen_by(cls, caller: Caller, incident: str | None) -> Where:
        """What the caller sees; of one incident (its id or number) only, where one is named."""
        where = cls()
        if caller.contracts is not None:
            where.add(
                "i.contract = any(cast(:contracts as text[]))"
                " and (c.under is null or c.under = any(cast(:contracts as text[])))",
                contracts=sorted(caller.contracts),
            )
        if incident is not None:
            where.add(
                "i.id in (select :incident union select id from incident where number = :incident)", incident=incident
            )
        return where

    def add(self, clause: str, **params: Any) -> None:
        """Narrow the list down."""
        self.clauses.append(clause)
        self.params |= params

    @property
    def sql(self) -> str:
        """The condition."""
        return " and ".join(self.clauses)


def uuid_at(place: str) -> UUID:
    """The id in a cursor. Raises Problem 422 where it is none."""
    try:
        return UUID(place)
    except ValueError:
        raise bad_cursor() from None


def instant_at(place: str) -> datetime:
    """The instant in a cursor. Raises Problem 422 where it is none."""
    try:
        found = datetime.fromisoformat(place)
    except ValueError:
        raise bad_cursor() from None
    if found.tzinfo is None:
        raise bad_cursor()
    return found
