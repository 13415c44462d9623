"""Writes down what became of attempts: many in one transaction, and with them what the mailbox received.

What a page came to is moved, said and written down only by whoever holds it; what is over stays over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

import structlog

from backbone.log.tx import Tx
from events.codec import Fact
from events.notifications import PageDelivered, PageFailed, PageSent
from notifier.channels import Delivered, Failed, Outcome, Sent, mask
from notifier.mailbox.store import MailboxDraft, save_entries
from notifier.metrics import Metrics
from notifier.pages import store
from notifier.pages.due import Errand
from notifier.pages.ledger import Ledger
from notifier.pages.page import AttemptOutcome, Page, PageAttempt, State
from notifier.rules.ladder import Ladder, after_failure, after_success

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Finished:
    """An attempt of which the channel has said what became."""

    errand: Errand
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records for one replica, which is `holder`."""

    metrics: Metrics
    ladder: Ladder
    drafts: MailboxDraft
    holder: str

    async def write(self, tx: Tx, done: Sequence[Finished]) -> None:
        """Write down all of them."""
        subjects = sorted({item.errand.page.incident for item in done})
        await tx.lock(subjects, make=False)
        ledger = await Ledger.open(tx, self.metrics, [], pages_of=subjects)
        over = [page.id for subject in subjects for page in ledger.pages(subject) if not page.is_open]
        doubtful = await store.unfinished(tx, over) if over else {}
        attempts = []
        for item in done:
            page = ledger.page(item.errand.page.id)
            assert page is not None
            if self._is_ours(page, item.errand.attempt, doubtful):
                attempts.append(self._one(tx, ledger, page, item))
            else:
                log.warning("page.overtaken", page=str(page.id), channel=item.errand.way.channel)
        await ledger.close()
        await store.save_attempts(tx, attempts)
        ids = [str(attempt.id) for attempt in attempts if attempt.outcome is not AttemptOutcome.FAILED]
        await save_entries(tx, [entry for id_ in ids if (entry := self.drafts.kept.get(id_)) is not None])
        taken = [str(item.errand.attempt.id) for item in done]
        tx.committed.append(lambda: self.drafts.forget(taken))

    def _is_ours(self, page: Page, attempt: PageAttempt, doubtful: Mapping[UUID, PageAttempt]) -> bool:
        """Whether nobody has taken over since: who froze and woke up knows nothing any more that is asked for."""
        if page.is_open:
            return page.state is State.SENDING and page.holder == self.holder
        left = doubtful.get(page.id)
        return left is not None and (left.id, left.repeat) == (attempt.id, attempt.repeat)

    def _one(self, tx: Tx, ledger: Ledger, page: Page, item: Finished) -> PageAttempt:
        attempt, channel = item.errand.attempt, item.errand.way.channel
        ended, facts = self._ended(page, item)
        if page.is_open:
            # Nothing is said of a page behind its last fact: what left meanwhile is on the attempt's own record.
            for fact in facts:
                tx.say(fact, page.incident, traceparent=page.traceparent)
            ledger.move(self._moved(page, item, tx.now))
        self.metrics.tried(channel, ended.outcome.value, attempt.repeat, tx)
        return ended

    def _ended(self, page: Page, item: Finished) -> tuple[PageAttempt, list[Fact]]:
        attempt, channel = item.errand.attempt, item.errand.way.channel
        left = PageSent(page.said(), channel, mask(attempt.address), attempt.repeat)
        match item.outcome:
            case Failed(reason):
                failed = replace(attempt, outcome=AttemptOutcome.FAILED, detail=reason)
                return failed, [PageFailed(page.said(), channel, reason)]
            case Sent(provider_id):
                return replace(attempt, outcome=AttemptOutcome.SENT, provider_id=provider_id), [left]
            case Delivered():
                delivered = replace(attempt, outcome=AttemptOutcome.DELIVERED)
                return delivered, [left, PageDelivered(page.said(), channel)]
        assert_never(item.outcome)

    def _moved(self, page: Page, item: Finished, now: datetime) -> Page:
        match item.outcome:
            case Failed():
                return after_failure(page, now)
            case Sent():
                reached = State.SENT
            case Delivered():
                reached = State.DELIVERED
        return after_success(page, reached, self.ladder, now, last_resort=item.errand.last_resort)
