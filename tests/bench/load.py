"""A load of HTTP requests over kept connections: as little work a request as Python can do, so that the server is measured.

`python -m tests.bench.load PORT PATH KEY CONNECTIONS SECONDS` prints one JSON object: requests, seconds, errors, p50, p99 (ms).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import cast

import uvloop

BODY = json.dumps(
    {
        "contract": "WO-1001", "channel": "portal", "portal": "azure-portal", "kind": "problem", "impact": "minimal",
        "reporter": {"name": "Aigerim S.", "email": "aigerim@steppe.example", "phone": "+77010000001"},
        "product": "azure/virtual-machines", "title": "A machine is slow", "language": "kk", "location": "almaty",
        "description": "x" * 330,
    }
).encode()  # fmt: skip


class _Client(asyncio.Protocol):
    def __init__(self, head: bytes, run: _Run) -> None:
        self._head = head
        self._run = run
        self._buffer = b""
        self._began = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._send()

    def _send(self) -> None:
        self._began = time.perf_counter()
        if self._began >= self._run.end or self._transport is None:
            self._run.left -= 1
            if self._run.left == 0:
                self._run.done.set()
            return
        self._run.number += 1
        key = b"%s-%d" % (self._run.salt, self._run.number)
        self._transport.write(self._head + key + b"\r\n\r\n" + BODY)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        at = self._buffer.lower().find(b"content-length: ", 0, end) + 16
        length = int(self._buffer[at : self._buffer.find(b"\r", at)])
        if len(self._buffer) < end + 4 + length:
            return
        self._run.took.append(time.perf_counter() - self._began)
        if self._buffer[9:12] not in (b"201", b"200"):
            self._run.errors += 1
        self._buffer = self._buffer[end + 4 + length :]
        self._send()


class _Run:
    def __init__(self, connections: int, seconds: float) -> None:
        self.end = time.perf_counter() + seconds
        self.salt = b"%x" % time.time_ns()
        self.number = 0
        self.errors = 0
        self.left = connections
        self.took: list[float] = []
        self.done = asyncio.Event()


async def load(port: int, path: str, key: str, connections: int, seconds: float) -> dict[str, float]:
    """Send for `seconds` over `connections`; answers what came back."""
    run = _Run(connections, seconds)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(BODY)}\r\nIdempotency-Key: "
    ).encode()
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: _Client(head, run), "127.0.0.1", port)
    async with asyncio.timeout(seconds + 20):
        await run.done.wait()
    took = time.perf_counter() - began
    run.took.sort()
    return {
        "requests": len(run.took), "seconds": took, "errors": run.errors, "rate": len(run.took) / took,
        "p50_ms": run.took[len(run.took) // 2] * 1000, "p99_ms": run.took[int(len(run.took) * 0.99)] * 1000,
    }  # fmt: skip


if __name__ == "__main__":
    port, path, key, connections, seconds = sys.argv[1:]
    print(json.dumps(uvloop.run(load(int(port), path, key, int(connections), float(seconds)))))
