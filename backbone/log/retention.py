"""Removes what a stage keeps of subjects that ended long ago, some at a time.

A subject's row goes last, once no log has a word of the subject left: what Kafka may still bring of it is a story without
its beginning, and handled by nobody. Until then the row stays, and a repeat is one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..stage import Work
from ..time_source import ticks
from .event import Lane
from .sources import Sources, in_a_moment
from .tx import Transactions, Tx

#: Subjects to a transaction; half as many after one that took longer than this many seconds, or failed.
MOST = 100
_LONG = 0.2
#: What waits for a human is left alone however old it is.
_SETTLED = "not s.held and not exists (select from dead_letter d where d.subject = s.subject)"


@dataclass(slots=True)
class Retention:
    """Any number of replicas: what one has in hand the others pass over.

    `old` is a query over `subject s` and what the stage knows of it: (the subject, when it ended) of what ended before
    `:before` and may go. `remove` removes what belongs to such subjects, so that `old` finds them no more; those whose
    rows are gone by then are forgotten altogether. `hears` are the stages whose logs are asked. `days` 0 keeps all.
    """

    transactions: Transactions
    sources: Sources
    days: int
    hears: Collection[str]
    old: str
    remove: Callable[[Tx, list[str]], Awaitable[None]]
    most: int = MOST

    @property
    def work(self) -> Work:
        """Its loop. It asks the others' logs, and nobody is unready for it."""
        return Work("retention", self.step, lanes=(Lane.ORDINARY,), poll=20.0, vital=False)

    async def step(self, lane: Lane) -> datetime | None:
        """Remove what ended longest ago; answers now where there may be more."""
        if self.days == 0:
            return None
        most, self.most, began = self.most, max(1, self.most // 2), ticks()
        async with self.transactions() as tx:
            subjects = await self._claim(tx, tx.now - timedelta(days=self.days), most)
            if subjects:
                await self._forget(tx, subjects)
                await self.remove(tx, subjects)
        self.most = max(1, most // 2) if ticks() - began > _LONG else min(MOST, most * 2)
        return self.transactions.time.now() if len(subjects) == most else None

    async def _claim(self, tx: Tx, before: datetime, most: int) -> list[str]:
        """Lock old subjects, but for those in other hands; then look again, since one may have changed."""
        old = f"{self.old} and {_SETTLED}"
        claimed = await tx.execute(
            f"{old} order by 2 limit :most for update of s skip locked", {"before": before, "most": most}
        )
        ids = [row[0] for row in claimed]
        if not ids:
            return []
        again = f"{old} and s.subject = any(cast(:ids as text[]))"
        return [row[0] for row in await tx.execute(again, {"before": before, "ids": ids})]

    async def _forget(self, tx: Tx, subjects: list[str]) -> None:
        """Delete the rows of those that no log tells of, be it heard or not: whose row is gone never gets one again."""
        told: set[str] = set()
        for source in self.hears:
            left = await in_a_moment(self.sources.unheard(source, [(subject, 0) for subject in subjects]))
            told |= {event.subject for event in left}
        untold = [subject for subject in subjects if subject not in told]
        await tx.execute("delete from subject where subject = any(cast(:ids as text[]))", {"ids": untold})
