"""The log's SQL: what is read from it, what is written to it, how far it was heard.

Another stage's log is read by its schema's name and never written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ..postgres.connection import Connection
from .event import Event

_COLUMNS = "seq, event_id, subject, sequence, urgent, type, payload::text, headers::text, after::text, occurred_at"


@dataclass(frozen=True, slots=True)
class Said:
    """An event on its way into the log."""

    id: UUID
    subject: str
    sequence: int
    urgent: bool
    type: str
    payload: str
    headers: str
    after: str
    occurred_at: datetime


def event_of(source: str, row: Sequence[Any]) -> Event:
    """An event from a row of `_COLUMNS`."""
    seq, event_id, subject, sequence, urgent, type_, payload, headers, after, occurred_at = row
    return Event(
        source, seq, event_id, subject, sequence, urgent, type_, payload,
        json.loads(headers) if headers != "{}" else {},
        json.loads(after) if after != "{}" else {},
        occurred_at,
    )  # fmt: skip


async def read_lane(
    c: Connection, source: str, *, urgent: bool, after: int, upto: int | None, limit: int
) -> list[Event]:
    """The next events of a lane behind position `after`, at most `limit`, none beyond `upto`."""
    rows = await c.execute(
        f"select {_COLUMNS} from {source}.outbox where urgent = :urgent and seq > :after"
        f"{' and seq <= :upto' if upto is not None else ''} order by seq limit :limit",
        {"urgent": urgent, "after": after, "limit": limit} | ({"upto": upto} if upto is not None else {}),
    )
    return [event_of(source, row) for row in rows]


async def read_lanes(c: Connection, afters: Mapping[str, int], *, urgent: bool, limit: int) -> list[Event]:
    """The next events of a lane in several logs, at most `limit` of each, in each one's order."""
    names = sorted(afters)
    parts = (
        f"(select '{name}', {_COLUMNS} from {name}.outbox where urgent = :urgent and seq > :after_{name}"
        " order by seq limit :limit)"
        for name in names
    )
    rows = await c.execute(
        " union all ".join(parts),
        {"urgent": urgent, "limit": limit} | {f"after_{name}": afters[name] for name in names},
    )
    return sorted((event_of(row[0], row[1:]) for row in rows), key=lambda event: event.seq)


async def read_heads(
    c: Connection, source: str, *, urgent: bool, after: int, upto: int, limit: int
) -> list[tuple[int, str, int]]:
    """Like `read_lane`, but only (seq, subject, sequence): what the reconciler compares."""
    rows = await c.execute(
        f"select seq, subject, sequence from {source}.outbox"
        " where urgent = :urgent and seq > :after and seq <= :upto order by seq limit :limit",
        {"urgent": urgent, "after": after, "upto": upto, "limit": limit},
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def read_spans(c: Connection, source: str, spans: Sequence[tuple[str, int, int]]) -> list[Event]:
    """The events (subject, first, last) that each span names, both ends included, in the log's order."""
    rows = await c.execute(
        f"select {_COLUMNS} from {source}.outbox o join unnest(cast(:subjects as text[]), cast(:first as int[]),"
        " cast(:last as int[])) w(s, f, l) on o.subject = w.s and o.sequence between w.f and w.l order by o.seq",
        {"subjects": [s for s, _, _ in spans], "first": [f for _, f, _ in spans], "last": [n for _, _, n in spans]},
    )
    return [event_of(source, row) for row in rows]


async def read_after(c: Connection, source: str, heard: Sequence[tuple[str, int]]) -> list[Event]:
    """All events of each subject behind the sequence that was heard of it."""
    return await read_spans(c, source, [(subject, sequence + 1, 2_147_483_647) for subject, sequence in heard])


async def ends(c: Connection, source: str, reader: str) -> dict[bool, tuple[int, int]]:
    """Each lane's last committed position, and how far a reader of that stage's own is; key: urgent. 0 is none."""
    rows = await c.execute(
        f"select u, coalesce((select seq from {source}.outbox where urgent = u order by seq desc limit 1), 0),"
        f" coalesce((select position from {source}.cursor where reader = :r and source = :s and lane = l), 0)"
        " from (values (true, 'urgent'), (false, 'ordinary')) lanes(u, l)",
        {"r": reader, "s": source},
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def append(c: Connection, said: Sequence[Said]) -> None:
    """The last statement before the commit: put the events into the log, in commit order."""
    await c.execute(
        "insert into outbox (event_id, subject, sequence, urgent, type, payload, headers, after, occurred_at)"
        " select i, s, q, u, t, p::jsonb, h::jsonb, a::jsonb, o from unnest(cast(:i as uuid[]), cast(:s as text[]),"
        " cast(:q as int[]), cast(:u as bool[]), cast(:t as text[]), cast(:p as text[]), cast(:h as text[]),"
        " cast(:a as text[]), cast(:o as timestamptz[])) with ordinality w(i, s, q, u, t, p, h, a, o, n) order by n",
        {
            "i": [x.id for x in said],
            "s": [x.subject for x in said],
            "q": [x.sequence for x in said],
            "u": [x.urgent for x in said],
            "t": [x.type for x in said],
            "p": [x.payload for x in said],
            "h": [x.headers for x in said],
            "a": [x.after for x in said],
            "o": [x.occurred_at for x in said],
        },
    )


async def positions(c: Connection, reader: str) -> dict[tuple[str, str], int]:
    """How far `reader` has read: (source, lane) → position."""
    rows = await c.execute("select source, lane, position from cursor where reader = :r", {"r": reader})
    return {(row[0], row[1]): row[2] for row in rows}


async def cursors_of(c: Connection, schema: str, reader: str, source: str) -> dict[str, int]:
    """How far `reader` of the stage with that schema has read `source`: lane → position; never read is not there."""
    rows = await c.execute(
        f"select lane, position from {schema}.cursor where reader = :r and source = :s",
        {"r": reader, "s": source},
    )
    return {row[0]: row[1] for row in rows}


async def last_of_day(c: Connection, day: str) -> dict[bool, int]:
    """The last position of each lane (key: urgent) in a day's partition; a lane without events is not there."""
    rows = await c.execute(
        "select u, seq from (values (true), (false)) lanes(u),"
        f" lateral (select seq from {day} where urgent = u order by seq desc limit 1) last"
    )
    return {row[0]: row[1] for row in rows}


async def pass_cursor(c: Connection, reader: str, source: str, lane: str, after: int, to: int) -> bool:
    """Move a cursor on from where it is believed to be; false where it is elsewhere, or another replica has it."""
    where = {"r": reader, "s": source, "l": lane, "after": after, "to": to}
    moved = await c.execute(_PASS, where)
    if moved.first() is None and after == 0:
        await c.execute(
            "insert into cursor (reader, source, lane) values (:r, :s, :l) on conflict do nothing",
            {"r": reader, "s": source, "l": lane},
        )
        moved = await c.execute(_PASS, where)
        return moved.first() is not None
    return bool(moved)


_PASS = (
    "update cursor set position = :to where (reader, source, lane) in (select reader, source, lane from cursor"
    " where reader = :r and source = :s and lane = :l and position = :after for update skip locked) returning position"
)


async def lock_cursor(c: Connection, reader: str, source: str, lane: str) -> int | None:
    """Lock a cursor and answer its position; None while another replica holds it."""
    await c.execute(
        "insert into cursor (reader, source, lane) values (:r, :s, :l) on conflict do nothing",
        {"r": reader, "s": source, "l": lane},
    )
    row = (
        await c.execute(
            "select position from cursor where reader = :r and source = :s and lane = :l for update skip locked",
            {"r": reader, "s": source, "l": lane},
        )
    ).first()
    return None if row is None else int(row[0])


async def move_cursor(c: Connection, reader: str, source: str, lane: str, position: int) -> None:
    """Move a cursor that this transaction has locked."""
    await c.execute(
        "update cursor set position = :p where reader = :r and source = :s and lane = :l",
        {"p": position, "r": reader, "s": source, "l": lane},
    )


async def forget_cursor(c: Connection, reader: str, source: str) -> None:
    """A source that is no more has no cursors."""
    await c.execute("delete from cursor where reader = :r and source = :s", {"r": reader, "s": source})


async def hold(c: Connection, events: Sequence[Event], error: str, now: datetime) -> int:
    """Copy events whole into the dead letters; answers how many were new there."""
    done = await c.execute(
        "insert into dead_letter (source, subject, sequence, type, event, error, held_at)"
        " select so, su, q, t, e::jsonb, :error, :now from unnest(cast(:so as text[]), cast(:su as text[]),"
        " cast(:q as int[]), cast(:t as text[]), cast(:e as text[])) w(so, su, q, t, e) on conflict do nothing returning 1",
        {
            "so": [e.source for e in events],
            "su": [e.subject for e in events],
            "q": [e.sequence for e in events],
            "t": [e.type for e in events],
            "e": [json.dumps(as_json(e)) for e in events],
            "error": error,
            "now": now,
        },
    )
    return len(done)


def as_json(event: Event) -> Mapping[str, object]:
    """An event whole, as a dead letter keeps it."""
    return {
        "source": event.source, "seq": event.seq, "id": str(event.id), "subject": event.subject,
        "sequence": event.sequence, "urgent": event.urgent, "type": event.type, "payload": json.loads(event.payload),
        "headers": dict(event.headers), "after": dict(event.after), "occurred_at": event.occurred_at.isoformat(),
    }  # fmt: skip


def from_json(raw: Mapping[str, Any]) -> Event:
    """An event back from a dead letter, which is as good as its log: that may no longer have it."""
    return Event(
        raw["source"], max(raw["seq"], 1), UUID(raw["id"]), raw["subject"], raw["sequence"], raw["urgent"], raw["type"],
        json.dumps(raw["payload"]), raw["headers"], raw["after"], datetime.fromisoformat(raw["occurred_at"]),
    )  # fmt: skip
