"""A notifier with a crisis manager and a duty manager, and a channel that does what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from notifier.channels import Attempt, Delivered, Failed, Outcome
from notifier.messages import Message
from tests.harness.notifier import Desk, desk, person, rotation

BY_TEXT = {"contacts": [{"channel": "sms", "address": "+351910000009"}]}
IN_THE_MAILBOX = {"contacts": [{"channel": "mailbox", "address": "quick"}]}


@dataclass
class Phone:
    """A channel that keeps what it was given, and can be told to hang, to break, to refuse."""

    got: list[Attempt] = field(default_factory=list)
    free: asyncio.Event = field(default_factory=asyncio.Event)
    breaks: int = 0

    async def send(self, message: Message, address: str, attempt: Attempt) -> Outcome:
        self.got.append(attempt)
        await self.free.wait()
        if self.breaks > 0:
            self.breaks -= 1
            return Failed("busy", retry=True)
        return Delivered()

    async def close(self) -> None:
        self.free.set()


def with_phone(desk_: Desk, phone: Phone) -> None:
    """Text messages go to it."""
    people = desk_.sender.dispatch.people
    people.channels = MappingProxyType({**people.channels, "sms": phone})


@asynccontextmanager
async def staffed(database: str, **settings: Any) -> AsyncIterator[Desk]:
    """Ana, who has every channel, and Dan, who has mail."""
    async with desk(database, **settings) as made:
        await made.knows("person", person("ana", "crisis-manager"))
        await made.knows("person", person("dan", "duty-manager", contacts=1))
        await made.knows("rotation", rotation("duty-manager", "dan"))
        yield made
