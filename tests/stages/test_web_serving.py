"""Serving, as a process of its own that gets real signals: what is in hand is finished, in order, and then it ends."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from backbone.web.serve import CannotListen, StartFailed, listen, serve
from tests.harness.small_app import Answer, answer, say

ROOT = Path(__file__).parents[2]

#: A process that answers /slow after a file appears, tells each step on a line, and drains for as long as it is told.
PROCESS = """
import asyncio, sys
from prometheus_client import CollectorRegistry
from fastapi import APIRouter
from backbone.web.app import web_app
from backbone.web.health import Health
from backbone.web.keys import NoKeys, public
from backbone.web.serve import run, serve

def tell(word):
    print(word, flush=True)

health, go = Health(), asyncio.Event()
router = APIRouter(dependencies=[public("a test")])

@router.get("/slow")
async def slow():
    tell("asked")
    await asyncio.wait_for(asyncio.shield(health.draining.wait()), 20)
    await asyncio.sleep(float(sys.argv[1]))
    tell("answered")
    return {"done": True}

async def drain():
    tell("draining")
    await asyncio.sleep(float(sys.argv[2]))
    tell("drained")

app = web_app("process", [router], ring=NoKeys(), health=health, registry=CollectorRegistry())
on_ready = lambda port: tell(f"port {port}")
run(serve(app, port=0, health=health, on_ready=on_ready, drain=drain, within=float(sys.argv[3])))
tell("ended")
"""


class Process:
    """The process, its port, and the words that it has told."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process, self.port = process, port

    async def told(self) -> str:
        """The next word."""
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            return (await self.process.stdout.readline()).decode().strip()

    async def told_until_the_end(self) -> list[str]:
        """Every word up to its end, which is a good one."""
        words = []
        while word := await self.told():
            words.append(word)
        async with asyncio.timeout(20):
            assert await self.process.wait() == 0
        return words


@asynccontextmanager
async def process(answers_after: float = 0.2, drains_for: float = 0.0, within: float = 10.0) -> AsyncIterator[Process]:
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROCESS, str(answers_after), str(drains_for), str(within),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        one = Process(started, 0)
        while not (word := await one.told()).startswith("port "):
            assert word, "the process ended before it listened"
        one.port = int(word.split()[1])
        yield one
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def only(words: list[str]) -> list[str]:
    return [word for word in words if word in ("asked", "answered", "draining", "drained", "ended")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_the_answer_in_hand_go_out_then_drains_then_ends(number: signal.Signals) -> None:
    async with process() as one:
        asking = asyncio.create_task(say(one.port, get("/slow")))
        assert await one.told() == "asked"
        one.process.send_signal(number)
        given: Answer = await asking
        assert given.status == 200
        assert only(await one.told_until_the_end()) == ["answered", "draining", "drained", "ended"]


async def test_while_it_stops_nobody_new_gets_in_and_who_is_connected_is_told_that_it_is_not_ready() -> None:
    async with process(answers_after=1.0) as one:
        reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
        writer.write(get("/readyz"))
        assert (await answer(reader)).status == 200
        asking = asyncio.create_task(say(one.port, get("/slow")))
        assert await one.told() == "asked"
        one.process.send_signal(signal.SIGTERM)
        # An idle connection is closed; a new one is refused.
        assert await reader.read() == b""
        writer.close()
        with pytest.raises(OSError, match=r"refused|Connect call failed"):
            await asyncio.open_connection("127.0.0.1", one.port)
        assert (await asking).status == 200
        await one.told_until_the_end()


async def test_a_drain_that_takes_too_long_is_left_and_the_process_ends_all_the_same() -> None:
    async with process(answers_after=0.0, drains_for=60.0, within=1.0) as one:
        one.process.send_signal(signal.SIGTERM)
        assert only(await one.told_until_the_end()) == ["draining", "ended"]


async def test_a_second_signal_waits_for_no_request() -> None:
    async with process(answers_after=15.0, within=20.0) as one:
        asking = asyncio.create_task(say(one.port, get("/slow")))
        assert await one.told() == "asked"
        one.process.send_signal(signal.SIGTERM)
        while "web.stopping" not in await one.told():
            pass
        one.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            assert only(await one.told_until_the_end()) == ["draining", "drained", "ended"]
        assert (await asking).status >= 500


def test_a_port_that_is_in_use_is_told_in_one_sentence() -> None:
    held = listen("127.0.0.1", 0)
    try:
        port = held[0].getsockname()[1]
        with pytest.raises(CannotListen, match=rf"^Port {port} on 127\.0\.0\.1 is in use already; .*--port\.$"):
            listen("127.0.0.1", port)
    finally:
        held[0].close()


@pytest.mark.parametrize(
    ("host", "port", "said"),
    [
        ("no-such-host.invalid", 0, "no address"),
        ("256.1.1.1", 0, "no address"),
        ("a..b", 0, "no address"),
        ("192.0.2.1", 0, "not an address of this machine"),
        ("127.0.0.1", 70000, "can't be had"),
    ],
)  # fmt: skip
def test_an_address_that_can_not_be_had_is_told_in_one_sentence(host: str, port: int, said: str) -> None:
    with pytest.raises(CannotListen, match=said):
        listen(host, port)


def test_localhost_is_one_port_on_every_address_that_it_has() -> None:
    held = listen("localhost", 0)
    try:
        assert len({one.getsockname()[1] for one in held}) == 1
    finally:
        for one in held:
            one.close()


def app_that(start: Callable[[], Awaitable[None]]) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "lifespan"
        await receive()
        await start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    return app


async def test_an_app_that_can_not_start_is_an_error_and_frees_its_port() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def fails() -> None:
        raise RuntimeError("no database")

    with pytest.raises(StartFailed):
        await serve(app_that(fails), port=port, signals=False)
    listen("127.0.0.1", port)[0].close()


async def test_the_signals_are_given_back_when_it_ends() -> None:
    before = signal.getsignal(signal.SIGTERM)
    stop = asyncio.Event()

    async def starts() -> None:
        return None

    await serve(app_that(starts), port=0, stop=stop, on_ready=lambda _: stop.set())
    assert signal.getsignal(signal.SIGTERM) == before
