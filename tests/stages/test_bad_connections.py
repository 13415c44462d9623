"""Connections that mean no good, on real sockets: who sends for ever, never on, or no HTTP, is ended, and hurts nobody."""

from __future__ import annotations

import asyncio
import itertools
import socket
from contextlib import AsyncExitStack, suppress

import pytest

from backbone.web.connection import Bounds
from tests.harness.plain_socket import Line, line, problem, resident
from tests.harness.small_app import ADMIN, say, served, small_app

GOOD = b'{"title": "All VMs down", "reporter": {"name": "Aigerim S."}}'
KEY = f"Host: x\r\nAuthorization: Bearer {ADMIN}\r\n".encode()
POST = b"POST /v1/hot HTTP/1.1\r\n" + KEY + b"Content-Type: application/json\r\n"
REPORT = POST + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD
LIST = b"GET /v1/things HTTP/1.1\r\n" + KEY + b"\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
MIB = 1024 * 1024


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET /v1/things HTTP/1.1\r\n", *[b"X-%d: y\r\n" % n for n in range(150)], b"\r\n"],
        [b"GET /v1/things HTTP/1.1\r\nX: " + b"y" * 40_000 + b"\r\n\r\n"],
        [b"GET /v1/things HTTP/1.1\r\nX: ", *[b"y" * 10_000] * 4, b"\r\n\r\n"],
        [b"GET /v1/things?x=", *[b"y" * 10_000] * 4, b" HTTP/1.1\r\n\r\n"],
        [b"GET /v1/things HTTP/1.1\r\n", *[b"X: %s\r\n" % (b"y" * 1000)] * 40],
    ],
    ids=["many", "long", "long in pieces", "long address", "without end"],
)  # fmt: skip
async def test_too_many_or_too_long_headers_are_431_and_the_end_of_the_connection(parts: list[bytes]) -> None:
    async with served(small_app()) as port, line(port) as one:
        await one.says(*parts)
        problem(await one.hears(), 431)
        assert await one.is_closed()


async def test_as_many_headers_as_are_allowed_are_taken_in_whatever_pieces_they_come() -> None:
    head = LIST[:-2] + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 300) for n in range(90)) + b"\r\n"
    async with served(small_app()) as port, line(port) as one:
        await one.says(head)
        assert (await one.hears()).status == 200
        for piece in range(0, len(head), 1000):
            await one.says(head[piece : piece + 1000])
        assert (await one.hears()).status == 200
        # A large body just before the next head is no part of it.
        large = b'{"title": "%s", "reporter": {"name": "y"}}' % (b"x" * 200_000)
        await one.says(POST + b"Content-Length: %d\r\n\r\n" % len(large) + large + LIST[:40])
        assert (await one.hears()).status == 201
        await one.says(LIST[40:])
        assert (await one.hears()).status == 200


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"GET /v1/things HTTP/1.1\r\nX: ", b"y" * 65_536),
        (b"GET /v1/things HTTP/1.1\r\n", b"X: y\r\n" * 10_000),
        (CHUNKED + b"1;", b"x" * 65_536),
        (CHUNKED + b"0\r\n", b"X: y\r\n" * 10_000),
        (CHUNKED + b"0\r\nX: ", b"y" * 65_536),
    ],
    ids=["a header", "headers", "a chunk's extension", "trailers", "a trailer"],
)  # fmt: skip
async def test_what_never_ends_is_cut_off_and_memory_stays_flat(first: bytes, again: bytes) -> None:
    async with served(small_app(), bounds=Bounds(linger=0.1)) as port:
        before = 0
        for _ in range(4):
            async with line(port) as one:
                sent = await one.floods(itertools.chain([first], itertools.repeat(again, 500)))
                assert sent < 20 * MIB
            before = before or resident()
        assert resident() - before < 8 * MIB
        async with line(port) as other:
            await other.says(REPORT)
            assert (await other.hears()).status == 201


async def test_headers_that_never_end_are_waited_for_so_long_and_no_longer_whatever_drips_meanwhile() -> None:
    async with served(small_app(), bounds=Bounds(seconds=0.4)) as port, line(port) as slow, line(port) as silent:

        async def drips() -> None:
            with suppress(ConnectionError):
                for piece in itertools.chain([LIST[:-2]], itertools.repeat(b"X: y\r\n")):
                    await slow.says(piece)
                    await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drips())
        async with line(port) as other:
            await other.says(REPORT)
            assert (await other.hears()).status == 201
        problem(await slow.hears(), 408)
        assert await silent.is_closed()
        dripping.cancel()


async def test_the_second_request_of_a_connection_has_no_more_time_than_the_first() -> None:
    async with served(small_app(), bounds=Bounds(seconds=0.3)) as port, line(port) as one:
        await one.says(LIST)
        assert (await one.hears()).status == 200
        await one.says(LIST[:-2])
        problem(await one.hears(), 408)
        assert await one.is_closed()


async def test_a_body_that_nobody_asked_for_and_that_never_comes_holds_no_connection() -> None:
    async with served(small_app(), bounds=Bounds(seconds=0.3)) as port, line(port) as one:
        await one.says(LIST[:-2] + b"Content-Length: 100\r\n\r\n")
        assert (await one.hears()).status == 200
        await one.says(b"x")
        assert await one.is_closed()


async def test_a_request_that_takes_long_is_not_cut_off_by_the_time_for_headers() -> None:
    async with served(small_app(), bounds=Bounds(seconds=0.2)) as port, line(port) as one:
        await one.says(POST + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD[:10])
        assert not await _ends_within(one, 0.5)
        await one.says(GOOD[10:])
        assert (await one.hears()).status == 201


async def test_requests_sent_at_once_are_answered_in_order_and_rubbish_behind_them_spoils_none() -> None:
    async with served(small_app()) as port:
        for rubbish in (
            b"rubbish\r\n\r\n",
            b"GET / HTTP/1.1\r\nX: " + b"y" * 40_000 + b"\r\n\r\n",
            CHUNKED + b"xyz\r\n",
        ):
            async with line(port) as one:
                await one.says(REPORT + LIST + rubbish)
                assert [(await one.hears()).status, (await one.hears()).status] == [201, 200]
                assert await one.is_closed()
        async with line(port) as one:
            await one.says(REPORT + LIST + REPORT + b"GET /none HTTP/1.1\r\nConnection: close\r\n\r\n")
            assert [(await one.hears()).status for _ in range(4)] == [201, 200, 201, 404]
            assert await one.is_closed()


async def test_who_goes_on_after_the_last_answer_is_not_reset_at_once_or_the_answer_would_be_lost_on_its_way() -> None:
    firsts = (REPORT + b"rub", REPORT.replace(b"Host", b"Connection: close\r\nHost"), REPORT.replace(b"/1.1", b"/1.0"))
    async with served(small_app(), bounds=Bounds(linger=0.5)) as port:
        for first in firsts:
            async with line(port) as one:
                await one.says(first)
                assert (await one.hears()).status == 201
                assert await one.is_closed()
                for _ in range(10):
                    one.writer.write(b"bish\r\n")
                    await asyncio.sleep(0.002)
                assert not one.writer.is_closing()


async def test_ever_more_requests_without_waiting_for_an_answer_are_answered_up_to_a_number() -> None:
    async with served(small_app()) as port, line(port) as one:
        flood = asyncio.create_task(one.floods([b"GET /none HTTP/1.1\r\n\r\n" * 5000]))
        told = 0
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while (await one.hears()).status == 404:
                told += 1
        await flood
        assert 50 <= told <= 200


@pytest.mark.parametrize("upgrade", [b"h2c", b"websocket", b"TLS/1.0, x"])
async def test_a_wish_to_upgrade_is_not_heard_and_the_body_is(upgrade: bytes) -> None:
    """Java's client asks for it by itself, with the first request that it sends."""
    wish = (
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: "
        + upgrade
        + b"\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\n"
    )
    asking = POST + wish + b"Content-Length: %d\r\n\r\n" % len(GOOD)
    async with served(small_app()) as port:
        for parts in (
            [asking + GOOD],
            [asking, GOOD],
            [asking[:99], asking[99:], GOOD[:9], GOOD[9:]],
            [asking + GOOD + LIST],
        ):
            async with line(port) as one:
                await one.says(*parts)
                assert (await one.hears()).status == 201
                if parts[0].endswith(LIST):
                    assert (await one.hears()).status == 200
                await one.says(REPORT)
                assert (await one.hears()).status == 201


async def test_whoever_still_sends_what_nobody_wants_hears_the_answer_all_the_same() -> None:
    """Closed at once with bytes unread, a connection is reset, and the answer is lost on its way."""
    head = POST + b"Content-Length: 99999999\r\n\r\n"
    async with served(small_app(), bounds=Bounds(linger=0.2)) as port:
        for _ in range(20):
            told = await say(port, head, *[b"x" * 65_536] * 1000)
            problem(told, 413)


LARGE = b'{"title": "%s", "reporter": {"name": "y"}}' % (b"x" * 200_000)
#: Its answer is as large.
ECHO = POST + b"Content-Length: %d\r\n\r\n" % len(LARGE) + LARGE


def narrow(port: int, takes: int = 4096) -> socket.socket:
    """A socket that takes little by itself."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes)
    made.connect(("127.0.0.1", port))
    return made


async def test_whoever_asks_and_asks_and_never_reads_an_answer_is_cut_off() -> None:
    async with served(small_app(), bounds=Bounds(stalled=0.3)) as port:
        reader, writer = await asyncio.open_connection(sock=narrow(port), limit=4096)
        async with asyncio.timeout(8):
            await Line(reader, writer).floods([ECHO] * 200)
            with suppress(ConnectionError):
                await writer.wait_closed()
        async with line(port) as other:
            await other.says(REPORT)
            assert (await other.hears()).status == 201


async def test_whoever_reads_slowly_gets_all_of_it() -> None:
    async with served(small_app(), bounds=Bounds(stalled=0.5)) as port:
        reader, writer = await asyncio.open_connection(sock=narrow(port, 131_072), limit=4096)
        flood = asyncio.create_task(Line(reader, writer).floods([ECHO] * 30))
        told, clock = 0, asyncio.get_running_loop()
        start = clock.time()
        while told < 30 * len(LARGE) and (piece := await reader.read(60_000)):
            told += len(piece)
            if clock.time() - start < 1.2:
                await asyncio.sleep(0.02)
        assert told >= 30 * len(LARGE)
        await flood
        writer.close()


async def test_of_more_connections_than_there_may_be_each_is_told_to_come_again() -> None:
    async with served(small_app(), bounds=Bounds(connections=3, seconds=0.5)) as port, AsyncExitStack() as open_ones:
        held = [await open_ones.enter_async_context(line(port)) for _ in range(3)]
        await held[0].says(REPORT)
        assert (await held[0].hears()).status == 201
        async with line(port) as one:
            told = await one.hears()
            problem(told, 503)
            assert told.headers["retry-after"] == "1"
            assert await one.is_closed()
        assert await held[1].is_closed()
        async with line(port) as one:
            await one.says(REPORT)
            assert (await one.hears()).status == 201


async def _ends_within(one: Line, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await one.reader.read(1) == b""
    except TimeoutError:
        return False


async def test_a_connection_without_a_request_is_closed_after_a_while_and_no_other() -> None:
    async with served(small_app(), bounds=Bounds(idle=1.2)) as port, line(port) as idle, line(port) as busy:
        for one in (idle, busy):
            await one.says(LIST)
            assert (await one.hears()).status == 200
        for _ in range(4):
            await asyncio.sleep(0.4)
            await busy.says(LIST)
            assert (await busy.hears()).status == 200
        assert await idle.is_closed()
        # A head that has begun is a request: it has its own time.
        await busy.says(LIST[:20])
        await asyncio.sleep(1.6)
        await busy.says(LIST[20:])
        assert (await busy.hears()).status == 200
        assert await busy.is_closed()
