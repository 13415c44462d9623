"""The seals' SQL: what a day holds, in order, wherever it lies; and the seals themselves.

Positions and changes are given in the order of commits, so that nothing can be put in before what is sealed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from backbone.postgres.connection import Connection

_PAGE = 2_000
_AT = "to_char({at} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
_FACTS = (
    f"select distinct on (position) position, subject, stage, sequence, type, {_AT.format(at='at')}, payload::text from"
    " ((select position, subject, stage, sequence, type, at, payload from fact"
    " where position > :after and position <= :upto order by position limit :page) union all"
    " (select seq, subject, 'intake', sequence, type, occurred_at, payload from outbox"
    " where urgent and seq > :after and seq <= :upto order by seq limit :page) union all"
    " (select seq, subject, 'intake', sequence, type, occurred_at, payload from outbox"
    " where not urgent and seq > :after and seq <= :upto order by seq limit :page)) f order by position limit :page"
)
_OBJECTS = (
    f"select change, kind, id, version, by, {_AT.format(at='stored_at')}, body::text from directory"
    " where change > :after and change <= :upto order by change limit :page"
)


@dataclass(frozen=True, slots=True)
class Seal:
    """What closed a day: the last position and the last change that it holds, how many, and their hash."""

    day: date
    sealed_at: datetime
    position: int
    change: int
    facts: int
    objects: int
    hash: str


async def lock(c: Connection) -> None:
    """One sealer at a time, until the commit."""
    await c.execute("select pg_advisory_xact_lock(7424, hashtext(current_schema()))")


async def seals(c: Connection) -> list[Seal]:
    """All seals, the first day first."""
    rows = await c.execute("select day, sealed_at, position, change, facts, objects, hash from seal order by day")
    return [Seal(*row) for row in rows]


async def last(c: Connection) -> Seal | None:
    """The last seal; None before the first."""
    row = (
        await c.execute(
            "select day, sealed_at, position, change, facts, objects, hash from seal order by day desc limit 1"
        )
    ).first()
    return Seal(*row) if row is not None else None


async def add(c: Connection, seal: Seal) -> None:
    """Seal a day."""
    await c.execute(
        "insert into seal (day, sealed_at, position, change, facts, objects, hash)"
        " values (:day, :sealed_at, :position, :change, :facts, :objects, :hash)",
        {name: getattr(seal, name) for name in Seal.__slots__},
    )


async def ends(c: Connection) -> tuple[int, int]:
    """The last position and the last change that are committed."""
    row = (
        await c.execute(
            "select greatest(coalesce((select max(position) from fact), 0),"
            " coalesce((select seq from outbox where urgent order by seq desc limit 1), 0),"
            " coalesce((select seq from outbox where not urgent order by seq desc limit 1), 0)),"
            " coalesce((select max(change) from directory), 0)"
        )
    ).one()
    return int(row[0]), int(row[1])


async def facts(c: Connection, after: int, upto: int) -> AsyncIterator[list[Any]]:
    """Every fact in (after, upto] by position, as `Chain.fact` takes it, by the page."""
    async for page in _pages(c, _FACTS, after, upto):
        yield page


async def objects(c: Connection, after: int, upto: int) -> AsyncIterator[list[Any]]:
    """Every version of an object in (after, upto] by change, as `Chain.stored` takes it, by the page."""
    async for page in _pages(c, _OBJECTS, after, upto):
        yield page


async def _pages(c: Connection, sql: str, after: int, upto: int) -> AsyncIterator[list[Any]]:
    while after < upto:
        rows = [tuple(row) for row in await c.execute(sql, {"after": after, "upto": upto, "page": _PAGE})]
        if not rows:
            return
        yield rows
        after = rows[-1][0]
