"""The SQL of pages and of who sends them: read and written a batch at a time, whatever the batch holds.

What is over is never moved again: the tables refuse it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from backbone.log.tx import Tx
from notifier.messages import Reason
from notifier.pages.incident import INCIDENT, Incident
from notifier.pages.page import OPEN, AttemptOutcome, Page, PageAttempt, Purpose, Side, State

PAGE_COLUMNS = (
    "p.id, p.incident, p.purpose, p.side, p.person, p.name, p.cause, p.reason, p.happened, p.clocks, p.urgent,"
    " p.wants_ack, p.round_at, p.created_at, p.next_at, p.state, p.reached, p.step, p.round, p.tries, p.attempts,"
    " p.channel, p.holder, p.acknowledged_at, p.acknowledged_by, p.ended, p.traceparent, p.under, p.grounds"
)
ATTEMPT_COLUMNS = "a.id, a.page, a.incident, a.channel, a.address, a.at, a.outcome, a.detail, a.repeat, a.provider_id"

#: Each column of a page, and the type of its array; `clocks` and `grounds` go as text, since arrays of arrays don't unnest.
_TYPES = {
    "id": "uuid", "incident": "text", "purpose": "text", "side": "text", "person": "text", "name": "text",
    "cause": "text", "reason": "text", "happened": "text", "clocks": "text", "urgent": "bool", "wants_ack": "bool",
    "round_at": "timestamptz", "created_at": "timestamptz", "next_at": "timestamptz", "state": "text",
    "reached": "text", "step": "int", "round": "int", "tries": "int", "attempts": "int", "channel": "text",
    "holder": "text", "acknowledged_at": "timestamptz", "acknowledged_by": "text", "ended": "text",
    "traceparent": "text", "under": "text", "grounds": "text",
}  # fmt: skip
_MOVING = (
    "clocks", "happened", "reason", "round_at", "next_at", "state", "reached", "step", "round", "tries", "attempts",
    "channel", "holder", "acknowledged_at", "acknowledged_by", "ended", "urgent", "under", "grounds",
)  # fmt: skip
_READ = {c: f"coalesce(string_to_array(nullif({c}, ''), chr(10)), '{{}}')" for c in ("clocks", "grounds")}
_SAVE_PAGES = (
    f"insert into page ({', '.join(_TYPES)}) select {', '.join(_READ.get(c, c) for c in _TYPES)} from unnest("
    + ", ".join(f"cast(:{c} as {t}[])" for c, t in _TYPES.items())
    + f") w({', '.join(_TYPES)}) on conflict (id) do update set "
    + ", ".join(f"{c} = excluded.{c}" for c in _MOVING)
)


@dataclass(frozen=True, slots=True)
class Held:
    """What a replica is sending; `beat` is its last one, None where it never said one."""

    holder: str
    beat: int | None
    pages: tuple[UUID, ...]
    incidents: tuple[str, ...]


def page_of(row: Sequence[Any]) -> Page:
    """A page from a row of PAGE_COLUMNS."""
    return Page(
        id=row[0], incident=row[1], purpose=Purpose(row[2]), side=Side(row[3]), person=row[4], name=row[5],
        cause=row[6], reason=Reason(row[7]), happened=row[8], clocks=tuple(row[9]), urgent=row[10], wants_ack=row[11],
        round_at=row[12], created_at=row[13], next_at=row[14], state=State(row[15]),
        reached=State(row[16]) if row[16] else None, step=row[17], round=row[18], tries=row[19], attempts=row[20],
        channel=row[21], holder=row[22], acknowledged_at=row[23], acknowledged_by=row[24], ended=row[25],
        traceparent=row[26], under=row[27], grounds=tuple(row[28]),
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
        column: ["\n".join(getattr(page, column)) if column in _READ else getattr(page, column) for page in changed]
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


async def attempt_named(tx: Tx, provider_id: str, id_: UUID | None) -> PageAttempt | None:
    """The attempt that a provider calls so, or that has this id of ours."""
    return await _attempt(tx, "provider_id = :p or id = :i", {"p": provider_id, "i": id_})


async def attempt(tx: Tx, id_: UUID) -> PageAttempt | None:
    """An attempt, None where it is there no more."""
    return await _attempt(tx, "id = :i", {"i": id_})


async def _attempt(tx: Tx, where: str, params: dict[str, Any]) -> PageAttempt | None:
    row = (await tx.execute(f"select {ATTEMPT_COLUMNS} from attempt a where {where} limit 1", params)).first()
    return None if row is None else attempt_of(row)


async def lock_due(tx: Tx, *, urgent: bool, busy: frozenset[str], limit: int) -> list[str]:
    """Lock subjects that have due pages in a lane, but for those whose channel has no room; skip what others have."""
    rows = await tx.execute(
        "select subject from subject where subject in (select incident from page where urgent = :urgent"
        " and next_at <= :now and channel <> all(cast(:busy as text[])) order by next_at limit :limit)"
        " order by subject for update skip locked",
        {"urgent": urgent, "now": tx.now, "busy": list(busy), "limit": limit},
    )
    return [row[0] for row in rows]


async def next_due(tx: Tx, *, urgent: bool, busy: frozenset[str]) -> datetime | None:
    """When the next page of a lane is due, but for those whose channel has no room."""
    row = (
        await tx.execute(
            "select next_at from page where urgent = :urgent and next_at is not null"
            " and channel <> all(cast(:busy as text[])) order by next_at limit 1",
            {"urgent": urgent, "busy": list(busy)},
        )
    ).first()
    return None if row is None else row[0]


async def release(tx: Tx, holder: str, pages_: Iterable[UUID]) -> int:
    """Give back what a holder that is gone still has: due at once, and its attempt is in doubt. Answers how many pages.

    What somebody else has taken over meanwhile is theirs."""
    released = await tx.execute(
        "update page set state = coalesce(reached, 'waiting'), holder = null, next_at = :now"
        " where id = any(cast(:p as uuid[])) and holder = :h returning 1",
        {"p": list(pages_), "h": holder, "now": tx.now},
    )
    return len(released)


async def resting_beyond(tx: Tx, furthest: datetime) -> list[str]:
    """Some incidents of which a page rests until later than `furthest`."""
    rows = await tx.execute(
        " union all ".join(
            f"(select incident from page where {lane} and next_at > :furthest order by next_at desc limit 100)"
            for lane in ("urgent", "not urgent")
        ),
        {"furthest": furthest},
    )
    return sorted({row[0] for row in rows})


async def bring_forward(tx: Tx, subjects: list[str], furthest: datetime, step: timedelta) -> None:
    """Make due what rests longer: at once where nothing has left yet, else after `step`; their subjects are locked."""
    await tx.execute(
        "update page set round_at = least(round_at, :now),"
        " next_at = case when attempts = 0 then :now else cast(:step as timestamptz) end"
        " where incident = any(cast(:s as text[])) and next_at > :furthest",
        {"now": tx.now, "step": tx.now + step, "s": subjects, "furthest": furthest},
    )


async def lock_held(tx: Tx, cause: str, limit: int) -> dict[str, int]:
    """Lock subjects that are held here: where no page has been about the letter that holds them (`cause` and its id),
    and none that needs a human is open. Answers the letters by subject."""
    rows = await tx.execute(
        "select s.subject, l.id from subject s, lateral"
        " (select coalesce(min(id), 0) id from dead_letter d where d.subject = s.subject) l"
        " where s.held and not exists"
        " (select from page p where p.incident = s.subject and (p.cause = :cause || l.id"
        " or p.reason = :reason and p.state = any(cast(:open as text[]))))"
        " order by s.subject limit :limit for update of s skip locked",
        {"cause": cause, "reason": Reason.NEEDS_A_HUMAN, "open": [state.value for state in OPEN], "limit": limit},
    )
    return {row[0]: row[1] for row in rows}


async def beat(tx: Tx, holder: str) -> None:
    """One more beat of a replica."""
    await tx.execute(
        "insert into sender (holder, beat) values (:h, 1) on conflict (holder) do update set beat = sender.beat + 1",
        {"h": holder},
    )


async def beats(tx: Tx) -> dict[str, int]:
    """The last beat of every replica that is remembered."""
    return {row[0]: row[1] for row in await tx.execute("select holder, beat from sender")}


async def forget(tx: Tx, holders: list[str]) -> None:
    """Forget replicas, but for those that hold a page."""
    await tx.execute(
        "delete from sender s where holder = any(cast(:h as text[]))"
        " and not exists (select from page p where p.holder = s.holder)",
        {"h": holders},
    )


async def held(tx: Tx) -> list[Held]:
    """What each replica is sending just now."""
    rows = await tx.execute(
        "select p.holder, s.beat, array_agg(p.id), array_agg(distinct p.incident) from page p"
        " left join sender s on s.holder = p.holder where p.holder is not null group by 1, 2"
    )
    return [Held(row[0], row[1], tuple(row[2]), tuple(row[3])) for row in rows]
