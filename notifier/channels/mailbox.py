"""The built-in mailbox: a table that `GET /v1/mailbox` shows, for when no real channel is configured.

It stores the whole message, so that what a reader would have got can be seen word for word.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from notifier.channels.port import Attempt, Delivered, Failed, Outcome
from notifier.messages.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxEntry:
    """What the mailbox keeps; `id` is the attempt's, so that a repeat is the same entry. `to` is the person's id,
    `channel` what it would have gone by."""

    id: str
    at: datetime
    incident: str
    page: str
    to: str
    channel: str
    subject: str
    text: str


#: Stores an entry, durably; where the id is there already, nothing. May raise: that is a failure to deliver.
MailboxStore = Callable[[MailboxEntry], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The mailbox as a channel, standing in for the channel named `stands_for`."""

    store: MailboxStore
    stands_for: str = "mailbox"

    async def send(self, message: Message, address: str, attempt: Attempt) -> Outcome:
        """Keeps the message. The address is not kept: the reader is known by their id."""
        entry = MailboxEntry(
            id=attempt.id,
            at=attempt.at,
            incident=attempt.incident,
            page=attempt.page,
            to=attempt.to,
            channel=self.stands_for,
            subject=message.subject,
            text=message.text,
        )
        try:
            await self.store(entry)
        except Exception as error:  # noqa: BLE001 a channel answers, whatever the store does; the outcome is recorded
            return Failed(f"the mailbox could not keep it: {type(error).__name__}", retry=True)
        return Delivered()

    async def close(self) -> None:
        """Holds nothing open."""
