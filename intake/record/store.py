"""The record's SQL: read by id, number or filter; written back by the batch; facts of the other stages beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from backbone.log.event import Event
from backbone.log.subjects import ARRAYS, NAMES, SET, arrays
from backbone.log.tx import Tx
from backbone.postgres.connection import Connection

from .record import Record, of_row

COLUMNS = (
    "subject, number, state, version, contract, sender, reference, opened_at, updated_at, closed_at, report::text,"
    " view::text, flags"
)
#: Facts that are kept in one transaction: while it runs, no report is taken.
_KEPT = 1_000
_NUMBER = re.compile(r"INC-(\d{1,12})", re.IGNORECASE)


async def find(c: Connection, id_or_number: str) -> Record | None:
    """The record of an id or a number (`INC-000042`)."""
    match = _NUMBER.fullmatch(id_or_number)
    where, value = ("number = :v", int(match[1])) if match else ("subject = :v", id_or_number)
    row = (await c.execute(f"select {COLUMNS} from incident where {where}", {"v": value})).first()
    return of_row(row) if row is not None else None


async def load(tx: Tx, ids: Sequence[str]) -> dict[str, Record]:
    """The records of locked incidents."""
    rows = await tx.execute(
        f"select {COLUMNS} from incident where subject = any(cast(:ids as text[]))", {"ids": list(ids)}
    )
    return {row[0]: of_row(row) for row in rows}


async def save(tx: Tx, records: Sequence[Record]) -> None:
    """Write records back in one statement, with what was heard and said of them; a report that is as it was stays.

    What is heard or said of them after that is written once more.
    """
    rows = [tx.subjects[r.id] for r in records]
    await tx.execute(
        "update incident i set state = w.state, version = w.version, contract = w.contract, severity = w.severity,"
        " queue = w.queue, owner = w.owner, flags = array(select jsonb_array_elements_text(w.flags::jsonb)),"
        " updated_at = w.updated_at, closed_at = w.closed_at, report = coalesce(w.report::jsonb, i.report),"
        f" view = w.view::jsonb, {SET}"
        " from unnest(cast(:id as text[]), cast(:state as text[]), cast(:version as int[]), cast(:contract as text[]),"
        " cast(:severity as text[]), cast(:queue as text[]), cast(:owner as text[]), cast(:flags as text[]),"
        " cast(:updated_at as timestamptz[]), cast(:closed_at as timestamptz[]), cast(:report as text[]),"
        f" cast(:view as text[]), {ARRAYS}) w(id, state, version, contract, severity, queue, owner, flags, updated_at,"
        f" closed_at, report, view, {NAMES}) where i.subject = w.id",
        {
            "id": [r.id for r in records],
            "state": [r.state for r in records],
            "version": [r.version for r in records],
            "contract": [r.contract for r in records],
            "severity": [r.severity for r in records],
            "queue": [(r.decision or {}).get("queue") for r in records],
            "owner": [(r.view.get("owner") or {}).get("id") for r in records],
            "flags": [to_json(r.flags).decode() for r in records],
            "updated_at": [r.updated_at for r in records],
            "closed_at": [r.closed_at for r in records],
            "report": [None if r.report is r.stored_report else to_json(r.report).decode() for r in records],
            "view": [to_json(r.view).decode() for r in records],
            **arrays(rows),
        },
    )
    for row in rows:
        row.changed = False


async def note(tx: Tx, events: Sequence[Event]) -> None:
    """Keep the other stages' facts, in intake's commit order."""
    await tx.execute(
        "insert into fact (position, subject, stage, sequence, type, at, payload)"
        " select nextval((select pg_get_serial_sequence('outbox', 'seq')::regclass)), s, g, q, t, a, p::jsonb"
        " from unnest(cast(:s as text[]), cast(:g as text[]), cast(:q as int[]), cast(:t as text[]),"
        " cast(:a as timestamptz[]), cast(:p as text[])) with ordinality w(s, g, q, t, a, p, place) order by place"
        " on conflict on constraint fact_once do nothing",
        {
            "s": [e.subject for e in events],
            "g": [e.source for e in events],
            "q": [e.sequence for e in events],
            "t": [e.type for e in events],
            "a": [e.occurred_at for e in events],
            "p": [e.payload for e in events],
        },
    )


#: The contract that an incident is under, and the moves to it; each is looked up, and never joined over the whole table.
_UNDER = (
    "(select contract from incident where subject = {0}), (select view ->> 'left' from incident where subject = {0})"
)
_FACTS = (
    "(select position, subject, stage, type, at, payload, sequence from fact{where} union all"
    " select seq, subject, 'intake', type, occurred_at, payload, sequence from outbox{where2})"
)


async def timeline(c: Connection, id_: str, after: int, limit: int, types: Sequence[str] | None = None) -> list[Any]:
    """(position, subject, stage, type, at, payload, sequence, contract, left) of an incident's facts behind a position, in
    order. The last two are of the record, read with them: the contract that it is under, and the moves to it."""
    facts = _FACTS.format(
        where=" where subject = :id and position > :after", where2=" where subject = :id and seq > :after"
    )
    only = "" if types is None else " where type = any(cast(:types as text[]))"
    rows = await c.execute(
        "select distinct on (position) position, subject, stage, type, at, payload::text, sequence,"
        f" {_UNDER.format(':id')} from {facts} f{only}"
        " order by position limit :limit",
        {"id": id_, "after": after, "limit": limit} | ({} if types is None else {"types": list(types)}),
    )
    return list(rows)


async def since(c: Connection, after: int, limit: int) -> list[Any]:
    """What `timeline` tells of one, of all facts behind a position, in order."""
    rows = await c.execute(
        f"select f.position, f.subject, f.stage, f.type, f.at, f.payload, f.sequence, {_UNDER.format('f.subject')}"
        " from (select distinct on (position) * from ("
        " (select position, subject, stage, type, at, payload::text as payload, sequence from fact"
        " where position > :after order by position limit :limit) union all"
        " (select seq, subject, 'intake', type, occurred_at, payload::text, sequence from outbox"
        " where urgent and seq > :after order by seq limit :limit) union all"
        " (select seq, subject, 'intake', type, occurred_at, payload::text, sequence from outbox"
        " where not urgent and seq > :after order by seq limit :limit)) u order by position limit :limit) f"
        " order by f.position",
        {"after": after, "limit": limit},
    )
    return list(rows)


async def last_position(c: Connection) -> int:
    """The last position that anything stands at."""
    row = await c.execute(
        "select greatest(coalesce((select max(position) from fact), 0),"
        " coalesce((select seq from outbox where urgent order by seq desc limit 1), 0),"
        " coalesce((select seq from outbox where not urgent order by seq desc limit 1), 0))"
    )
    return int(row.scalar_one())


async def first_position(c: Connection) -> int:
    """The first position that is still held."""
    row = await c.execute(
        "select least(coalesce((select min(position) from fact), 9223372036854775807),"
        " coalesce((select seq from outbox where urgent order by seq limit 1), 9223372036854775807),"
        " coalesce((select seq from outbox where not urgent order by seq limit 1), 9223372036854775807))"
    )
    return int(row.scalar_one())


async def listed(c: Connection, where: Mapping[str, Any], before: str | None, limit: int) -> list[Record]:
    """Records by filter, newest first, older than the id `before`."""
    return [of_row(row) for row in await _listed(c, COLUMNS, where, before, limit)]


async def settled(c: Connection, where: Mapping[str, Any], before: str | None, limit: int) -> list[Any]:
    """(id, number, severity, the clocks that were met or breached, as JSON) by filter, newest first, older than `before`."""
    clocks = """jsonb_path_query_array(view, '$.clocks[*] ? (@.state == "met" || @.state == "breached")')::text"""
    return await _listed(c, f"subject, number, severity, {clocks}", where, before, limit)


async def _listed(c: Connection, what: str, where: Mapping[str, Any], before: str | None, limit: int) -> list[Any]:
    given = {name: value for name, value in where.items() if value is not None}
    clauses = ["true", *(_FILTERS[name] for name in given)]
    if before is not None:
        clauses.append("subject < :before")
        given["before"] = before
    rows = await c.execute(
        f"select {what} from incident where {' and '.join(clauses)} order by subject desc limit :limit",
        {**given, "limit": limit},
    )
    return list(rows)


_FILTERS = {
    "state": "state = :state",
    "severity": "severity = :severity",
    "queue": "queue = :queue",
    "contract": "contract = :contract",
    "contracts": "contract = any(cast(:contracts as text[]))",
    "flag": "flags @> array[cast(:flag as text)]",
    "reference": "reference = :reference",
    "owner": "owner = :owner",
    # What was opened since was changed since, by whatever clock: so it is found by an index.
    "opened_after": "opened_at > :opened_after and updated_at > cast(:opened_after as timestamptz) - interval '1 day'",
    "updated_after": "updated_at > :updated_after",
    "updated_from": "updated_at >= :updated_from",
    "opened_before": "opened_at < :opened_before",
}


async def keep_day(tx: Tx, partition: str, after: int) -> int | None:
    """Before a day of the log is dropped: what intake itself said that day stays on the record, some behind `after`.

    Answers how far that is; None where nothing is left to keep.
    """
    lanes = " union all ".join(
        f"(select * from {partition} where {lane} and seq > :after order by seq limit :most)"
        for lane in ("urgent", "not urgent")
    )
    kept = await tx.execute(
        f"with page as ({lanes} order by seq limit :most), kept as ("
        "insert into fact (position, subject, stage, sequence, type, at, payload)"
        " select seq, subject, 'intake', sequence, type, occurred_at, payload from page on conflict do nothing)"
        " select max(seq) from page",
        {"after": after, "most": _KEPT},
    )
    upto: int | None = kept.scalar_one()
    return upto


async def forget_reference(tx: Tx, id_: str, forget_at: datetime | None) -> None:
    """A reference is remembered until `forget_at` (None: while the incident is open)."""
    await tx.execute(
        "update remembered set forget_at = :at where subject = :id and kind = 'reference'", {"at": forget_at, "id": id_}
    )
