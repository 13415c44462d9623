"""Removes what belongs to incidents that were closed long ago: clocks, what was raised, what was proposed.

What is known of the incident stays as long as the subject's row does; see `backbone/log/retention.py`.
"""

from __future__ import annotations

import structlog

from backbone.ground import Ground
from backbone.log.retention import Retention
from backbone.log.tx import Tx
from escalation.metrics import Metrics

from .handlers import HEARS

log = structlog.get_logger()

#: What still moves, or is to be decided on, is left alone however old it is. Asked in halves, as the indexes are, or all
#: clocks would be read.
_OLD = (
    "select i.id, i.closed_at from incident i join subject s on s.subject = i.id"
    " where i.closed_at < :before"
    " and not exists (select from clock c where c.incident = i.id and c.next_at is not null and c.urgent)"
    " and not exists (select from clock c where c.incident = i.id and c.next_at is not null and not c.urgent)"
    " and not exists (select from proposal p where p.incident = i.id and p.state = 'open')"
)


def retention(ground: Ground, metrics: Metrics, days: int) -> Retention:
    """What goes `days` after an incident's closure."""

    async def remove(tx: Tx, incidents: list[str]) -> None:
        ids = {"ids": incidents}
        removed = {}
        for table in ("escalation", "proposal", "clock"):
            gone = f"delete from {table} where incident = any(cast(:ids as text[])) returning 1"
            removed[f"{table}s"] = len(await tx.execute(gone, ids))
        await tx.execute(
            "delete from incident i where id = any(cast(:ids as text[]))"
            " and not exists (select from subject s where s.subject = i.id)",
            ids,
        )
        await tx.execute("update incident set closed_at = null where id = any(cast(:ids as text[]))", ids)
        tx.committed.append(lambda: log.info("retention.removed", incidents=len(incidents), **removed))
        tx.committed.append(lambda: metrics.removed.inc(removed["clocks"]))

    return Retention(ground.transactions, ground.sources, days, HEARS, _OLD, remove)
