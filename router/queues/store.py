"""The queues' SQL: counts, what waits, and picking one that nobody else is picking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backbone.log.tx import Tx
from backbone.postgres.connection import Connection

_SEEN = "(cast(:contracts as text[]) is null or d.contract = any(cast(:contracts as text[])))"
_SPOKEN = (
    "(cast(:languages as text[]) is null or split_part(lower(d.language), '-', 1) = any(cast(:languages as text[])))"
)
_NEXT = (
    "select s.subject from subject s join desk d on d.subject = s.subject where d.queue = :queue"
    f" and d.state = 'open' and d.owner is null and {_SPOKEN} and {_SEEN}"
    " order by d.due_at, d.subject limit 1 for update of s"
)


#: Where an incident stands in its queue: when it is due (None: nothing is owed), and its id.
Place = tuple[datetime | None, str]


@dataclass(frozen=True, slots=True)
class Count:
    """How many incidents of a queue are open, how many of them have no owner, and when the first of these is due."""

    open: int
    waiting: int
    next_due_at: datetime | None


EMPTY = Count(0, 0, None)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open incident of a queue."""

    subject: str
    number: str
    contract: str | None
    severity: str
    language: str
    owner: str | None
    due_at: datetime | None
    opened_at: datetime


async def counts(c: Connection, contracts: Sequence[str] | None) -> dict[str, Count]:
    """Queue → counts, of the contracts that are seen (None: all)."""
    rows = await c.execute(
        "select queue, count(*), count(*) filter (where owner is null), min(due_at) filter (where owner is null)"
        f" from desk d where state = 'open' and {_SEEN} group by queue",
        {"contracts": contracts},
    )
    return {row[0]: Count(row[1], row[2], row[3]) for row in rows}


async def waiting(
    c: Connection, queue: str, contracts: Sequence[str] | None, after: Place | None, limit: int
) -> list[Waiting]:
    """The open incidents of a queue by due instant, those that owe nothing last; behind the place `after`."""
    due_at, subject = after or (None, "")
    if after is None:
        behind = [""]
    elif due_at is None:
        behind = [" and due_at is null and subject > :subject"]
    else:
        # A null is greater than nothing: what owes nothing is a second range of the same index.
        behind = [" and (due_at, subject) > (:due_at, :subject)", " and due_at is null"]
    order = "order by due_at, subject limit :limit"
    found = " union all ".join(
        "(select subject, incident_number, contract, severity, language, owner, due_at, opened_at from desk d"
        f" where queue = :queue and state = 'open' and {_SEEN}{place} {order})"
        for place in behind
    )
    rows = await c.execute(
        f"select * from ({found}) d {order}",
        {"queue": queue, "contracts": contracts, "limit": limit, "due_at": due_at, "subject": subject},
    )
    return [Waiting(*row) for row in rows]


async def pick(tx: Tx, queue: str, languages: Sequence[str] | None, contracts: Sequence[str] | None) -> str | None:
    """The open, unowned incident that is due first and that nobody else is picking; its subject's row is locked.

    Where all that are left are in somebody's hands at this moment, it is waited for what becomes of the first.
    """
    wanted = {"queue": queue, "languages": languages, "contracts": contracts}
    while True:
        row = (await tx.execute(f"{_NEXT} skip locked", wanted)).first() or (await tx.execute(_NEXT, wanted)).first()
        if row is None:
            return None
        # The join was read before the lock was had: what it said may be over.
        still = await tx.execute(
            f"select 1 from desk d where subject = :s and queue = :queue and owner is null and state = 'open' and {_SPOKEN}",
            {"s": row[0], "queue": queue, "languages": languages},
        )
        if still.first() is not None:
            return str(row[0])
