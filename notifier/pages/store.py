"""The SQL of pages: read and written a batch at a time, whatever the batch holds.

What is over is never moved again: the tables refuse it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from backbone.log.tx import Tx
from notifier.messages import Reason
from notifier.pages.incident import INCIDENT, Incident
from notifier.pages.page import AttemptOutcome, Page, PageAttempt, Purpose, Side, State

PAGE_COLUMNS = (
    "p.id, p.incident, p.purpose, p.side, p.person, p.name, p.cause, p.reason, p.happened, p.clocks, p.urgent,"
    " p.wants_ack, p.round_at, p.created_at, p.next_at, p.state, p.reached, p.step, p.round, p.tries, p.attempts,"
    " p.channel, p.holder, p.acknowledged_at, p.acknowledged_by, p.ended"
)
ATTEMPT_COLUMNS = "a.id, a.page, a.incident, a.channel, a.address, a.at, a.outcome, a.detail, a.repeat, a.provider_id"

#: Each column of a page, and the type of its array; `clocks` go as words, since arrays of arrays don't unnest.
_TYPES = {
    "id": "uuid", "incident": "text", "purpose": "text", "side": "text", "person": "text", "name": "text",
    "cause": "text", "reason": "text", "happened": "text", "clocks": "text", "urgent": "bool", "wants_ack": "bool",
    "round_at": "timestamptz", "created_at": "timestamptz", "next_at": "timestamptz", "state": "text",
    "reached": "text", "step": "int", "round": "int", "tries": "int", "attempts": "int", "channel": "text",
    "holder": "text", "acknowledged_at": "timestamptz", "acknowledged_by": "text", "ended": "text",
}  # fmt: skip
_MOVING = (
    "clocks", "happened", "reason", "round_at", "next_at", "state", "reached", "step", "round", "tries", "attempts",
    "channel", "holder", "acknowledged_at", "acknowledged_by", "ended", "urgent",
)  # fmt: skip
_READ = {"clocks": "coalesce(string_to_array(nullif(clocks, ''), ' '), '{}')"}
_SAVE_PAGES = (
    f"insert into page ({', '.join(_TYPES)}) select {', '.join(_READ.get(c, c) for c in _TYPES)} from unnest("
    + ", ".join(f"cast(:{c} as {t}[])" for c, t in _TYPES.items())
    + f") w({', '.join(_TYPES)}) on conflict (id) do update set "
    + ", ".join(f"{c} = excluded.{c}" for c in _MOVING)
)


def page_of(row: Sequence[Any]) -> Page:
    """A page from a row of PAGE_COLUMNS."""
    return Page(
        id=row[0], incident=row[1], purpose=Purpose(row[2]), side=Side(row[3]), person=row[4], name=row[5],
        cause=row[6], reason=Reason(row[7]), happened=row[8], clocks=tuple(row[9]), urgent=row[10], wants_ack=row[11],
        round_at=row[12], created_at=row[13], next_at=row[14], state=State(row[15]),
        reached=State(row[16]) if row[16] else None, step=row[17], round=row[18], tries=row[19], attempts=row[20],
        channel=row[21], holder=row[22], acknowledged_at=row[23], acknowledged_by=row[24], ended=row[25],
    )  # fmt: skip


def attempt_of(row: Sequence[Any]) -> PageAttempt:
    """An attempt from a row of ATTEMPT_COLUMNS."""
    return PageAttempt(
        id=row[0], page=row[1], incident=row[2], channel=row[3], address=row[4], at=row[5],
        outcome=AttemptOutcome(row[6]), detail=row[7], repeat=row[8], provider_id=row[9],
    )  # fmt: skip


async def incidents(tx: Tx, ids: Iterable[str]) -> dict[str, Incident]:
    """What is known of the incidents, by id."""
    rows = await tx.execute(
        "select id, body::text from incident where id = any(cast(:ids as text[]))", {"ids": list(ids)}
    )
    return {row[0]: INCIDENT.validate_json(row[1]) for row in rows}


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


async def pages(tx: Tx, ids: Iterable[str]) -> list[Page]:
    """All pages of the incidents, oldest first; their subjects are locked."""
    rows = await tx.execute(
        f"select {PAGE_COLUMNS} from page p where incident = any(cast(:ids as text[])) order by id",
        {"ids": list(ids)},
    )
    return [page_of(row) for row in rows]


async def incident_of(tx: Tx, page: UUID) -> str | None:
    """The incident that a page is about."""
    row = (await tx.execute("select incident from page where id = :id", {"id": page})).first()
    return None if row is None else str(row[0])


async def save_pages(tx: Tx, changed: Sequence[Page]) -> None:
    """Write them in one statement; what a page is about never changes."""
    if not changed:
        return
    params: dict[str, list[Any]] = {
        column: [" ".join(page.clocks) if column == "clocks" else getattr(page, column) for page in changed]
        for column in _TYPES
    }
    await tx.execute(_SAVE_PAGES, params)


async def save_attempts(tx: Tx, attempts: Sequence[PageAttempt]) -> None:
    """Write them in one statement; of a known one, what became of it, and by which way it went last."""
    if not attempts:
        return
    await tx.execute(
        "insert into attempt (id, page, incident, channel, address, at, outcome, detail, repeat, provider_id)"
        " select * from unnest(cast(:id as uuid[]), cast(:page as uuid[]), cast(:incident as text[]),"
        " cast(:channel as text[]), cast(:address as text[]), cast(:at as timestamptz[]), cast(:outcome as text[]),"
        " cast(:detail as text[]), cast(:repeat as bool[]), cast(:provider as text[]))"
        " on conflict (id) do update set channel = excluded.channel, address = excluded.address,"
        " outcome = excluded.outcome, detail = excluded.detail, repeat = excluded.repeat,"
        " provider_id = excluded.provider_id",
        {
            "id": [x.id for x in attempts],
            "page": [x.page for x in attempts],
            "incident": [x.incident for x in attempts],
            "channel": [x.channel for x in attempts],
            "address": [x.address for x in attempts],
            "at": [x.at for x in attempts],
            "outcome": [x.outcome for x in attempts],
            "detail": [x.detail for x in attempts],
            "repeat": [x.repeat for x in attempts],
            "provider": [x.provider_id for x in attempts],
        },
    )


async def unfinished(tx: Tx, pages_: Iterable[UUID]) -> dict[UUID, PageAttempt]:
    """Attempts of the pages of which nobody knows whether they left, by page: the last one where there are several."""
    rows = await tx.execute(
        f"select {ATTEMPT_COLUMNS} from attempt a where page = any(cast(:p as uuid[])) and outcome = 'sending'"
        " order by id",
        {"p": list(pages_)},
    )
    return {attempt.page: attempt for attempt in map(attempt_of, rows)}
