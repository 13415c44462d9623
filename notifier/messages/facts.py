"""What a page is about: plain values that the notifier has gathered from what it heard.

Whatever a customer wrote is in here as it was written; only `compose` makes it fit for a screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why somebody is paged; closed, each with its own words."""

    CRISIS_MANAGER = "crisis-manager"
    ENGINEER = "engineer"
    ESCALATION = "escalation"
    RAPID_ESCALATION = "rapid-escalation"
    NOBODY_ON_CALL = "nobody-on-call"
    NEEDS_A_HUMAN = "needs-a-human"
    EXECUTIVE_PROVIDER = "executive-provider"
    EXECUTIVE_CUSTOMER = "executive-customer"
    DELIVERY_MANAGER = "delivery-manager"
    CONFIRM_CONTACT = "confirm-contact"
    PROPOSAL = "proposal"
    MANAGEMENT = "management"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One clock that runs: its name in the catalogue, when it is due (aware), and by which rule."""

    name: str
    at: datetime
    rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """Everything that a page may say. `role` is as what the reader is paged, in words; `about` are the promises that it is
    about, of all that is due, `matter` what it is about besides; `happened` is the one sentence that brought it about
    (which clock was breached, what is proposed, who asked); `link` is where the reader acknowledges or declines."""

    reason: Reason
    number: str
    title: str
    role: str = "duty manager"
    severity: str | None = None
    customer: str | None = None
    dues: tuple[Due, ...] = ()
    about: tuple[Due, ...] = ()
    matter: str | None = None
    caller: str | None = None
    caller_phone: str | None = None
    link: str | None = None
    happened: str | None = None
    description: str | None = None
    product: str | None = None
    queue: str | None = None
    language: str | None = None
    crisis_manager: str | None = None
    flags: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
