"""What must hold of pages, as counts of what breaks it: gauges that must be 0.

A page that is due and does not leave is the one thing that this stage is there to prevent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from backbone.ground import Ground
from backbone.stage import Invariant
from notifier.pages.page import NOBODY

#: How long a due page may wait.
_LATE = timedelta(seconds=60)


def invariants(ground: Ground) -> Mapping[str, Invariant]:
    """The stage's invariants by name."""

    async def count(sql: str) -> int:
        async with ground.transactions.reading() as connection:
            rows = await connection.execute(sql, {"late": ground.around.time.now() - _LATE, "nobody": NOBODY})
            return int(rows.scalar_one())

    async def unsent() -> int:
        return await count("select count(*) from page where next_at < :late")

    async def to_nobody() -> int:
        return await count("select count(*) from page where person = :nobody and next_at is not null")

    async def in_doubt() -> int:
        return await count(
            "select count(*) from page p where p.holder is not null and exists"
            " (select from attempt a where a.page = p.id and a.outcome = 'sending' and a.at < :late)"
        )

    return {"due_page_unsent": unsent, "page_to_nobody": to_nobody, "page_sending_for_a_minute": in_doubt}
