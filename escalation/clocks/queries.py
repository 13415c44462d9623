"""Reads clocks for those who look at them; locks nothing."""

from __future__ import annotations

from backbone.postgres.connection import Connection
from escalation.reading import Where

from .clock import Clock
from .store import CLOCK_COLUMNS, clock_of


async def due_first(c: Connection, where: Where, limit: int) -> list[tuple[Clock, str]]:
    """Clocks with their incidents' numbers, in the order in which they are due; silent ones are not shown."""
    rows = await c.execute(
        f"select i.number, {CLOCK_COLUMNS} from clock c join incident i on i.id = c.incident"
        f" where not c.silent and {where.sql} order by c.due_at, c.id limit :limit",
        where.params | {"limit": limit},
    )
    return [(clock_of(row[1:]), row[0]) for row in rows]
