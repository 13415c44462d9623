"""The pages of some incidents in one transaction: opened, moved and ended here, and written back in one go.

Every change says its fact; nothing is said that is not written in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from backbone.log.event import Event
from backbone.log.tx import Tx
from events.notifications import (
    PageAcknowledged,
    PageCancelled,
    PageDeclined,
    PageExhausted,
    PageRequested,
)
from notifier.messages import Reason
from notifier.metrics import Metrics
from notifier.pages import store
from notifier.pages.incident import Incident, has_taken, unknown
from notifier.pages.page import Page, Purpose, Side, State, new_id
from notifier.rules.ladder import from_the_start
from notifier.rules.wanted import grounds_of, is_of_another_queue
from notifier.rules.who import Somebody


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody is to be told. `cause` names what brought it about, so that it is asked for once; `grounds` what keeps it
    wanted, where that is not said by `clocks` and `reason`."""

    purpose: Purpose
    people: tuple[Somebody, ...]
    cause: str
    reason: Reason
    happened: str
    side: Side = Side.PROVIDER
    clocks: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()
    wants_ack: bool = True


@dataclass(slots=True)
class Ledger:
    """What is known of the locked subjects, and what has changed."""

    tx: Tx
    metrics: Metrics
    incidents: dict[str, Incident]
    _pages: dict[UUID, Page] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _moved: set[UUID] = field(default_factory=set)

    @classmethod
    async def open(cls, tx: Tx, metrics: Metrics, subjects: Iterable[str], *, pages_of: Iterable[str]) -> Ledger:
        """Read the incidents, and all pages of those in `pages_of`; their subjects are locked already."""
        ledger = cls(tx, metrics, await store.incidents(tx, subjects))
        wanted = list(pages_of)
        if wanted:
            ledger._pages = {page.id: page for page in await store.pages(tx, wanted)}
        return ledger

    async def close(self) -> bool:
        """Write what has changed; answers whether a page moved."""
        await store.save_incidents(self.tx, [self.incidents[id_] for id_ in sorted(self._told)])
        await store.save_pages(self.tx, [self._pages[id_] for id_ in sorted(self._moved)])
        return bool(self._moved)

    def incident(self, subject: str) -> Incident:
        """What is known of an incident."""
        return self.incidents.get(subject) or unknown(subject)

    def tell(self, incident: Incident) -> None:
        """Keep what is known of an incident now."""
        if self.incidents.get(incident.id) != incident:
            self.incidents[incident.id] = incident
            self._told.add(incident.id)

    def page(self, id_: UUID) -> Page | None:
        """A page of the incidents that were read."""
        return self._pages.get(id_)

    def pages(self, subject: str, *purposes: Purpose) -> list[Page]:
        """An incident's pages, oldest first, of some purposes or of all."""
        return [p for p in self._pages.values() if p.incident == subject and (not purposes or p.purpose in purposes)]

    def asked(self, subject: str, purpose: Purpose) -> list[Page]:
        """Those of an incident's pages whose answer is still waited for."""
        return [page for page in self.pages(subject, purpose) if page.is_open and page.wants_ack]

    def move(self, page: Page) -> Page:
        """Keep a page as it is now."""
        if self._pages.get(page.id) != page:
            self._pages[page.id] = page
            self._moved.add(page.id)
        return page

    def request(self, subject: str, request: Request, cause: Event | None = None) -> list[Page]:
        """Open a page for each of the people, but for those who have been asked already.

        Whoever has an open page for the same purpose is on the way to being told: that page takes over what keeps it
        wanted, and there is no second one; what is a matter of its own has a page of its own."""
        known = self.pages(subject, request.purpose)
        opened = []
        for somebody in request.people:
            theirs = [page for page in known if page.person == somebody.id and page.side is request.side]
            if any(page.cause == request.cause for page in theirs):
                continue
            current = next(
                (
                    page
                    for page in theirs
                    if page.is_open and page.wants_ack is request.wants_ack and same_matter(page, request)
                ),
                None,
            )
            if current is not None:
                current = joined(current, request)
                if current.wants_ack and current.next_at is None and current.state is not State.SENDING:
                    # It was passed on, to somebody who does not know of this: it is on its way again.
                    current = from_the_start(current, self.tx.now)
                self.move(current)
                continue
            opened.append(self._open(subject, request, somebody, cause))
        return opened

    def acknowledge(self, page: Page, by: str) -> Page:
        """Somebody has it; who else was asked for the same is asked no more."""
        page = self.move(
            replace(
                page, state=State.ACKNOWLEDGED, acknowledged_at=self.tx.now, acknowledged_by=by, next_at=None,
                holder=None, ended=None,
            )
        )  # fmt: skip
        self.tx.say(PageAcknowledged(page.said(), by, self.tx.now), page.incident)
        self.metrics.became(page.purpose, "acknowledged", self.tx)
        incident = self.incident(page.incident)
        if page.purpose in ONE_IS_ENOUGH and page.wants_ack and not is_of_another_queue(page, incident):
            if incident.id in self.incidents:
                self.tell(has_taken(incident, page.purpose))
            for other in self.asked(page.incident, page.purpose):
                if other.id != page.id and other.side is page.side and same_matter(other, page):
                    self.cancel(other, f"taken by {page.name if by == page.person else by}")
        return page

    def decline(self, page: Page, by: str, reason: str) -> Page:
        """They can't: the page is over for them."""
        page = self.move(
            replace(page, state=State.CANCELLED, next_at=None, holder=None, ended=f"declined by {by}: {reason}"[:500])
        )
        self.tx.say(PageDeclined(page.said(), by, reason), page.incident)
        self.metrics.became(page.purpose, "declined", self.tx)
        return page

    def exhaust(self, page: Page) -> Page:
        """All was tried, and nobody acknowledged."""
        page = self.move(
            replace(page, state=State.EXHAUSTED, next_at=None, holder=None, ended="all channels tried, no answer")
        )
        self.tx.say(PageExhausted(page.said()), page.incident, traceparent=page.traceparent)
        self.metrics.became(page.purpose, "exhausted", self.tx)
        return page

    def cancel(self, page: Page, reason: str, cause: Event | None = None) -> Page:
        """No longer wanted."""
        page = self.move(replace(page, state=State.CANCELLED, next_at=None, holder=None, ended=reason))
        self.tx.say(PageCancelled(page.said(), reason), page.incident, cause=cause)
        self.metrics.became(page.purpose, "cancelled", self.tx)
        return page

    def _open(self, subject: str, request: Request, somebody: Somebody, cause: Event | None) -> Page:
        now, trace = self.tx.now, self.tx.trace if cause is None else cause.headers
        page = Page(
            id=new_id(), incident=subject, purpose=request.purpose, side=request.side, person=somebody.id,
            name=somebody.name, cause=request.cause, reason=request.reason, happened=request.happened,
            clocks=request.clocks, grounds=request.grounds, urgent=request.wants_ack or self.tx.subjects[subject].urgent,
            wants_ack=request.wants_ack, round_at=now, created_at=now, next_at=now,
            traceparent=trace.get("traceparent"),
        )  # fmt: skip
        if self.incident(subject).state == "closed":
            self._told.add(subject)  # written again, so that the days count anew for this page too
        self.move(page)
        self.tx.say(PageRequested(page.said()), subject, cause=cause)
        self.metrics.became(page.purpose, "requested", self.tx)
        return page


#: Purposes for which one acknowledgement is enough; executives and those who are only informed are told each.
ONE_IS_ENOUGH = frozenset(
    {
        Purpose.CRISIS_MANAGER, Purpose.DUTY_MANAGER, Purpose.ENGINEER, Purpose.CLOUD_OPERATIONS, Purpose.PRODUCT_TEAM,
    }
)  # fmt: skip

#: What somebody decides or does beside the incident itself: to have taken the one is not to have taken the other.
_OF_ITS_OWN = frozenset({Reason.PROPOSAL, Reason.MANAGEMENT, Reason.NEEDS_A_HUMAN})


def same_matter(page: Page, other: Page | Request) -> bool:
    """Whether who has taken the one has taken the other."""
    return page.reason is other.reason or not {page.reason, other.reason} & _OF_ITS_OWN


def joined(page: Page, other: Page | Request) -> Page:
    """The page with what the other is about as well: it is wanted while either is."""
    both = (*page.clocks, *(clock for clock in other.clocks if clock not in page.clocks))
    clocks = both if page.clocks and other.clocks else ()
    grounds = tuple(dict.fromkeys([*grounds_of(page), *grounds_of(other)]))
    return replace(page, clocks=clocks, grounds=grounds, happened=_both(page.happened, other.happened))


def _both(first: str, second: str) -> str:
    """What happened, each thing once: two pages that are passed on to each other tell it again and again."""
    return "; ".join(dict.fromkeys([*first.split("; "), *second.split("; ")]))[:1_000]
