"""Somebody who listens to intake's stream, over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from backbone.log.event import Lane
from tests.harness.intake import ADMIN, Counterpart
from tests.harness.small_app import served

WITHIN = 10


@dataclass
class Listener:
    """One open stream. `next` gives (id, event, data); `ends` all that comes until the server ends it."""

    lines: AsyncIterator[str]

    async def next(self) -> tuple[str | None, str | None, dict[str, Any]]:
        found: dict[str, str] = {}
        async with asyncio.timeout(WITHIN):
            async for line in self.lines:
                if line == "" and "data" in found:
                    return found.get("id"), found.get("event"), json.loads(found["data"])
                name, _, value = line.partition(": ")
                found[name] = value
        raise EOFError

    async def some(self, count: int) -> list[tuple[str | None, str | None, dict[str, Any]]]:
        return [await self.next() for _ in range(count)]


@asynccontextmanager
async def listening(
    desk: Counterpart, *, last: object = None, key: str = ADMIN, **query: str
) -> AsyncIterator[Listener]:
    """A stream that is open: what is said from now on comes."""
    headers = {"Authorization": f"Bearer {key}"} | ({"Last-Event-ID": str(last)} if last is not None else {})
    async with (
        served(desk.app) as port,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as web,
        web.stream("GET", "/v1/stream", params=query) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        assert await anext(lines) == ": connected"
        yield Listener(lines)


async def shows(desk: Counterpart) -> None:
    """The stream's own work, until it has shown all that is there."""
    (facts,) = [work for work in desk.running.stage.works if work.name == "facts"]
    while await facts.step(Lane.ORDINARY) is not None:
        pass


def titles(facts: list[tuple[str | None, str | None, dict[str, Any]]]) -> list[str]:
    return [data["data"]["report"]["title"] for _, _, data in facts]
