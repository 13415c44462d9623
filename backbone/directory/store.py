"""The directory's SQL: every version of every object, and what changed since a number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..log.event import Event
from ..log.tx import Tx
from ..postgres.connection import Connection

#: A version behind every one: the largest integer of the column.
_BEHIND_ALL = 2_147_483_647


async def changed(c: Connection, since: int) -> list[tuple[str, str, int, Any, int]]:
    """(kind, id, version, body, change) of what was written behind change number `since`, last versions only."""
    rows = await c.execute(
        "select distinct on (kind, id) kind, id, version, body::text, change from directory"
        " where change > :since order by kind, id, version desc",
        {"since": since},
    )
    return [(*row[:3], _parsed(row[3]), row[4]) for row in rows]


async def body(c: Connection, kind: str, id_: str, version: int) -> Any:
    """The body of one version, or None."""
    row = (
        await c.execute(
            "select body::text from directory where kind = :k and id = :i and version = :v",
            {"k": kind, "i": id_, "v": version},
        )
    ).first()
    return _parsed(row[0]) if row is not None else None


async def before(c: Connection, kind: str, id_: str, version: int) -> tuple[int, Any] | None:
    """The version before that one and its body; None where it is the first."""
    rows = await c.execute(
        "select version, body::text from directory where kind = :k and id = :i and version < :v"
        " order by version desc limit 1",
        {"k": kind, "i": id_, "v": version},
    )
    row = rows.first()
    return (row[0], _parsed(row[1])) if row is not None else None


async def lock(tx: Tx, kind: str, id_: str) -> None:
    """Keep others from giving out the next version of the same object."""
    await tx.execute("select pg_advisory_xact_lock(7422, hashtext(:key))", {"key": f"{kind}:{id_}"})


async def last(tx: Tx, kind: str, id_: str) -> tuple[int, Any] | None:
    """The last version and its body."""
    return await before(tx.connection, kind, id_, _BEHIND_ALL)


async def insert(tx: Tx, kind: str, id_: str, version: int, body_: Any, by: str) -> None:
    """Write a version; a version that is there already is left alone."""
    await tx.execute(
        "insert into directory (kind, id, version, body, by, stored_at)"
        " values (:k, :i, :v, cast(:b as jsonb), :by, :now) on conflict do nothing",
        {"k": kind, "i": id_, "v": version, "b": None if body_ is None else json.dumps(body_), "by": by, "now": tx.now},
    )


async def write(tx: Tx, events: Sequence[Event]) -> None:
    """Write down what was heard of the owner's objects."""
    for event in events:
        kind, _, id_ = event.subject.partition(":")
        said = event.json()
        await insert(tx, kind, id_, event.sequence, said["body"], said["by"])


async def history(c: Connection, kind: str, id_: str) -> list[Mapping[str, Any]]:
    """All versions of an object, oldest first; `at` is an instant."""
    rows = await c.execute(
        "select version, body::text, by, stored_at from directory where kind = :k and id = :i order by version",
        {"k": kind, "i": id_},
    )
    return [{"version": r[0], "body": _parsed(r[1]), "by": r[2], "at": r[3]} for r in rows]


async def versions(
    c: Connection, kind: str | None, id_: str | None, before: int, limit: int
) -> list[tuple[int, str, str, int, str, datetime, Any, Any]]:
    """(change, kind, id, version, by, stored at, body, body of the version before), the latest first.

    `before` is a change number; those behind it are left out. None is every kind, and every id.
    """
    rows = await c.execute(
        "select d.change, d.kind, d.id, d.version, d.by, d.stored_at, d.body::text, p.body::text from directory d"
        " left join directory p on p.kind = d.kind and p.id = d.id and p.version = d.version - 1"
        " where d.change < :before and (cast(:kind as text) is null or d.kind = :kind)"
        " and (cast(:id as text) is null or d.id = :id) order by d.change desc limit :limit",
        {"before": before, "kind": kind, "id": id_, "limit": limit},
    )
    return [(*row[:6], *map(_parsed, row[6:])) for row in rows]


async def spoken_in(tx: Tx, partition: str, after: int, limit: int) -> list[tuple[str, str, int, Any, str, int]]:
    """(kind, id, version, body, by, change) of the current objects that a day of the log tells of, by change."""
    rows = await tx.execute(
        "select d.kind, d.id, d.version, d.body::text, d.by, d.change from directory d where d.change > :after"
        f" and exists (select from {partition} p where p.subject = d.kind || ':' || d.id) and not exists"
        " (select from directory n where n.kind = d.kind and n.id = d.id and n.version > d.version)"
        " order by d.change limit :limit",
        {"after": after, "limit": limit},
    )
    return [(*row[:3], _parsed(row[3]), *row[4:]) for row in rows]


def _parsed(text: str | None) -> Any:
    """A body; of an object that is removed, None."""
    return json.loads(text) if text is not None else None
