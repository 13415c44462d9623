"""Removes what belongs to incidents that were closed long ago: pages, attempts, the mailbox's entries, who reported.

That the incident is closed stays known as long as the subject's row is there; see `backbone/log/retention.py`.
"""

from __future__ import annotations

import structlog

from backbone.ground import Ground
from backbone.log.retention import Retention
from backbone.log.tx import Tx
from notifier.metrics import Metrics
from notifier.pages.handlers import HEARS

log = structlog.get_logger()

#: What still moves is left alone however old it is. Asked in halves, as the indexes are, or all pages would be read.
_OLD = (
    "select i.id, i.closed_at from incident i join subject s on s.subject = i.id"
    " where i.closed_at < :before"
    " and not exists (select from page p where p.incident = i.id and p.next_at is not null)"
    " and not exists (select from page p where p.incident = i.id and p.holder is not null)"
)


def retention(ground: Ground, metrics: Metrics, days: int) -> Retention:
    """What goes `days` after an incident's closure."""

    async def remove(tx: Tx, incidents: list[str]) -> None:
        ids = {"ids": incidents}
        mailbox = await tx.execute("delete from mailbox where incident = any(cast(:ids as text[])) returning 1", ids)
        attempts = await tx.execute(
            "delete from attempt where page in (select id from page where incident = any(cast(:ids as text[])))"
            " returning 1",
            ids,
        )
        pages = await tx.execute("delete from page where incident = any(cast(:ids as text[])) returning 1", ids)
        await tx.execute(
            "delete from incident i where id = any(cast(:ids as text[]))"
            " and not exists (select from subject s where s.subject = i.id)",
            ids,
        )
        await tx.execute(
            "update incident set closed_at = null, body = jsonb_build_object('id', id, 'number', number, 'title',"
            " '(closed long ago)', 'state', state, 'contract', contract) where id = any(cast(:ids as text[]))",
            ids,
        )
        counts = {"pages": len(pages), "attempts": len(attempts), "mailbox": len(mailbox)}
        tx.committed.append(lambda: log.info("retention.removed", incidents=len(incidents), **counts))
        tx.committed.append(lambda: metrics.removed.inc(counts["pages"]))

    return Retention(ground.transactions, ground.sources, days, HEARS, _OLD, remove)
