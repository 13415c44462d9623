"""What must hold of every stage's hearing, as counts of what breaks it: gauges that must be 0.

An event that nobody hears, and one that was set aside and forgotten, are how an incident is lost in silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from ..postgres.connection import Connection
from . import store
from .event import LANES, Lane
from .sources import Sources

#: How long an event may wait to be heard, and a dead letter for its subject's hold.
LATE = timedelta(seconds=60)


async def oldest_unread(c: Connection, sources: Sources, names: Iterable[str], reader: str) -> list[datetime]:
    """When the next event was said that `reader` has before it, of each lane of these logs where it has one."""
    positions, found = await store.positions(c, reader), []
    for source in names:
        for lane in LANES:
            after = positions.get((source, lane.value), 0)
            first = await sources.lane(source, urgent=lane is Lane.URGENT, after=after, limit=1)
            found += [event.occurred_at for event in first]
    return found


async def lanes_behind(c: Connection, sources: Sources, hears: Iterable[str], reader: str, now: datetime) -> int:
    """Lanes of other stages' logs in which `reader` has an event before it that was said more than a minute ago."""
    return sum(at < now - LATE for at in await oldest_unread(c, sources, hears, reader))


async def letters_not_held(c: Connection, subjects: str, now: datetime) -> int:
    """Subjects with a dead letter that hold nothing back: what follows would be handled as if it had been heard."""
    rows = await c.execute(
        "select count(distinct d.subject) from dead_letter d where d.held_at < :late"
        f" and (select not s.held from {subjects} s where s.subject = d.subject)",
        {"late": now - LATE},
    )
    return int(rows.scalar_one())
