"""Removes what belongs to incidents that were closed long ago: clocks, what was raised, what was proposed.

What makes a repeat a repeat stays for ever: the subject's row, and what is known of the incident.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from backbone.ground import Ground
from backbone.log.event import Lane
from backbone.log.tx import Tx
from backbone.time_source import ticks
from escalation.metrics import Metrics

log = structlog.get_logger()

#: Incidents to a transaction; half as many after one that took longer than this many seconds, or failed.
MOST = 100
_LONG = 0.2

#: What still moves, or waits for a human, is left alone however old it is.
_OLD = (
    "select i.id from incident i join subject s on s.subject = i.id where i.closed_at < :before and not s.held"
    " and not exists (select from clock c where c.incident = i.id and c.next_at is not null)"
    " and not exists (select from proposal p where p.incident = i.id and p.state = 'open')"
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
        removed = {}
        for table in ("escalation", "proposal", "clock"):
            gone = f"delete from {table} where incident = any(cast(:i as text[])) returning 1"
            removed[table] = len(await tx.execute(gone, {"i": incidents}))
        await tx.execute("update incident set closed_at = null where id = any(cast(:i as text[]))", {"i": incidents})
        tx.committed.append(lambda: self.metrics.removed.inc(removed["clock"]))
        tx.committed.append(
            lambda: log.info(
                "retention.removed", incidents=len(incidents), clocks=removed["clock"],
                escalations=removed["escalation"], proposals=removed["proposal"],
            )
        )  # fmt: skip


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
