"""A page as a value: somebody is to hear of something, by one channel after the other.

Its end is final: what is acknowledged, exhausted or cancelled is never sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import uuid_utils.compat as uuid_utils

from events import notifications
from notifier.messages import Reason


class Purpose(StrEnum):
    """Whom a page is for: what api.md calls `for`."""

    CRISIS_MANAGER = "crisis-manager"
    DUTY_MANAGER = "duty-manager"
    ENGINEER = "engineer"
    EXECUTIVE = "executive"
    DELIVERY_MANAGER = "delivery-manager"
    ADMINISTRATOR = "administrator"
    CLOUD_OPERATIONS = "cloud-operations"
    PRODUCT_TEAM = "product-team"
    #: To the crisis manager, and not that it is theirs: nothing of it is taken for the end of the assignment.
    ESCALATION = "escalation"

    @property
    def role(self) -> str:
        """As what somebody is paged, in words."""
        return "crisis manager" if self is Purpose.ESCALATION else self.value.replace("-", " ")


class Side(StrEnum):
    """Whose person it is."""

    PROVIDER = "provider"
    CUSTOMER = "customer"


class State(StrEnum):
    """What became of a page so far."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    EXHAUSTED = "exhausted"
    CANCELLED = "cancelled"


OPEN = frozenset({State.WAITING, State.SENDING, State.SENT, State.DELIVERED})

#: Who is paged where nobody can be: kept waiting until somebody can.
NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page. `cause` is what it is about (an event's or an escalation's id), `clocks` the promises that keep it
    wanted while they are unmet (none: the incident alone does), `step` the next of the person's channels. `grounds` is
    what keeps it wanted, each by itself (`rules/wanted.py`); where there are none, `clocks` and `reason` say it.

    `reached` is the best that any attempt came to, `tries` how many rounds failed altogether; `channel` is what the
    next attempt will likely go by; `holder` is who is sending it just now; `ended` says why it is over, `traceparent` whose
    trace what becomes of it belongs to; `under` is whose it was, where the incident has left that contract."""

    id: UUID
    incident: str
    purpose: Purpose
    side: Side
    person: str
    name: str
    cause: str
    reason: Reason
    happened: str
    clocks: tuple[str, ...]
    urgent: bool
    wants_ack: bool
    round_at: datetime
    created_at: datetime
    next_at: datetime | None
    state: State = State.WAITING
    reached: State | None = None
    step: int = 0
    round: int = 1
    tries: int = 0
    attempts: int = 0
    channel: str = ""
    holder: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    ended: str | None = None
    traceparent: str | None = None
    under: str | None = None
    grounds: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it may still be sent."""
        return self.state in OPEN

    @property
    def passes_on(self) -> bool:
        """Whether somebody else is asked at once where its reader can't."""
        if self.purpose in (Purpose.EXECUTIVE, Purpose.ADMINISTRATOR):
            return False
        return self.wants_ack or self.purpose is Purpose.DELIVERY_MANAGER

    def said(self) -> notifications.Page:
        """The page as the others hear of it."""
        return notifications.Page(
            str(self.id), self.purpose.value, self.side.value, self.person, self.name, self.attempts, self.happened
        )


class AttemptOutcome(StrEnum):
    """What became of an attempt."""

    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAttempt:
    """One try by one channel; `repeat` where it may have left before. `address` is whole in here, masked outside."""

    id: UUID
    page: UUID
    incident: str
    channel: str
    address: str
    at: datetime
    outcome: AttemptOutcome = AttemptOutcome.SENDING
    detail: str = ""
    repeat: bool = False
    provider_id: str | None = None


def new_id() -> UUID:
    """An id that sorts by time."""
    return uuid_utils.uuid7()
