"""What is no HTTP is told so, once, and ends its connection."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack

import pytest

from backbone.web.connection import Bounds
from tests.harness.plain_socket import line, problem
from tests.harness.small_app import ADMIN, served, small_app

POST = (
    f"POST /v1/hot HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN}\r\nContent-Type: application/json\r\n".encode()
)
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
NO_HTTP = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"HELO critsit\r\n",
    b"GET /v1/things\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://x HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/things HTTP/1.1\r\nX-Request-Id: a\x00b\r\n\r\n",
    b"GET /v1/things HTTP/1.1\r\nX-Request-Id: a\r\n b\r\n\r\n",
    b"GET /v1/things HTTP/1.1\nHost: x\n\n",
    b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT /v1/things HTTP/1.1\r\nHost: x\r\n\r\n",
    POST + b"Content-Length: +5\r\n\r\nhello",
    POST + b"Content-Length: 1_0\r\n\r\nhellohello",
    POST + b"Content-Length: \xd9\xa5\r\n\r\nhello",
    POST + b"Content-Length: 1" + b"0" * 4000 + b"\r\n\r\nhello",
    POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: identity\r\n\r\nhello",
    CHUNKED + b"xyz\r\nhello\r\n",
    CHUNKED + b"fffffffffffffffff\r\nhello\r\n",
    CHUNKED + b"-1\r\nhello\r\n",
]  # fmt: skip


async def test_what_is_no_http_is_a_problem_like_any_other_and_the_end_of_the_connection() -> None:
    async with served(small_app()) as port:
        for sent in NO_HTTP:
            async with line(port) as one:
                await one.says(sent)
                problem(await one.hears(), 400)
                assert await one.is_closed()


async def test_who_has_heard_the_last_answer_is_not_told_another_when_the_time_for_headers_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with served(small_app(), bounds=Bounds(seconds=0.1, linger=5.0)) as port, AsyncExitStack() as lines:
        for sent in NO_HTTP:
            one = await lines.enter_async_context(line(port))
            await one.says(sent)
            problem(await one.hears(), 400)
        await asyncio.sleep(0.3)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
