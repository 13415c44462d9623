"""Brings forward what was put off until an hour that is none of ours: the clock had jumped ahead, and came back.

No page rests for longer than the ladder lets it: whoever is to be paged is not forgotten until the clock is there again.
"""

from __future__ import annotations

from backbone.log.tx import Transactions
from notifier.rules.ladder import Ladder


async def bring_forward(transactions: Transactions, ladder: Ladder) -> int:
    """Give pages that rest beyond every pause of the ladder their next attempt; answers how many incidents have some."""
    longest = 2 * max(ladder.step, ladder.again)
    async with transactions() as tx:
        rows = await tx.execute(
            "select distinct incident from page where urgent in (true, false) and next_at > :furthest limit 200",
            {"furthest": tx.now + longest},
        )
        subjects = sorted(row[0] for row in rows)
        if subjects:
            await tx.lock(subjects, make=False)
            await tx.execute(
                "update page set round_at = least(round_at, :now),"
                " next_at = case when attempts = 0 then :now else cast(:step as timestamptz) end"
                " where incident = any(cast(:s as text[])) and next_at > :furthest",
                {"now": tx.now, "step": tx.now + ladder.step, "s": subjects, "furthest": tx.now + longest},
            )
    return len(subjects)
