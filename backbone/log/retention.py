"""Removes what a stage keeps of subjects that ended long ago, some at a time. The subjects' rows stay: a repeat stays one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..ground import Ground
from ..time_source import ticks
from .event import Lane
from .tx import Tx

#: Subjects to a transaction; half as many after one that took longer than this many seconds, or failed.
MOST = 100
_LONG = 0.2


@dataclass(slots=True)
class Retention:
    """Any number of replicas: what one has in hand the others pass over.

    `old` is a query over `subject s` and what the stage knows of it: (the subject, when it ended) of what ended before
    `:before` and may go. `remove` removes what belongs to such subjects, so that `old` finds them no more. `days` 0 keeps all.
    """

    ground: Ground
    days: int
    old: str
    remove: Callable[[Tx, list[str]], Awaitable[None]]
    most: int = MOST

    async def step(self, lane: Lane) -> datetime | None:
        """Remove what ended longest ago; answers now where there may be more."""
        if self.days == 0:
            return None
        most, self.most, began = self.most, max(1, self.most // 2), ticks()
        async with self.ground.transactions() as tx:
            subjects = await self._claim(tx, tx.now - timedelta(days=self.days), most)
            if subjects:
                await self.remove(tx, subjects)
        self.most = max(1, most // 2) if ticks() - began > _LONG else min(MOST, most * 2)
        return self.ground.around.time.now() if len(subjects) == most else None

    async def _claim(self, tx: Tx, before: datetime, most: int) -> list[str]:
        """Lock old subjects, but for those in other hands; then look again, since one may have changed."""
        claimed = await tx.execute(
            f"{self.old} order by 2 limit :most for update of s skip locked", {"before": before, "most": most}
        )
        ids = [row[0] for row in claimed]
        if not ids:
            return []
        again = f"{self.old} and s.subject = any(cast(:ids as text[]))"
        return [row[0] for row in await tx.execute(again, {"before": before, "ids": ids})]
