"""How a page climbs: one channel after the other, then the next person, then the duty manager for ever.

A page that wants an acknowledgement ends by one, by being no longer wanted, or by somebody else taking its place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from notifier.pages.page import Page, Purpose, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The pace. `step`: between two channels of a person, `again`: between two rounds of a page that never exhausts,
    `retry`: after a round in which nothing left, doubled each time up to `again`; `tries` such rounds at most."""

    step: timedelta = timedelta(seconds=60)
    again: timedelta = timedelta(minutes=5)
    retry: timedelta = timedelta(seconds=15)
    tries: int = 2
    tries_without_ack: int = 20


@dataclass(frozen=True, slots=True)
class Climb:
    """The next channel: number `step` of the person's ways."""

    step: int


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing until `until`, then another look."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Afresh:
    """All channels failed: the same ones once more at `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class NextRound:
    """It never exhausts: the next one on call, and all channels from the first."""


@dataclass(frozen=True, slots=True)
class Unreached:
    """It never exhausts, and nothing reached them in this round: the next one on call now; where there is none who was
    not called just now, another look at `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Exhausted:
    """All was tried, and nobody acknowledged."""


Next = Climb | Rest | Afresh | NextRound | Unreached | Exhausted


def next_step(page: Page, ways: int, ladder: Ladder, now: datetime, *, last_resort: bool = False) -> Next:
    """What is to be done with a page that is due, whose person has `ways` channels (at least one). `last_resort`: by
    a way that they may not look at."""
    told = page.reached is not None and page.step == page.tries == 0
    if told and page.round_at <= now < page.round_at + ladder.step:
        return Rest(page.round_at + ladder.step)
    if page.step < ways:
        return Climb(page.step)
    never_ends = page.purpose is Purpose.DUTY_MANAGER and page.wants_ack
    until = page.round_at + ladder.again
    if never_ends and now >= until:
        return NextRound()
    tries = ladder.tries if page.wants_ack else ladder.tries_without_ack
    if page.reached is None and page.tries < tries:
        return Afresh(now + min(ladder.retry * 2**page.tries, ladder.again))
    if not never_ends:
        return Exhausted()
    return Unreached(until) if last_resort or page.reached is None else Rest(until)


def after_success(page: Page, reached: State, ladder: Ladder, now: datetime, *, last_resort: bool) -> Page:
    """The page after an attempt that left, or arrived. `last_resort`: by a way that its reader may not look at, so that
    somebody else is to be told without waiting."""
    best = State.DELIVERED if State.DELIVERED in (reached, page.reached) else reached
    wait = timedelta() if last_resort else ladder.step
    next_at = now + wait if page.wants_ack else None
    return replace(page, state=best, reached=best, holder=None, next_at=next_at)


def after_failure(page: Page, now: datetime) -> Page:
    """The page after an attempt that failed: the next channel follows at once."""
    return replace(page, state=page.reached or State.WAITING, holder=None, next_at=now)


def from_the_start(page: Page, at: datetime) -> Page:
    """The page with all its channels before it again, from `at` on; who was told a moment ago has a minute in between."""
    return replace(page, step=0, tries=0, round=page.round + 1, next_at=at)
