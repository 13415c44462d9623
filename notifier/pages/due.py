"""What is due: claimed with its incident locked, so that no two replicas ever send the same attempt.

Each page is asked once more whether it is wanted, then its next attempt is written down before it leaves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backbone.log.tx import Tx
from notifier.channels import Way
from notifier.messages import Due, PageFacts, Reason
from notifier.metrics import Metrics
from notifier.pages import store
from notifier.pages.following import FOLLOWED, follow
from notifier.pages.incident import Incident, Unmet
from notifier.pages.ledger import Ledger, Request, joined, same_matter
from notifier.pages.page import NOBODY, Page, PageAttempt, Purpose, State, new_id
from notifier.pages.people import People, Reach
from notifier.rules.ladder import (
    Afresh,
    Climb,
    Exhausted,
    Ladder,
    NextRound,
    Rest,
    Unreached,
    from_the_start,
    next_step,
)
from notifier.rules.wanted import unwanted
from notifier.rules.who import Somebody, find, next_duty_manager

#: How often we look whether somebody is there to be paged, while nobody is.
_NOBODY_AGAIN = timedelta(seconds=15)
#: The promises that are kept by who is paged so.
_PROMISES = {Reason.CRISIS_MANAGER: "crisis_manager", Reason.ENGINEER: "first_response"}
#: Why somebody is paged for what has no promise of its own: what happened is the matter.
_MATTERS = frozenset(
    {
        Reason.ESCALATION, Reason.NOBODY_ON_CALL, Reason.NEEDS_A_HUMAN, Reason.DELIVERY_MANAGER, Reason.MANAGEMENT,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Errand:
    """An attempt that is ours to send: all that it takes, so that sending needs no database."""

    page: Page
    attempt: PageAttempt
    way: Way
    facts: PageFacts
    time_zone: str
    last_resort: bool


@dataclass(slots=True)
class Room:
    """How many attempts a lane may still let out by each channel: what waits there hinders no other channel."""

    at_once: int
    flying: Counter[str]

    def take(self, channel: str) -> bool:
        """One more by this channel, if there is room."""
        if self.flying[channel] >= self.at_once:
            return False
        self.flying[channel] += 1
        return True

    def busy(self) -> frozenset[str]:
        """The channels without room."""
        return frozenset(channel for channel, n in self.flying.items() if n >= self.at_once)


@dataclass(slots=True)
class Dispatch:
    """Decides about due pages in one transaction, and collects the errands that follow."""

    people: People
    metrics: Metrics
    ladder: Ladder
    holder: str

    async def claim(self, tx: Tx, *, urgent: bool, room: Room, limit: int) -> list[Errand]:
        """Take what is due in a lane and has room on its channel; of `limit` incidents at most."""
        busy = room.busy()
        subjects = await store.lock_due(tx, urgent=urgent, busy=busy, limit=limit)
        if not subjects:
            return []
        await tx.lock(subjects, make=False)
        await self.people.directory.refresh(tx.connection)
        ledger = await Ledger.open(tx, self.metrics, subjects, pages_of=subjects)
        due = [
            page
            for subject in subjects
            for page in ledger.pages(subject)
            if page.next_at is not None
            and page.next_at <= tx.now
            and page.urgent is urgent
            and page.channel not in busy
        ]
        tried = [page.id for page in due if page.attempts]
        doubtful = await store.unfinished(tx, tried) if tried else {}
        errands = []
        for page in due:
            current = ledger.page(page.id)
            if current is None or current.next_at is None or current.next_at > tx.now:
                continue  # what was done for another page has settled this one
            errand = await self._next(tx, ledger, current, doubtful.get(page.id), room)
            if errand is not None:
                errands.append(errand)
        await ledger.close()
        await store.save_attempts(tx, [errand.attempt for errand in errands])
        return errands

    async def _next(
        self, tx: Tx, ledger: Ledger, page: Page, doubtful: PageAttempt | None, room: Room
    ) -> Errand | None:
        incident = ledger.incident(page.incident)
        why = unwanted(page, incident)
        if why is not None:
            ledger.cancel(page, why)
            return None
        if page.person == NOBODY:
            self._anybody_now(tx, ledger, page)
            return None
        reach = await self.people.reach(page, incident, tx.connection)
        if doubtful is not None:
            way = _again(doubtful, reach.ways)
            attempt = replace(doubtful, channel=way.channel, address=way.address, repeat=True)
            return self._errand(ledger, page, incident, reach, way, attempt)
        match next_step(page, len(reach.ways), self.ladder, tx.now, last_resort=reach.last_resort):
            case Climb(step):
                way = reach.ways[step]
                if not room.take(way.channel):
                    ledger.move(replace(page, channel=way.channel))
                    return None
                attempt = PageAttempt(
                    id=new_id(), page=page.id, incident=page.incident, channel=way.channel, address=way.address,
                    at=tx.now,
                )  # fmt: skip
                if page.attempts == 0:
                    self._first(tx, page)
                # A round that was late begins now, or the next one would follow it within a minute.
                began = tx.now if step == 0 and page.tries == 0 else page.round_at
                page = replace(page, step=step + 1, attempts=page.attempts + 1, round_at=began)
                return self._errand(ledger, page, incident, reach, way, attempt)
            case Rest(until):
                ledger.move(replace(page, next_at=until))
            case Afresh(at):
                ledger.move(replace(page, step=0, tries=page.tries + 1, next_at=at))
            case NextRound():
                self._round(tx, ledger, page)
            case Unreached(until):
                self._instead(tx, ledger, page, until)
            case Exhausted():
                page = ledger.exhaust(page)
                reached = page.reached is not None and not reach.last_resort
                if page.purpose in FOLLOWED or (page.purpose is Purpose.EXECUTIVE and not reached):
                    why = f"{page.name} did not answer" if reached else f"nothing reached {page.name}"
                    follow(ledger, page, why, self.people.roster(), tx.now)
        return None

    def _errand(
        self, ledger: Ledger, page: Page, incident: Incident, reach: Reach, way: Way, attempt: PageAttempt
    ) -> Errand:
        later = reach.ways[page.step].channel if page.step < len(reach.ways) else ""
        page = ledger.move(replace(page, state=State.SENDING, holder=self.holder, next_at=None, channel=later))
        facts = facts_of(page, replace(incident, customer=self.people.customer(incident)))
        return Errand(page, attempt, way, facts, reach.time_zone, reach.last_resort)

    def _round(self, tx: Tx, ledger: Ledger, page: Page) -> None:
        """A round is over without an answer: the next one on call, all channels from the first."""
        follower = next_duty_manager(self.people.roster(), page.person, tx.now)
        if follower.id in (page.person, NOBODY):
            ledger.move(from_the_start(page, tx.now))
            return
        ledger.move(replace(page, next_at=None))
        pass_on(ledger, page, follower, tx.now)

    def _instead(self, tx: Tx, ledger: Ledger, page: Page, until: datetime) -> None:
        """Nothing reached them: the next one on call need not wait for the round's end, but for that of their own."""
        follower = next_duty_manager(self.people.roster(), page.person, tx.now)
        theirs = [other for other in ledger.pages(page.incident, page.purpose) if other.person == follower.id]
        over = max((other.round_at + self.ladder.again for other in theirs), default=tx.now)
        if over > tx.now or follower.id in (page.person, NOBODY):
            ledger.move(replace(page, next_at=min(until, over) if over > tx.now else until))
            return
        ledger.move(replace(page, next_at=None))
        pass_on(ledger, page, follower, tx.now)

    def _anybody_now(self, tx: Tx, ledger: Ledger, page: Page) -> None:
        """Nobody could be paged; look whether somebody can be by now."""
        found = find(self.people.roster(), Purpose.DUTY_MANAGER, tx.now)
        if any(somebody.id == NOBODY for somebody in found.people):
            ledger.move(replace(page, next_at=tx.now + _NOBODY_AGAIN))
            return
        ledger.request(
            page.incident,
            Request(
                purpose=found.purpose, people=found.people, cause=page.cause, reason=page.reason,
                happened=page.happened, clocks=page.clocks, grounds=page.grounds,
            ),
        )  # fmt: skip
        ledger.cancel(page, "somebody can be paged now")

    def _first(self, tx: Tx, page: Page) -> None:
        waited = max(0.0, (tx.now - page.created_at).total_seconds())
        tx.committed.append(lambda: self.metrics.first.labels(page.purpose.value).observe(waited))


def _again(attempt: PageAttempt, ways: tuple[Way, ...]) -> Way:
    """The way of an attempt that is repeated. Contacts may have changed since: it goes where it was going, by what carries
    that channel now; where nothing does any more, it goes the first way there is."""
    named = [way for way in ways if way.channel == attempt.channel]
    same = [way for way in named if way.address == attempt.address]
    return same[0] if same else replace(named[0], address=attempt.address) if named else ways[0]


def pass_on(ledger: Ledger, page: Page, follower: Somebody, at: datetime) -> None:
    """Page `follower` for the same, from `at` on: by a page of their own, or by the one that they still have."""
    asked = ledger.asked(page.incident, page.purpose)
    theirs = [other for other in asked if other.person == follower.id and same_matter(other, page)]
    for other in theirs:
        told = joined(other, page)
        rests = other.next_at is None and other.state is not State.SENDING
        ledger.move(from_the_start(told, at) if rests else told)
    if theirs:
        return
    # A cause of its own each time, not only for each page: who declined what this page passed on may be asked anew.
    cause = f"{page.cause.split('#', 1)[0]}#{new_id()}"
    request = Request(
        purpose=page.purpose, people=(follower,), cause=cause, reason=page.reason, happened=page.happened,
        clocks=page.clocks, grounds=page.grounds,
    )  # fmt: skip
    for opened in ledger.request(page.incident, request):
        ledger.move(replace(opened, round_at=at, next_at=at))


def facts_of(page: Page, incident: Incident) -> PageFacts:
    """What the page may say; the link is put in where it leaves."""
    owed = incident.unmet or incident.promised
    about = [c for c in owed if c.id in page.clocks or (not page.clocks and c.name == _PROMISES.get(page.reason))]
    matter = page.happened if page.reason is Reason.PROPOSAL or (page.reason in _MATTERS and not about) else None
    return PageFacts(
        reason=page.reason, number=incident.number, title=incident.title, severity=incident.severity,
        customer=incident.customer, role=page.purpose.role, about=_dues(about), matter=matter,
        dues=_dues([clock for clock in owed if clock.side == page.side] or owed),
        caller=incident.caller, caller_phone=incident.caller_phone, happened=page.happened,
        description=incident.description, product=incident.product, queue=incident.queue, language=incident.language,
        crisis_manager=incident.crisis_manager, flags=incident.flags, because=incident.because,
    )  # fmt: skip


def _dues(clocks: Iterable[Unmet]) -> tuple[Due, ...]:
    return tuple(Due(name=clock.name, at=clock.due_at, rule=clock.rule) for clock in clocks)
