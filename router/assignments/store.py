"""How many crises each crisis manager has in hand, and when the last one came, whatever became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from backbone.log.tx import Tx


async def in_hand(tx: Tx, people: Sequence[str], leaving_out: Sequence[str]) -> dict[str, tuple[int, datetime | None]]:
    """Person → (open incidents that are theirs, without those `leaving_out`; when they were last called)."""
    rows = await tx.execute(
        "select p,"
        " (select count(*) from desk d where d.crisis_manager = p and d.state = 'open' and d.subject <> all(:s)),"
        " (select c.at from called c where c.person = p)"
        " from unnest(cast(:p as text[])) w(p)",
        {"p": list(people), "s": list(leaving_out)},
    )
    return {row[0]: (int(row[1]), row[2]) for row in rows}


async def keep_called(tx: Tx, called: Mapping[str, datetime]) -> None:
    """Person → when they were called; always in the same order, so that two batches never wait for each other."""
    await tx.execute(
        "insert into called (person, at) select p, a from unnest(cast(:p as text[]), cast(:a as timestamptz[])) w(p, a)"
        " on conflict (person) do update set at = greatest(called.at, excluded.at)",
        {"p": sorted(called), "a": [called[person] for person in sorted(called)]},
    )
