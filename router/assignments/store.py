"""How many crises each crisis manager has in hand, and when the last one came: in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from backbone.log.tx import Tx


async def in_hand(tx: Tx, people: Sequence[str], leaving_out: Sequence[str]) -> dict[str, tuple[int, datetime | None]]:
    """Person → (open incidents that are theirs, when the last one came), without the incidents `leaving_out`."""
    rows = await tx.execute(
        "select p,"
        " (select count(*) from desk d where d.crisis_manager = p and d.state = 'open' and d.subject <> all(:s)),"
        " (select d.crisis_at from desk d where d.crisis_manager = p and d.subject <> all(:s)"
        "  order by d.crisis_at desc limit 1)"
        " from unnest(cast(:p as text[])) w(p)",
        {"p": list(people), "s": list(leaving_out)},
    )
    return {row[0]: (int(row[1]), row[2]) for row in rows}
