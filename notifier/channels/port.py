"""What every channel is to the notifier: somewhere a message can be sent, and what became of it.

Sending the same attempt twice is allowed (twice beats never); its id stays the same, so that the other side can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notifier.messages.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Which try this is. `id` is the attempt's own and the same when it is repeated; `incident` and `page` are ids,
    `number` is the incident's, `to` the person's id; `at` is now (aware); `link` acknowledges, where there is one."""

    id: str
    page: str
    incident: str
    number: str
    to: str
    at: datetime
    repeat: bool = False
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """It is where the reader looks."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A provider took it and answers for the rest; `provider_id` is what it calls it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not leave, or nobody knows whether it did. `reason` names no address; `retry`: the same way may work
    in a moment."""

    reason: str
    retry: bool


Outcome = Delivered | Sent | Failed


class Channel(Protocol):
    """One way out."""

    async def send(self, message: Message, address: str, attempt: Attempt) -> Outcome:
        """Sends once, within the channel's own time limit. Raises nothing but cancellation."""
        ...

    async def close(self) -> None:
        """Lets go of what it holds open."""
        ...
