"""Somebody who receives webhooks and believes none whose signature is wrong.

It answers as it is told; with nothing left to say, 204.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

from tests.harness.raw_http import Heard, answer, listening

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(slots=True)
class Receiver:
    """`believed` are the payloads with a good signature, `ids` their webhook ids, `heard` everything that came in."""

    port: int = 0
    secret: str = SECRET
    answers: list[bytes] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    believed: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    hangs: bool = False

    def url(self, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/hooks/critsit?team=a"

    async def says(self, heard: Heard, writer: asyncio.StreamWriter) -> None:
        self.heard.append(heard)
        self.believed.append(Webhook(self.secret).verify(heard.body, heard.headers))
        self.ids.append(heard.headers["webhook-id"])
        if self.hangs:
            await asyncio.Event().wait()
        writer.write(self.answers.pop(0) if self.answers else answer(204))


@asynccontextmanager
async def webhook_receiver() -> AsyncIterator[Receiver]:
    """A receiver on loopback."""
    receiver = Receiver()
    async with listening(receiver.says) as receiver.port:
        yield receiver


def redirect_to(url: str) -> bytes:
    return answer(302, headers={"location": url})


def with_body(status: int, body: object) -> bytes:
    return answer(status, json.dumps(body).encode(), {"content-type": "application/json"})
