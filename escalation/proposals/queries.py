"""Reads proposals for those who look at them; locks nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backbone.postgres.connection import Connection
from escalation.reading import Where


async def newest(c: Connection, where: Where, limit: int) -> list[Sequence[Any]]:
    """(id, incident, number, clock, clock id, about, to, rule, reason, state, by, reason, proposed at, settled at)."""
    rows = await c.execute(
        "select p.id, p.incident, i.number, c.name, p.clock, p.about, p.towards, p.rule, p.reason, p.state,"
        " p.settled_by, p.settled_reason, p.proposed_at, p.settled_at from proposal p"
        " join incident i on i.id = p.incident join clock c on c.id = p.clock"
        f" where {where.sql} order by p.id desc limit :limit",
        where.params | {"limit": limit},
    )
    return list(rows)
