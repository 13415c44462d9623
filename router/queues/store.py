"""The queues' SQL: counts, what waits, and picking one that nobody else is picking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.log.tx import Tx
from services.instants import write_instant, write_instant_if

_SEEN = "(cast(:contracts as text[]) is null or contract = any(cast(:contracts as text[])))"


async def counts(c: AsyncConnection, contracts: Sequence[str] | None) -> dict[str, tuple[int, int, str | None]]:
    """Queue → (open, without an owner, when the first of these is due)."""
    rows = await c.execute(
        text(
            "select queue, count(*), count(*) filter (where owner is null), min(due_at) filter (where owner is null)"
            f" from desk where state = 'open' and {_SEEN} group by queue"
        ),
        {"contracts": contracts},
    )
    return {r[0]: (r[1], r[2], write_instant_if(r[3])) for r in rows}


async def waiting(
    c: AsyncConnection, queue: str, contracts: Sequence[str] | None, offset: int, limit: int
) -> list[dict[str, Any]]:
    """The open incidents of a queue by due instant."""
    rows = await c.execute(
        text(
            "select subject, incident_number, contract, severity, language, owner, due_at, opened_at from desk"
            f" where queue = :queue and state = 'open' and {_SEEN}"
            " order by due_at nulls last, subject offset :offset limit :limit"
        ),
        {"queue": queue, "contracts": contracts, "offset": offset, "limit": limit},
    )
    return [
        {
            "incident": r[0], "number": r[1], "contract": r[2], "severity": r[3], "language": r[4], "owner": r[5],
            "due_at": write_instant_if(r[6]),
            "opened_at": write_instant(r[7]),
        }
        for r in rows
    ]  # fmt: skip


async def pick(tx: Tx, queue: str, languages: Sequence[str] | None, contracts: Sequence[str] | None) -> str | None:
    """The open, unowned incident that is due first and that nobody else is picking; its subject's row is locked."""
    row = (
        await tx.execute(
            "select s.subject from subject s join desk d on d.subject = s.subject where d.queue = :queue"
            " and d.state = 'open' and d.owner is null"
            " and (cast(:languages as text[]) is null or d.language = any(cast(:languages as text[])))"
            " and (cast(:contracts as text[]) is null or d.contract = any(cast(:contracts as text[])))"
            " order by d.due_at nulls last, d.subject limit 1 for update of s skip locked",
            {"queue": queue, "languages": languages, "contracts": contracts},
        )
    ).first()
    if row is None:
        return None
    still = await tx.execute(
        "select 1 from desk where subject = :s and owner is null and state = 'open'", {"s": row[0]}
    )
    return str(row[0]) if still.first() is not None else await pick(tx, queue, languages, contracts)
