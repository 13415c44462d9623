"""The policies as an incident has them frozen: by the number of the last change when it was reported.

Whoever changes a policy changes nothing for an incident that is open.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from backbone.postgres.connection import Connection

from . import store
from .policy import parse
from .rules import Versioned, in_force

_MOST = 500


@dataclass(slots=True)
class Policies:
    """Reads policies once for each change number; what was read never changes."""

    _known: dict[int, tuple[Versioned, ...]] = field(default_factory=dict)

    async def as_of(self, connection: Connection, change: int) -> tuple[Versioned, ...]:
        """The policies in force as of a change: a statement the first time, none after it."""
        if change not in self._known:
            if len(self._known) > _MOST:
                self._known.clear()
            rows = await store.as_of(connection, change)
            self._known[change] = in_force([Versioned(parse(row[2]), row[1]) for row in rows])
        return self._known[change]
