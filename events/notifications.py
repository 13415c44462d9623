"""What the notifier says: pages, and what became of them. Subject: the incident's id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from .codec import Fact


@dataclass(frozen=True, slots=True)
class Page:
    """A page as others see it. `purpose` is the API's `for`; `to` the person's (or contact's) id."""

    id: str
    purpose: str
    side: str
    to: str
    name: str
    attempt_count: int
    reason: str


@dataclass(frozen=True, slots=True)
class PageRequested(Fact):
    """Somebody will be paged."""

    TYPE: ClassVar[str] = "page.requested"
    page: Page


@dataclass(frozen=True, slots=True)
class PageSent(Fact):
    """An attempt left: by `channel`, to a masked `address`; `repeat` where it may have left before."""

    TYPE: ClassVar[str] = "page.sent"
    page: Page
    channel: str
    address: str
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class PageDelivered(Fact):
    """The channel says that it arrived."""

    TYPE: ClassVar[str] = "page.delivered"
    page: Page
    channel: str


@dataclass(frozen=True, slots=True)
class PageFailed(Fact):
    """An attempt failed; the next channel follows."""

    TYPE: ClassVar[str] = "page.failed"
    page: Page
    channel: str
    reason: str


@dataclass(frozen=True, slots=True)
class PageAcknowledged(Fact):
    """Somebody has it."""

    TYPE: ClassVar[str] = "page.acknowledged"
    page: Page
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PageDeclined(Fact):
    """The paged person can't: the next one, at once."""

    TYPE: ClassVar[str] = "page.declined"
    page: Page
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class PageExhausted(Fact):
    """All channels were tried and nobody acknowledged."""

    TYPE: ClassVar[str] = "page.exhausted"
    page: Page


@dataclass(frozen=True, slots=True)
class PageCancelled(Fact):
    """No longer wanted."""

    TYPE: ClassVar[str] = "page.cancelled"
    page: Page
    reason: str
