"""Somebody who holds intake's stream: lets go of it, comes back with the id that was heard last, and keeps all facts.

It asks the app as a server would, with no socket in between.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message


@dataclass
class HeldStream:
    """`facts` are (id, type, data) as they came, `others` what else was told: `reset`, `slow`."""

    app: Callable[[], ASGIApp]
    key: str
    facts: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    last: str | None = None
    _open: asyncio.Task[None] | None = None
    _left: asyncio.Event = field(default_factory=asyncio.Event)
    _begun: str = ""

    def holds(self) -> None:
        """Open it: from now on the first time, then from behind what was heard last."""
        headers = [(b"authorization", f"Bearer {self.key}".encode())]
        if self.last is not None:
            headers.append((b"last-event-id", self.last.encode()))
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": "/v1/stream", "raw_path": b"/v1/stream", "root_path": "", "query_string": b"", "headers": headers,
            "server": ("critsit", 80), "client": ("127.0.0.1", 1),
        }  # fmt: skip
        self._left, self._begun = asyncio.Event(), ""
        self._open = asyncio.ensure_future(self.app()(scope, self._receive, self._send))

    async def lets_go(self) -> None:
        """The connection ends in the midst of whatever comes."""
        self._left.set()
        if self._open is not None:
            await asyncio.wait_for(self._open, 10)
            self._open = None

    async def has(self, enough: Callable[[], bool]) -> None:
        """Wait until enough was heard, 5 s at most."""
        for _ in range(500):
            if enough():
                return
            await asyncio.sleep(0.01)

    async def _receive(self) -> Message:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200, message
            return
        *frames, self._begun = (self._begun + message["body"].decode()).split("\n\n")
        for frame in frames:
            self._takes(dict(line.partition(": ")[::2] for line in frame.split("\n")))

    def _takes(self, told: dict[str, str]) -> None:
        self.last = told.get("id", self.last)
        if "data" in told and "id" in told:
            self.facts.append((int(told["id"]), told["event"], json.loads(told["data"])))
        elif "data" in told:
            self.others.append(told["event"])
