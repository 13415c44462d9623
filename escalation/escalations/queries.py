"""Reads escalations for those who look at them; locks nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backbone.postgres.connection import Connection
from escalation.reading import Where

#: An escalation is open while what it is about is: the promise, or where there is none the incident.
_STATE = (
    "case when i.state = 'open' and (c.id is null or (c.state = 'breached' and c.met_at is null))"
    " then 'open' else 'ended' end"
)


async def newest(c: Connection, where: Where, limit: int) -> list[Sequence[Any]]:
    """(id, incident, number, clock, clock id, role, level, reason, rule, policy, its version, state, raised at)."""
    rows = await c.execute(
        "select e.id, e.incident, i.number, e.clock_name, e.clock, e.role, e.level, e.reason, e.rule, e.policy,"
        f" e.policy_version, {_STATE}, e.raised_at from escalation e join incident i on i.id = e.incident"
        f" left join clock c on c.id = e.clock where {where.sql} order by e.id desc limit :limit",
        where.params | {"limit": limit},
    )
    return list(rows)
