"""Removes what belongs to incidents that were closed long ago: pages, attempts, the mailbox's entries, who reported.

What makes a repeat a repeat stays for ever: the subject's row, and that the incident is closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from backbone.ground import Ground
from backbone.log.event import Lane
from backbone.log.tx import Tx
from backbone.time_source import ticks
from notifier.metrics import Metrics

log = structlog.get_logger()

#: Incidents to a transaction; half as many after one that took longer than this many seconds, or failed.
MOST = 100
_LONG = 0.2

#: What still moves, or waits for a human, is left alone however old it is.
_OLD = (
    "select i.id from incident i join subject s on s.subject = i.id where i.closed_at < :before and not s.held"
    " and not exists (select from page p where p.incident = i.id and (p.next_at is not null or p.holder is not null))"
)


@dataclass(slots=True)
class Retention:
    """Any number of replicas: what one has in hand the others pass over. `days` 0 keeps all."""

    ground: Ground
    metrics: Metrics
    days: int
    most: int = MOST

    async def step(self, lane: Lane) -> datetime | None:
        """Remove what belongs to the incidents that have been closed for longest; answers now where there may be more."""
        if self.days == 0:
            return None
        most, self.most, began = self.most, max(1, self.most // 2), ticks()
        async with self.ground.transactions() as tx:
            incidents = await _claim(tx, tx.now - timedelta(days=self.days), most)
            if incidents:
                await self._remove(tx, incidents)
        self.most = max(1, most // 2) if ticks() - began > _LONG else min(MOST, most * 2)
        return self.ground.around.time.now() if len(incidents) == most else None

    async def _remove(self, tx: Tx, incidents: list[str]) -> None:
        ids = {"ids": incidents}
        mailbox = await tx.execute("delete from mailbox where incident = any(cast(:ids as text[])) returning 1", ids)
        attempts = await tx.execute(
            "delete from attempt where page in (select id from page where incident = any(cast(:ids as text[])))"
            " returning 1",
            ids,
        )
        pages = await tx.execute("delete from page where incident = any(cast(:ids as text[])) returning 1", ids)
        await tx.execute(
            "update incident set closed_at = null, body = jsonb_build_object('id', id, 'number', number, 'title',"
            " '(closed long ago)', 'state', state, 'contract', contract) where id = any(cast(:ids as text[]))",
            ids,
        )
        counts = {"pages": len(pages), "attempts": len(attempts), "mailbox": len(mailbox)}
        tx.committed.append(lambda: log.info("retention.removed", incidents=len(incidents), **counts))
        tx.committed.append(lambda: self.metrics.removed.inc(counts["pages"]))


async def _claim(tx: Tx, before: datetime, most: int) -> list[str]:
    """Lock the subjects of old incidents, but for those in other hands; then look again, since one may have changed."""
    claimed = await tx.execute(
        f"{_OLD} order by i.closed_at limit :most for update of s skip locked", {"before": before, "most": most}
    )
    ids = [row[0] for row in claimed]
    if not ids:
        return []
    rows = await tx.execute(f"{_OLD} and i.id = any(cast(:ids as text[]))", {"before": before, "ids": ids})
    return [row[0] for row in rows]
