"""Writes down what a provider says of an attempt: delivered, or failed after all.

What failed after it was taken is followed by the next channel at once; what is over is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from backbone.ground import Ground
from events.notifications import PageDelivered, PageFailed
from notifier.channels.twilio_callback import Receipt
from notifier.metrics import Metrics
from notifier.pages import queries, store
from notifier.pages.ledger import Ledger
from notifier.pages.page import AttemptOutcome, Page, PageAttempt, State

_SETTLED = frozenset({AttemptOutcome.DELIVERED, AttemptOutcome.FAILED})


async def take(
    ground: Ground, metrics: Metrics, receipt: Receipt, attempt_id: UUID | None, wake: Callable[[], None]
) -> UUID | None:
    """Take a receipt in; answers the page that it is about, None where it is about none of ours."""
    async with ground.transactions() as tx:
        found = await store.attempt_named(tx, receipt.provider_id, attempt_id)
        if found is None:
            return None
        subject = found.incident
        await tx.lock([subject], make=False)
        ledger = await Ledger.open(tx, metrics, [subject], pages_of=[subject])
        attempt = await store.attempt(tx, found.id)
        if attempt is None:
            return None  # it was removed meanwhile, with what else belonged to an incident of long ago
        page = ledger.page(attempt.page)
        assert page is not None
        if attempt.outcome in _SETTLED or receipt.word == "on-the-way":
            return page.id
        if receipt.word == "failed":
            await store.save_attempts(tx, [replace(attempt, outcome=AttemptOutcome.FAILED, detail=receipt.detail)])
            if page.is_open:
                tx.say(PageFailed(page.said(), attempt.channel, receipt.detail), subject, traceparent=page.traceparent)
                of_page = (await queries.attempts(tx.connection, [page]))[page.id]
                ledger.move(_failed_after_all(page, attempt, of_page, tx.now))
                tx.committed.append(wake)
        else:
            await store.save_attempts(tx, [replace(attempt, outcome=AttemptOutcome.DELIVERED, detail=receipt.detail)])
            if page.is_open:
                tx.say(PageDelivered(page.said(), attempt.channel), subject, traceparent=page.traceparent)
                state = page.state if page.state is State.SENDING else State.DELIVERED
                ledger.move(replace(page, state=state, reached=State.DELIVERED))
        await ledger.close()
        return page.id


def _failed_after_all(page: Page, attempt: PageAttempt, attempts: Sequence[PageAttempt], now: datetime) -> Page:
    """The page once it is known that an attempt of its own had not arrived: where nothing else left in this round, it has
    reached nobody. What has gone on without it, or rests since somebody else was called, is not hastened."""
    if attempt.at < page.round_at:
        return page
    others = [one for one in attempts if one.id != attempt.id and one.at >= page.round_at]
    came_to = {one.outcome for one in others}
    reached = next((state for state in (State.DELIVERED, State.SENT) if state.value in came_to), None)
    page = replace(page, reached=reached)
    if page.state is State.SENDING:
        return page
    goes_on = page.next_at is not None or not page.wants_ack
    followed = reached is not None and any(one.id > attempt.id for one in others)
    return replace(page, state=reached or State.WAITING, next_at=now if goes_on and not followed else page.next_at)
