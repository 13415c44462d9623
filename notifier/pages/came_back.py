"""Brings forward what was put off until an hour that is none of ours: the clock had jumped ahead, and came back.

No page rests for longer than the ladder lets it: whoever is to be paged is not forgotten until the clock is there again.
"""

from __future__ import annotations

from backbone.log.tx import Transactions
from notifier.pages import store
from notifier.rules.ladder import Ladder


async def bring_forward(transactions: Transactions, ladder: Ladder) -> int:
    """Give pages that rest beyond every pause of the ladder their next attempt; answers how many incidents have some."""
    async with transactions() as tx:
        furthest = tx.now + 2 * max(ladder.step, ladder.again)
        subjects = await store.resting_beyond(tx, furthest)
        if subjects:
            await tx.lock(subjects, make=False)
            await store.bring_forward(tx, subjects, furthest, ladder.step)
    return len(subjects)
