"""Removes what belongs to incidents that were closed long ago: the decisions, and the desk with who was on it.

Balances stay, and so does the directory; the decisions themselves are in intake's record.
"""

from __future__ import annotations

import structlog

from backbone.ground import Ground
from backbone.log.retention import Retention
from backbone.log.tx import Tx

from ..metrics import Metrics
from .handlers import HEARS

log = structlog.get_logger()

_OLD = "select d.subject, d.closed_at from desk d join subject s on s.subject = d.subject where d.closed_at < :before"


def retention(ground: Ground, metrics: Metrics, days: int) -> Retention:
    """What goes `days` after an incident's closure."""

    async def remove(tx: Tx, incidents: list[str]) -> None:
        ids = {"ids": incidents}
        decisions = await tx.execute("delete from decision where subject = any(cast(:ids as text[])) returning 1", ids)
        await tx.execute("delete from desk where subject = any(cast(:ids as text[]))", ids)
        tx.committed.append(lambda: log.info("retention.removed", incidents=len(incidents), decisions=len(decisions)))
        tx.committed.append(lambda: metrics.removed.inc(len(decisions)))

    return Retention(ground.transactions, ground.sources, days, HEARS, _OLD, remove)
