"""The SQL of policies: every version is kept; `change` counts them in commit order, so that one number freezes all.

No version is ever changed or removed: a trigger refuses it.
"""

from __future__ import annotations

import json
from typing import Any

from backbone.log.tx import Tx
from backbone.postgres.connection import Connection

#: (name, version, body, by, stored_at)
Row = tuple[str, int, Any, str, Any]
_COLUMNS = "name, version, body::text, by, stored_at"


async def last_change(c: Connection) -> int:
    """The number of the last change; 0 before the first."""
    return int((await c.execute("select coalesce(max(change), 0) from policy")).scalar_one())


async def as_of(c: Connection, change: int) -> list[Row]:
    """Each policy as it was when `change` was the last change."""
    rows = await c.execute(
        f"select distinct on (name) {_COLUMNS} from policy where change <= :c order by name, version desc",
        {"c": change},
    )
    return [_row(row) for row in rows]


async def listed(c: Connection, after: str, limit: int) -> list[Row]:
    """The current policies by name, behind the name `after`."""
    rows = await c.execute(
        f"select distinct on (name) {_COLUMNS} from policy where name > :after"
        " order by name, version desc limit :limit",
        {"after": after, "limit": limit},
    )
    return [_row(row) for row in rows]


async def history(c: Connection, name: str) -> list[Row]:
    """Every version of a policy, newest first."""
    rows = await c.execute(
        f"select {_COLUMNS} from policy where name = :n order by version desc limit 1000", {"n": name}
    )
    return [_row(row) for row in rows]


async def lock(tx: Tx) -> None:
    """Changes of policies wait for one another, so that `change` is commit order."""
    await tx.execute("select pg_advisory_xact_lock(7423, hashtext(current_schema()))")


async def insert(tx: Tx, name: str, version: int, body: Any, by: str) -> None:
    """Write a version."""
    await tx.execute(
        "insert into policy (name, version, body, by, stored_at) values (:n, :v, cast(:b as jsonb), :by, :now)",
        {"n": name, "v": version, "b": json.dumps(body), "by": by, "now": tx.now},
    )


def _row(row: Any) -> Row:
    return row[0], row[1], json.loads(row[2]), row[3], row[4]
