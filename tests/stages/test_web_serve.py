"""Serving and stopping: a port that is taken is told in a sentence; a stop answers, drains and ends."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator

import pytest

from backbone.web.health import Health
from backbone.web.serve import CannotListen, serve
from tests.harness.small_app import ADMIN, Answer, answer, small_app

#: A process of its own: signals belong to a process, not to a test.
PROCESS = """
import asyncio, sys
from backbone.process.logging import configure_logging
from backbone.web.health import Health
from backbone.web.serve import run, serve
from tests.harness.small_app import small_app

async def drain():
    print("drained", flush=True)

async def main():
    health = Health()
    configure_logging("info")
    await serve(small_app(health=health, seconds=5), port=0, health=health, drain=drain,
                on_ready=lambda port: print(port, flush=True))
    print("ended", flush=True)

run(main())
"""

HEAD = f"POST /v1/hot HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN}\r\nContent-Type: application/json\r\n"
BODY = b'{"title": "x", "reporter": {"name": "y"}}'


@contextlib.asynccontextmanager
async def process() -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROCESS, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        line = await asyncio.wait_for(child.stdout.readline(), 20)
        yield child, int(line)
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.communicate()


async def test_a_port_that_is_taken_is_told_in_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"{port}.*in use"):
            await serve(small_app(), port=port, signals=False)
    with pytest.raises(CannotListen):
        await serve(small_app(), host="no.such.host.invalid", signals=False)


async def test_on_sigterm_the_request_in_hand_is_answered_then_it_drains_and_ends() -> None:
    async with process() as (child, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{HEAD}Content-Length: {len(BODY)}\r\nExpect: 100-continue\r\n\r\n".encode())
        # The server asks for the body: the request is in hand.
        assert b"100 Continue" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        child.send_signal(signal.SIGTERM)
        await _until_refused(port)
        writer.write(BODY)
        told: Answer = await asyncio.wait_for(answer(reader), 5)
        assert told.status == 201
        await _close(writer)
        assert await asyncio.wait_for(child.wait(), 10) == 0
        assert child.stdout is not None
        assert (await child.stdout.read()).split() == [b"drained", b"ended"]


async def test_a_stream_does_not_hold_up_the_end() -> None:
    async with process() as (child, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN}\r\n\r\n".encode())
        await asyncio.wait_for(reader.readuntil(b": connected\n\n"), 5)
        child.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(child.wait(), 5) == 0
        assert (await reader.read()).endswith(b"0\r\n\r\n")
        await _close(writer)


async def test_a_health_that_drains_is_not_ready_and_still_alive() -> None:
    health = Health()
    assert await health.missing() == []
    health.drain()
    assert await health.missing() == ["it is being stopped"]
    assert health.stuck() == {}


async def _until_refused(port: int) -> None:
    """Wait until nothing new is taken: from there on the stop has begun."""
    async with asyncio.timeout(5):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:  # refused, or reset while it stood in the queue of one that closes
                return
            await _close(writer)
            await asyncio.sleep(0.01)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
