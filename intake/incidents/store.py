"""The SQL of taking incidents: a whole batch in one statement, durable when it returns.

Incidents, keys and events are one statement, so that one round trip is one commit; a key that is there makes it fail
whole, and what failed is looked up and tried again without the repeats.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import uuid_utils

from backbone.postgres.connection import Connection
from backbone.postgres.direct import Direct
from backbone.web.idempotency import KEPT

from .accepted import Accepting, Conflict, Outcome, Repeated

#: Keys that are forgotten in one transaction.
_FORGOTTEN = 5_000

#: Lists come as lines, one a report: the driver encodes a text in one go, and an array value by value. The number is drawn
#: first, so that the three tables are written from the same rows, each row's JSON parsed once.
_TAKE = """
with given as materialized (
    select id, event::uuid, sender, by::jsonb, urgent::bool, submitted, received, headers::jsonb, report::jsonb,
        contract, reference, key, decode(digest, 'hex') as digest, nextval('incident_number_seq') as number
    from unnest(
        string_to_array($1, E'\\n'), string_to_array($2, E'\\n'), string_to_array($3, E'\\n'), string_to_array($4, E'\\n'),
        string_to_array($5, E'\\n'), string_to_array($6, E'\\n'), string_to_array($7, E'\\n'), string_to_array($8, E'\\n'),
        string_to_array($9, E'\\n'), string_to_array($10, E'\\n', ''), string_to_array($11, E'\\n', ''),
        string_to_array($12, E'\\n', ''), string_to_array($13, E'\\n')
    ) as lines(id, event, sender, by, urgent, submitted, received, headers, report, contract, reference, key, digest)
), made as (
    insert into incident (number, subject, urgent, sender, reference, contract, opened_at, updated_at, report, view)
    overriding system value
    select number, id, urgent, sender, reference, contract, submitted::timestamptz, received::timestamptz, report,
        jsonb_build_object('received_at', received)
    from given
), kept as (
    insert into remembered (sender, kind, value, subject, digest, remembered_at, forget_at)
    select sender, 'key', key, id, digest, received::timestamptz, received::timestamptz + $14::interval
    from given where key is not null
    union all
    select sender, 'reference', reference, id, digest, received::timestamptz, null
    from given where reference is not null
), said as (
    insert into outbox (event_id, subject, sequence, urgent, type, payload, headers, after, occurred_at)
    select event, id, 1, urgent, 'incident.reported', jsonb_build_object(
            'number', 'INC-' || lpad(number::text, greatest(6, length(number::text)), '0'), 'report', report,
            'submitted_at', submitted, 'received_at', received, 'by', by
        ), headers, '{}', received::timestamptz
    from given
)
select id, number from given
"""


async def take(direct: Direct, batch: Sequence[Accepting]) -> dict[str, str]:
    """Make a batch durable in one statement, which is its own transaction. Answers id → number.

    Raises asyncpg.IntegrityConstraintViolationError, with nothing taken, where a key of the batch is there already.
    """
    rows = await direct.fetch(
        _TAKE,
        _lines([x.id for x in batch]),
        _lines([str(uuid_utils.uuid7()) for _ in batch]),
        _lines([x.sender for x in batch]),
        _lines([x.by for x in batch]),
        _lines(["t" if x.urgent else "f" for x in batch]),
        _lines([x.submitted for x in batch]),
        _lines([x.received for x in batch]),
        _lines([x.headers for x in batch]),
        _lines([x.report_json for x in batch]),
        _lines([x.report.contract or "" for x in batch]),
        _lines([x.report.reference or "" for x in batch]),
        _lines([x.key or "" for x in batch]),
        _lines([x.digest.hex() for x in batch]),
        KEPT,
    )
    return {row[0]: number_of(row[1]) for row in rows}


def _lines(values: list[str]) -> str:
    """One value a line; none holds a line's end, or all behind it would belong to the wrong report. Raises ValueError."""
    lines = "\n".join(values)
    if lines.count("\n") != len(values) - 1:
        raise ValueError("a value that is to stand on one line has a line's end in it")
    return lines


async def seen(c: Connection, batch: Sequence[Accepting], now: datetime) -> dict[str, Outcome]:
    """Which of a batch are repeats or conflicts by what is remembered: id → outcome; expired keys are forgotten."""
    keys = [key for x in batch for key in x.keys]
    if not keys:
        return {}
    senders, kinds, values = (list(part) for part in zip(*keys, strict=True))
    await c.execute(
        "delete from remembered r using unnest(cast(:s as text[]), cast(:k as text[]), cast(:v as text[])) w(s, k, v)"
        " where r.sender = w.s and r.kind = w.k and r.value = w.v and r.forget_at < :now",
        {"s": senders, "k": kinds, "v": values, "now": now},
    )
    rows = await c.execute(
        "select r.sender, r.kind, r.value, r.subject, r.digest from remembered r"
        " join unnest(cast(:s as text[]), cast(:k as text[]), cast(:v as text[])) w(s, k, v)"
        " on r.sender = w.s and r.kind = w.k and r.value = w.v",
        {"s": senders, "k": kinds, "v": values},
    )
    known = {(r[0], r[1], r[2]): (r[3], bytes(r[4])) for r in rows}
    found: dict[str, Outcome] = {}
    new: list[tuple[Accepting, str, str]] = []
    for item in batch:
        hits = [hit for key in item.keys if (hit := known.get(key)) is not None]
        if not hits:
            continue
        subjects = {subject for subject, _ in hits}
        if len(subjects) > 1:
            found[item.id] = Conflict(hits[0][0], "the key and the reference belong to different incidents")
        elif any(digest != item.digest for _, digest in hits):
            found[item.id] = Conflict(hits[0][0], "the key or reference was used before, with another body")
        else:
            found[item.id] = Repeated(hits[0][0])
            if item.key is not None and (item.sender, "key", item.key) not in known:
                new.append((item, item.key, hits[0][0]))
    if new:
        await _remember(c, new)
    return found


async def _remember(c: Connection, keys: Sequence[tuple[Accepting, str, str]]) -> None:
    """Keep keys that came with a reference that was known: (report, key, incident). They are keys from now on."""
    await c.execute(
        "insert into remembered (sender, kind, value, subject, digest, remembered_at, forget_at)"
        " select s, 'key', v, i, d, a, f from unnest(cast(:s as text[]), cast(:v as text[]), cast(:i as text[]),"
        " cast(:d as bytea[]), cast(:a as timestamptz[]), cast(:f as timestamptz[])) w(s, v, i, d, a, f)"
        " on conflict do nothing",
        {
            "s": [item.sender for item, _, _ in keys],
            "v": [value for _, value, _ in keys],
            "i": [incident for _, _, incident in keys],
            "d": [item.digest for item, _, _ in keys],
            "a": [item.received_at for item, _, _ in keys],
            "f": [item.received_at + KEPT for item, _, _ in keys],
        },
    )


async def numbers_of(c: Connection, ids: Sequence[str]) -> dict[str, str]:
    """id → number of those that are durable: what became of a batch whose connection died in the commit."""
    rows = await c.execute(
        "select subject, number from incident where subject = any(cast(:ids as text[]))", {"ids": list(ids)}
    )
    return {row[0]: number_of(row[1]) for row in rows}


def number_of(number: int) -> str:
    """`INC-000042`."""
    return f"INC-{number:06d}"


async def forget(c: Connection, now: datetime) -> bool:
    """Forget keys whose time is over; answers whether there may be more of them."""
    done = await c.execute(
        "delete from remembered where ctid in (select ctid from remembered where forget_at < :now limit :most)"
        " returning 1",
        {"now": now, "most": _FORGOTTEN},
    )
    return len(done) == _FORGOTTEN
