"""The SQL of clocks and of what is known of incidents: read and written a batch at a time, whatever the batch holds.

A claim locks subjects before anything else, and skips those that somebody else has in hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from backbone.log.tx import Tx
from backbone.postgres.connection import Connection

from .clock import Clock, State
from .incident import INCIDENT, Incident

CLOCK_COLUMNS = (
    "c.id, c.incident, c.name, c.side, c.state, c.started_at, c.warn_at, c.due_at, c.next_at, c.target, c.calendar,"
    " c.rule, c.repeats, c.urgent, c.silent, c.cause, c.decision, c.severity, c.level, c.warned_at, c.met_at, c.met_by,"
    " c.breached_at, c.superseded_at, c.reason, c.stuck, c.under"
)
_NAMES = tuple(column.removeprefix(" ").removeprefix("c.") for column in CLOCK_COLUMNS.split(","))
_TYPES = {
    "id": "uuid", "started_at": "timestamptz", "warn_at": "timestamptz", "due_at": "timestamptz",
    "next_at": "timestamptz", "repeats": "bool", "urgent": "bool", "silent": "bool", "decision": "int", "level": "int",
    "warned_at": "timestamptz", "met_at": "timestamptz", "breached_at": "timestamptz", "superseded_at": "timestamptz",
    "stuck": "bool",
}  # fmt: skip
_MOVING = (
    "state", "next_at", "urgent", "silent", "level", "warned_at", "met_at", "met_by", "breached_at", "superseded_at",
    "reason", "stuck", "under",
)  # fmt: skip
_SAVE_CLOCKS = (
    f"insert into clock ({', '.join(_NAMES)}) select * from unnest("
    + ", ".join(f"cast(:{name} as {_TYPES.get(name, 'text')}[])" for name in _NAMES)
    + ") on conflict (id) do update set "
    + ", ".join(f"{name} = excluded.{name}" for name in _MOVING)
)


def clock_of(row: Sequence[Any]) -> Clock:
    """A clock from a row of CLOCK_COLUMNS."""
    values = dict(zip(_NAMES, row, strict=True))
    return Clock(**{**values, "state": State(values["state"])})


async def incidents(tx: Tx, ids: Iterable[str]) -> dict[str, Incident]:
    """What is known of the incidents, by id; their subjects are locked."""
    rows = await tx.execute(
        "select id, body::text from incident where id = any(cast(:ids as text[]))", {"ids": list(ids)}
    )
    return {row[0]: INCIDENT.validate_json(row[1]) for row in rows}


async def clocks(tx: Tx, ids: Iterable[str]) -> list[Clock]:
    """All clocks of the incidents, oldest first; their subjects are locked."""
    rows = await tx.execute(
        f"select {CLOCK_COLUMNS} from clock c where incident = any(cast(:ids as text[])) order by id",
        {"ids": list(ids)},
    )
    return [clock_of(row) for row in rows]


async def save_incidents(tx: Tx, changed: Sequence[Incident]) -> None:
    """Write them in one statement; what is closed counts its days from when it was first heard to be."""
    if not changed:
        return
    await tx.execute(
        "insert into incident (id, number, contract, state, body, closed_at)"
        " select i, n, c, s, b::jsonb, case when s = 'closed' then cast(:now as timestamptz) end from unnest("
        "cast(:i as text[]), cast(:n as text[]), cast(:c as text[]), cast(:s as text[]), cast(:b as text[]))"
        " w(i, n, c, s, b) on conflict (id) do update set number = excluded.number, contract = excluded.contract,"
        " state = excluded.state, body = excluded.body,"
        " closed_at = case when excluded.state = 'closed' then coalesce(incident.closed_at, excluded.closed_at) end",
        {
            "now": tx.now,
            "i": [x.id for x in changed],
            "n": [x.number for x in changed],
            "c": [x.contract for x in changed],
            "s": [x.state for x in changed],
            "b": [INCIDENT.dump_json(x).decode() for x in changed],
        },
    )


async def save_clocks(tx: Tx, changed: Sequence[Clock]) -> None:
    """Write them in one statement; of a known one, only what became of it."""
    if changed:
        await tx.execute(
            _SAVE_CLOCKS,
            {name: [str(c.state) if name == "state" else getattr(c, name) for c in changed] for name in _NAMES},
        )


async def earliest(c: Connection, *, urgent: bool) -> datetime | None:
    """When the next clock of a lane is to be looked at."""
    which = "urgent" if urgent else "not urgent"
    row = await c.execute(f"select min(next_at) from clock where next_at is not null and {which}")
    found: datetime | None = row.scalar_one()
    return found


async def claim(tx: Tx, *, urgent: bool, most: int) -> list[str]:
    """Lock the subjects of a lane's due clocks, the longest overdue first; skip what is in other hands."""
    which = "urgent" if urgent else "not urgent"
    rows = await tx.execute(
        "select subject from subject where subject in (select incident from (select incident from clock"
        f" where next_at is not null and {which} and next_at <= :now order by next_at limit :most) due)"
        " order by subject for update skip locked",
        {"now": tx.now, "most": most},
    )
    return [row[0] for row in rows]


async def postpone(tx: Tx, incident: str, *, urgent: bool, until: datetime) -> bool:
    """Mark the incident's due clocks of a lane as stuck, to be looked at again at `until`; whether none of its were."""
    rows = await tx.execute(
        "with known as (select 1 from clock where incident = :i and stuck) update clock set next_at = :until, stuck = true"
        f" where incident = :i and {'urgent' if urgent else 'not urgent'} and next_at <= :now"
        " returning not exists (select from known)",
        {"until": until, "i": incident, "now": tx.now},
    )
    return any(row[0] for row in rows)


async def unmark(tx: Tx, incident: str) -> None:
    """Nobody is asked for any more because of the incident's clocks: one that is stuck still asks anew."""
    await tx.execute("update clock set stuck = false where incident = :i and stuck", {"i": incident})
