"""A channel whose pages are kept in the mailbox too, where that is asked for (`CRITSIT_MAILBOX`).

The copy says nothing of what became of the page: only the real channel does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from notifier.channels import Attempt, Channel, Failed, Mailbox, Outcome
from notifier.messages import Message


@dataclass(frozen=True, slots=True)
class Copied:
    """The real channel, and the mailbox beside it."""

    real: Channel
    mailbox: Mailbox

    async def send(self, message: Message, address: str, attempt: Attempt) -> Outcome:
        """Send by the real one; keep what left."""
        outcome = await self.real.send(message, address, attempt)
        if not isinstance(outcome, Failed):
            await self.mailbox.send(message, address, attempt)
        return outcome

    async def close(self) -> None:
        """Close the real one."""
        await self.real.close()


def with_copies(channels: Mapping[str, Channel]) -> Mapping[str, Channel]:
    """The channels, each of which keeps a copy in the mailbox."""
    mailbox = channels["mailbox"]
    assert isinstance(mailbox, Mailbox)
    copied: dict[str, Channel] = {
        name: Copied(channel, Mailbox(mailbox.store, stands_for=name))
        for name, channel in channels.items()
        if name != "mailbox"
    }
    return {"mailbox": mailbox, **copied}
