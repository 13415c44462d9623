"""Streams on real sockets: what is framed, who is told that it is slow, and how a stream ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from backbone.web.app import WebApp
from backbone.web.health import Health
from backbone.web.sse import RESET, EventStream, Reader, frame, slow_frame
from tests.harness.small_app import ADMIN, served, small_app

ASK = f"GET /v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN}\r\n\r\n".encode()


@contextlib.asynccontextmanager
async def reading(app: WebApp) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with served(app, app.health) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
        writer.write(ASK)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"text/event-stream" in head.lower()
        assert b"x-request-id" in head.lower()
        try:
            yield reader, writer
        finally:
            writer.close()


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_an_event_is_framed_line_by_line() -> None:
    assert frame('{"a": 1}', event="page.sent", id=42) == b'event: page.sent\ndata: {"a": 1}\nid: 42\n\n'
    assert frame("one\ntwo\r\nthree") == b"data: one\ndata: two\ndata: three\n\n"
    assert b"\n\ndata: forged" not in frame("x", event="a\n\ndata: forged", id="1\r\n2")
    assert RESET == b"event: reset\ndata: {}\n\n"


def test_a_reader_holds_so_many_frames_and_then_none() -> None:
    reader = Reader(most=3)
    assert [reader.offer(b"x") for _ in range(4)] == [True, True, True, False]
    assert (reader.slow, reader.missed, reader.take()) == (True, 4, b"")
    assert not reader.offer(b"x")


async def test_what_is_offered_arrives_in_order() -> None:
    reader = Reader()
    async with reading(small_app(reader=reader)) as (sock, _):
        await asyncio.wait_for(sock.readuntil(b": connected\n\n"), 2)
        for n in range(3):
            assert reader.offer(frame(f"{n}", event="x", id=n))
        read = await asyncio.wait_for(sock.readuntil(b"id: 2\n\n"), 2)
        assert read.index(b"data: 0") < read.index(b"data: 1") < read.index(b"data: 2")


async def test_a_stream_without_news_gives_a_sign_of_life() -> None:
    sent: list[bytes] = []
    gone = asyncio.Event()

    async def send(message: dict[str, bytes]) -> None:
        sent.append(message.get("body", b""))
        if len(sent) > 4:
            gone.set()

    async def receive() -> dict[str, str]:
        await gone.wait()
        return {"type": "http.disconnect"}

    stream = EventStream(Reader(), beat=0.01)
    await asyncio.wait_for(stream({"type": "http"}, receive, send), 2)  # type: ignore[arg-type]
    assert sent.count(b": ping\n\n") >= 2


class _Breaks(Reader):
    async def news(self) -> None:
        raise RuntimeError("the inside")


async def test_a_stream_that_fails_is_broken_off_and_says_so_in_the_log_once() -> None:
    with capture_logs() as logged:
        async with reading(small_app(reader=_Breaks())) as (sock, _):
            assert not (await asyncio.wait_for(sock.read(), 2)).endswith(b"0\r\n\r\n")
    assert [line["event"] for line in logged if line["log_level"] == "error"] == ["request.failed"]


async def test_a_reader_that_left_is_let_go() -> None:
    left = asyncio.Event()
    reader = Reader(on_close=left.set)
    async with reading(small_app(reader=reader)) as (_, writer):
        writer.close()
        await asyncio.wait_for(left.wait(), 2)
    assert reader.closed
    assert not reader.offer(b"x")


async def test_a_reader_that_stops_reading_is_told_and_cut_off_and_costs_no_memory() -> None:
    left = asyncio.Event()
    reader = Reader(on_close=left.set)
    async with reading(small_app(reader=reader)) as (_, _writer):
        before = resident()
        big = frame("x" * 10_000, event="x", id=1)
        offered = 0
        while reader.offer(big):
            offered += 1
            await asyncio.sleep(0)
        assert reader.slow
        await asyncio.wait_for(left.wait(), 5)
        assert resident() - before < 48 * 1024 * 1024


async def test_a_reader_whose_queue_overflowed_gets_the_event_slow_and_the_end() -> None:
    reader = Reader(most=2)
    for _ in range(3):
        reader.offer(frame("x"))
    async with reading(small_app(reader=reader)) as (sock, _):
        read = await asyncio.wait_for(sock.readuntil(b"0\r\n\r\n"), 2)
        assert b'event: slow\ndata: {"missed":3}\n\n' in read


@pytest.mark.parametrize("stalls_at", ["the past", "a sign of life"])
async def test_a_reader_that_stalls_without_news_is_told_too_and_cut_off(stalls_at: str) -> None:
    reader, sent = Reader(), list[dict[str, Any]]()

    async def past() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield frame("the past")

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        expected = b"the past" if stalls_at == "the past" else b"ping"
        if expected in message.get("body", b"") and not reader.slow:
            await asyncio.Event().wait()

    async def receive() -> dict[str, str]:
        await asyncio.Event().wait()
        return {}

    stream = EventStream(reader, past=past() if stalls_at == "the past" else None, beat=0.01, patience=0.02)
    await asyncio.wait_for(stream({"type": "http"}, receive, send), 5)  # type: ignore[arg-type]
    assert [message["body"] for message in sent[-2:]] == [slow_frame(0), b""]
    assert not sent[-1]["more_body"]
    assert not reader.offer(b"x")


async def test_a_reader_that_stalls_for_longer_than_its_time_and_reads_on_is_told() -> None:
    reader, sent, reads = Reader(), list[dict[str, Any]](), asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body" and message["body"] != b": connected\n\n":
            await reads.wait()
        sent.append(message)

    async def receive() -> dict[str, str]:
        await asyncio.Event().wait()
        return {}

    stream = EventStream(reader, beat=0.01, patience=0.05)
    asyncio.get_running_loop().call_later(0.2, reads.set)
    await asyncio.wait_for(stream({"type": "http"}, receive, send), 5)  # type: ignore[arg-type]
    assert [(message["body"], message["more_body"]) for message in sent[-2:]] == [(slow_frame(0), True), (b"", False)]


async def test_when_the_process_is_stopped_what_is_queued_goes_out_and_the_stream_ends() -> None:
    reader, health = Reader(), Health()
    async with reading(small_app(reader=reader, health=health)) as (sock, _):
        await asyncio.wait_for(sock.readuntil(b": connected\n\n"), 2)
        reader.offer(frame("last"))
        health.drain()
        read = await asyncio.wait_for(sock.readuntil(b"0\r\n\r\n"), 2)
        assert b"data: last" in read
