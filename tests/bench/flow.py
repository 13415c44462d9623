"""Reports at a steady rate, and how long each takes to `incident.routed` on the stream: a load that costs the server little.

`python -m tests.bench.flow PORT KEY RATE SECONDS` prints one JSON object: reports, routed, p50, p99 (ms). A report that finds
no connection free counts from the instant at which it was due.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from typing import cast

import uvloop

from .load import BODY

CONNECTIONS = 32
_ID = re.compile(rb'\r\n\r\n\{"id":"([^"]+)"')
_ROUTED = re.compile(rb'"incident": ?"([^"]+)"')


class _Reporter(asyncio.Protocol):
    """A connection that is free, or waits for one answer."""

    def __init__(self, flow: _Flow) -> None:
        self._flow = flow
        self._buffer = b""
        self._due = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._flow.free.put_nowait(self)

    def report(self, due: float) -> None:
        assert self._transport is not None
        self._due = due
        self._transport.write(self._flow.request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._buffer.endswith(b"}"):
            return
        found = _ID.search(self._buffer)
        assert self._buffer.startswith(b"HTTP/1.1 201"), self._buffer[:300]
        if found is not None:
            self._flow.sent[found[1]] = self._due
            self._buffer = b""
            self._flow.free.put_nowait(self)


class _Stream(asyncio.Protocol):
    """The one reader of the stream."""

    def __init__(self, flow: _Flow) -> None:
        self._flow = flow
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.WriteTransport, transport).write(
            b"GET /v1/stream?type=incident.routed HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n\r\n"
            % self._flow.key
        )

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if line.startswith(b"data:") and (found := _ROUTED.search(line)) is not None:
                self._flow.routed.setdefault(found[1], now)


class _Flow:
    def __init__(self, key: str) -> None:
        self.key = key.encode()
        self.free: asyncio.Queue[_Reporter] = asyncio.Queue()
        self.sent: dict[bytes, float] = {}
        self.routed: dict[bytes, float] = {}
        self.request = (
            f"POST /v1/incidents HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
        ).encode() + BODY


async def flow(port: int, key: str, rate: int, seconds: float) -> dict[str, float]:
    """Report `rate` times a second; answers what the stream showed of them."""
    run = _Flow(key)
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: _Stream(run), "127.0.0.1", port)
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: _Reporter(run), "127.0.0.1", port)
    await asyncio.sleep(0.5)
    start = time.perf_counter()
    for number in range(int(rate * seconds)):
        due = start + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        (await run.free.get()).report(due)
    await asyncio.sleep(2)
    took = sorted((run.routed[id_] - due) * 1000 for id_, due in run.sent.items() if id_ in run.routed)
    return {
        "reports": len(run.sent), "routed": len(took), "p50_ms": took[len(took) // 2],
        "p99_ms": took[int(len(took) * 0.99)],
    }  # fmt: skip


if __name__ == "__main__":
    port, key, rate, seconds = sys.argv[1:]
    print(json.dumps(uvloop.run(flow(int(port), key, int(rate), float(seconds)))))
