"""The SQL of taking incidents: a whole batch in one statement, durable when it returns.

Incidents, keys and events are one statement, so that one round trip is one commit; a key that is there makes it fail
whole, and what failed is looked up and tried again without the repeats.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import uuid_utils
from pydantic_core import to_json
from sqlalchemy import text

from backbone.postgres.connection import Connection
from backbone.postgres.direct import Direct
from services.instants import write_instant

from .accepted import Accepting, Conflict, Outcome, Repeated

#: How long an Idempotency-Key is remembered at least; a reference is until a day after its incident's closure.
KEY_KEPT = timedelta(hours=24)

_TAKE = """
with given as (
    select * from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::bool[], $6::text[], $7::timestamptz[],
        $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[])
        with ordinality as g(id, event, sender, reference, urgent, contract, at, submitted, report, view, told, headers, place)
), made as (
    insert into incident (subject, urgent, sender, reference, contract, opened_at, updated_at, report, view)
    select id, urgent, sender, reference, contract, submitted, at, report::jsonb, view::jsonb from given order by place
    returning subject, number
), kept as (
    insert into remembered (sender, kind, value, subject, digest, remembered_at, forget_at)
    select * from unnest($13::text[], $14::text[], $15::text[], $16::text[], $17::bytea[], $18::timestamptz[],
        $19::timestamptz[])
), numbered as (
    select g.*, 'INC-' || lpad(m.number::text, greatest(6, length(m.number::text)), '0') as number
    from given g join made m on m.subject = g.id
), said as (
    insert into outbox (event_id, subject, sequence, urgent, type, payload, headers, after, occurred_at)
    select event, id, 1, urgent, 'incident.reported', ('{"number":"' || number || '",' || told)::jsonb, headers::jsonb,
        '{}', at
    from numbered order by place
)
select id, number from numbered
"""


async def take(direct: Direct, batch: Sequence[Accepting]) -> dict[str, str]:
    """Make a batch durable in one statement, which is its own transaction. Answers id → number.

    Raises asyncpg.IntegrityConstraintViolationError, with nothing taken, where a key of the batch is there already.
    """
    keys = [(item, kind, value) for item in batch for kind, value in item.keys]
    received = [write_instant(x.received_at) for x in batch]
    rows = await direct.fetch(
        _TAKE,
        [x.id for x in batch],
        [uuid_utils.uuid7() for _ in batch],
        [x.sender for x in batch],
        [x.report.reference for x in batch],
        [x.urgent for x in batch],
        [x.report.contract for x in batch],
        [x.received_at for x in batch],
        [x.submitted_at for x in batch],
        [x.report_json for x in batch],
        [f'{{"received_at":"{at}"}}' for at in received],
        [
            f'"report":{x.report_json},"submitted_at":"{write_instant(x.submitted_at)}","received_at":"{at}",'
            f'"by":{to_json(x.by).decode()}}}'
            for x, at in zip(batch, received, strict=True)
        ],
        [x.headers for x in batch],
        [x.sender for x, _, _ in keys],
        [kind for _, kind, _ in keys],
        [value for _, _, value in keys],
        [x.id for x, _, _ in keys],
        [x.digest for x, _, _ in keys],
        [x.received_at for x, _, _ in keys],
        [x.received_at + KEY_KEPT if kind == "key" else None for x, kind, _ in keys],
    )
    return {row[0]: row[1] for row in rows}


async def seen(c: Connection, batch: Sequence[Accepting], now: datetime) -> dict[str, Outcome]:
    """Which of a batch are repeats or conflicts by what is remembered: id → outcome; expired keys are forgotten."""
    keys = [(x, kind, value) for x in batch for kind, value in x.keys]
    if not keys:
        return {}
    await c.execute(
        text(
            "delete from remembered r using unnest(cast(:s as text[]), cast(:k as text[]), cast(:v as text[])) w(s, k, v)"
            " where r.sender = w.s and r.kind = w.k and r.value = w.v and r.forget_at < :now"
        ),
        {"s": [x.sender for x, _, _ in keys], "k": [k for _, k, _ in keys], "v": [v for _, _, v in keys], "now": now},
    )
    rows = await c.execute(
        text(
            "select r.sender, r.kind, r.value, r.subject, r.digest from remembered r"
            " join unnest(cast(:s as text[]), cast(:k as text[]), cast(:v as text[])) w(s, k, v)"
            " on r.sender = w.s and r.kind = w.k and r.value = w.v"
        ),
        {"s": [x.sender for x, _, _ in keys], "k": [k for _, k, _ in keys], "v": [v for _, _, v in keys]},
    )
    known = {(r[0], r[1], r[2]): (r[3], bytes(r[4])) for r in rows}
    found: dict[str, Outcome] = {}
    new: list[tuple[Accepting, str, str]] = []
    for item in batch:
        hits = [hit for kind, value in item.keys if (hit := known.get((item.sender, kind, value))) is not None]
        if not hits:
            continue
        subjects = {subject for subject, _ in hits}
        if len(subjects) > 1:
            found[item.id] = Conflict(hits[0][0], "the key and the reference belong to different incidents")
        elif any(digest != item.digest for _, digest in hits):
            found[item.id] = Conflict(hits[0][0], "the key or reference was used before, with another body")
        else:
            found[item.id] = Repeated(hits[0][0])
            new += [(item, value, hits[0][0]) for kind, value in item.keys if (item.sender, kind, value) not in known]
    if new:
        await _remember(c, new)
    return found


async def _remember(c: Connection, keys: Sequence[tuple[Accepting, str, str]]) -> None:
    """Keep keys that came with a reference that was known: (report, key, incident). They are keys from now on."""
    await c.execute(
        text(
            "insert into remembered (sender, kind, value, subject, digest, remembered_at, forget_at)"
            " select s, 'key', v, i, d, a, f from unnest(cast(:s as text[]), cast(:v as text[]), cast(:i as text[]),"
            " cast(:d as bytea[]), cast(:a as timestamptz[]), cast(:f as timestamptz[])) w(s, v, i, d, a, f)"
            " on conflict do nothing"
        ),
        {
            "s": [item.sender for item, _, _ in keys],
            "v": [value for _, value, _ in keys],
            "i": [incident for _, _, incident in keys],
            "d": [item.digest for item, _, _ in keys],
            "a": [item.received_at for item, _, _ in keys],
            "f": [item.received_at + KEY_KEPT for item, _, _ in keys],
        },
    )


async def numbers_of(c: Connection, ids: Sequence[str]) -> dict[str, str]:
    """id → number of those that are durable: what became of a batch whose connection died in the commit."""
    rows = await c.execute(
        text("select subject, number from incident where subject = any(cast(:ids as text[]))"), {"ids": list(ids)}
    )
    return {row[0]: number_of(row[1]) for row in rows}


def number_of(number: int) -> str:
    """`INC-000042`."""
    return f"INC-{number:06d}"


async def forget(c: Connection, now: datetime) -> int:
    """Forget the keys whose time is over; answers how many."""
    done = await c.execute(
        text(
            "delete from remembered where ctid in (select ctid from remembered where forget_at < :now limit 5000)"
            " returning 1"
        ),
        {"now": now},
    )
    return len(done)
