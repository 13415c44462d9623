"""Acknowledging and declining a page, whoever asks: the API, the link, a pressed key.

Doing it twice is the same as once; what is over stays over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from backbone.ground import Ground
from backbone.log.tx import Tx
from notifier.metrics import Metrics
from notifier.pages import store
from notifier.pages.due import pass_on
from notifier.pages.following import FOLLOWED, follow
from notifier.pages.handlers import cancel_unwanted
from notifier.pages.ledger import ONE_IS_ENOUGH, Ledger
from notifier.pages.page import NOBODY, Page, Purpose, State
from notifier.pages.people import People
from notifier.rules.ladder import Ladder
from notifier.rules.wanted import unwanted
from notifier.rules.who import next_duty_manager


class NoPage(Exception):
    """There is no such page."""


class Over(Exception):
    """The page is over in another way; the words say how."""


@dataclass(frozen=True, slots=True)
class Acts:
    """What a reader does with a page. `wake` is rung where somebody else is to be paged."""

    ground: Ground
    people: People
    metrics: Metrics
    ladder: Ladder
    wake: Callable[[], None]

    async def acknowledge(self, page_id: UUID, by: str | None = None) -> Page:
        """Somebody has it. Raises NoPage, and Over where it was cancelled, or somebody else has it by now."""
        async with self.ground.transactions() as tx:
            ledger, page = await self._locked(tx, page_id)
            if page.state is State.ACKNOWLEDGED:
                return page
            taken = _who_has_it(ledger, page)
            late = page.state is State.EXHAUSTED and taken is None
            if not page.is_open and not late:
                raise Over(_why(page, taken))
            over = unwanted(page, ledger.incident(page.incident)) if late else None
            if over is not None:
                raise Over(_no_longer_wanted(over))
            page = ledger.acknowledge(page, by or page.person)
            cancel_unwanted(ledger, page.incident)
            await ledger.close()
            tx.committed.append(self.wake)
            return page

    async def decline(self, page_id: UUID, by: str | None, reason: str) -> Page:
        """They can't: the next one, at once, but for executives and the customer's people. Raises NoPage and Over."""
        async with self.ground.transactions() as tx:
            await self.people.directory.refresh(tx.connection)
            ledger, page = await self._locked(tx, page_id)
            if page.ended is not None and page.ended.startswith("declined"):
                return page
            if not page.is_open:
                raise Over(_why(page, None))
            page = ledger.decline(page, by or page.person, reason)
            if page.purpose is Purpose.DUTY_MANAGER and page.wants_ack:
                self._next_duty_manager(tx, ledger, page)
            elif page.purpose in FOLLOWED:
                follow(ledger, page, f"{page.name} can't take care of it ({reason})", self.people.roster(), tx.now)
            await ledger.close()
            tx.committed.append(self.wake)
            return page

    def _next_duty_manager(self, tx: Tx, ledger: Ledger, page: Page) -> None:
        """The next one on call; where there is nobody else, the same one again, but not the same second."""
        follower = next_duty_manager(self.people.roster(), page.person, tx.now)
        if follower.id != page.person:
            pass_on(ledger, page, follower, tx.now)
        elif not ledger.asked(page.incident, page.purpose):
            pass_on(ledger, page, follower, tx.now + self.ladder.again)

    async def _locked(self, tx: Tx, page_id: UUID) -> tuple[Ledger, Page]:
        incident = await store.incident_of(tx, page_id)
        if incident is None:
            raise NoPage
        await tx.lock([incident], make=False)
        ledger = await Ledger.open(tx, self.metrics, [incident], pages_of=[incident])
        page = ledger.page(page_id)
        if page is None or page.person == NOBODY:
            raise NoPage
        return ledger, page


def _who_has_it(ledger: Ledger, page: Page) -> Page | None:
    """The page of whoever has taken what this one is about, since people were last called for it."""
    taken = ledger.incident(page.incident).taken
    if page.purpose not in ONE_IS_ENOUGH or (taken is not None and page.purpose not in taken):
        return None
    had = {p.acknowledged_at: p for p in ledger.pages(page.incident, page.purpose) if p.acknowledged_at is not None}
    return had[max(had)] if had else None


def _no_longer_wanted(why: str | None) -> str:
    return f"This page is no longer wanted: {why}."


def _why(page: Page, taken: Page | None) -> str:
    if taken is not None and taken.id != page.id:
        return f"{taken.name if taken.acknowledged_by == taken.person else taken.acknowledged_by} has it by now."
    if page.state is State.ACKNOWLEDGED:
        return f"It is acknowledged, by {page.acknowledged_by}."
    if page.state is State.EXHAUSTED:
        return "Nobody answered in time, and somebody else was paged."
    return _no_longer_wanted(page.ended)
