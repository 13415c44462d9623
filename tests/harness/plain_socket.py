"""A caller with a plain socket, who sends what no client library would, and reads what comes back.

It takes nothing of the code under test.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .small_app import Answer, answer


def resident() -> int:
    """The bytes of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@dataclass
class Line:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def says(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def floods(self, parts: Iterable[bytes]) -> int:
        """Send until it is cut off; the bytes that went out."""
        sent = 0
        with suppress(ConnectionError):
            for part in parts:
                await self.says(part)
                sent += len(part)
        return sent

    async def hears(self) -> Answer:
        return await asyncio.wait_for(answer(self.reader), 5)

    async def is_closed(self) -> bool:
        """Whether the other side ends it within 5 seconds, saying no more."""
        with suppress(ConnectionError):
            return await asyncio.wait_for(self.reader.read(), 5) == b""
        return True


@asynccontextmanager
async def line(port: int) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def problem(told: Answer, *statuses: int) -> dict[str, Any]:
    """What the problem says: it is one of these, in the one shape that all have."""
    assert told.status in statuses, told
    assert told.headers["content-type"] == "application/problem+json"
    assert told.headers["x-request-id"]
    said: dict[str, Any] = json.loads(told.body)
    assert said["status"] == told.status
    return said
