"""Odd headers on real sockets, against all four stages: refused where they are ambiguous, never believed, never a 5xx.

The hot route and FastAPI's agree on every one of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.harness.plain_socket import Line, line, problem
from tests.harness.small_app import served
from tests.harness.work_orders import incident, work_order
from tests.harness.world import KEY, world

BODIES = {
    b"POST /v1/incidents": json.dumps(incident()).encode(),
    b"POST /v1/incidents:batch": json.dumps({"items": [incident()]}).encode(),
    b"PUT /v1/contracts/WO-1": json.dumps(work_order()).encode(),
}
AUTHORIZATION = b"Authorization: Bearer %s" % KEY.encode()
JSON = b"Content-Type: application/json"


@asynccontextmanager
async def serving(database: str) -> AsyncIterator[int]:
    """All four stages, served: the port."""
    async with world(database) as there, served(there.process.app) as port:
        yield port


@asynccontextmanager
async def connected(database: str) -> AsyncIterator[Line]:
    """A connection to them."""
    async with serving(database) as port, line(port) as one:
        yield one


def asks(
    route: bytes, *headers: bytes, key: bytes = AUTHORIZATION, media: bytes = JSON, version: bytes = b"1.1"
) -> bytes:
    """A sound request, with these headers as well."""
    body = BODIES[route]
    lines = [route + b" HTTP/" + version, b"Host: x", b"Content-Length: %d" % len(body), key, media, *headers]
    return b"\r\n".join(one for one in lines if one) + b"\r\n\r\n" + body


async def test_what_is_said_once_and_was_said_twice_is_refused_whether_it_is_the_same_or_not(
    database: str,
) -> None:
    async with connected(database) as one:
        for route in BODIES:
            for twice in (AUTHORIZATION, b"Authorization: Bearer other", JSON, b"Content-Type: text/plain", b"Host: y"):
                await one.says(asks(route, twice))
                said = problem(await one.hears(), 400)
                name = twice.split(b":")[0].decode().lower()
                assert said["errors"] == [{"pointer": f"/header/{name}", "message": "was sent more than once"}]
            await one.says(asks(route, b"Idempotency-Key: a", b"Idempotency-Key: b"))
            problem(await one.hears(), 400)
            await one.says(asks(route))
            assert (await one.hears()).status in (200, 201)


async def test_json_is_utf_8_and_whoever_says_another_charset_is_not_read_as_if_he_had_not(
    database: str,
) -> None:
    async with connected(database) as one:
        for route in BODIES:
            for bad in (
                b"utf-16",
                b"UTF-16LE",
                b'"utf-16"',
                b"latin1",
                b"iso-8859-1",
                b"utf-8; charset=utf-16",
                b"",
                b"utf-7",
            ):
                await one.says(asks(route, media=JSON + b"; charset=" + bad))
                problem(await one.hears(), 415)
            for good in (b"; charset=utf-8", b';charset="UTF-8"', b"; CHARSET=utf8", b"; profile=x", b";"):
                await one.says(asks(route, media=JSON + good))
                assert (await one.hears()).status in (200, 201), good


async def test_the_id_of_a_request_is_taken_where_it_is_one_and_nothing_else_gets_into_the_answer(
    database: str,
) -> None:
    async with connected(database) as one:
        for route in BODIES:
            ids = (
                b"x" * 10_000, "é💣".encode(), b"\xff\xfe", b"a b", b"a,b", b"a;Set-Cookie: x", b"%0d%0aSet-Cookie: x",
                b"{{7*7}}",
                b"\t", b"",
            )  # fmt: skip
            for bad in ids:
                await one.says(asks(route, b"X-Request-Id: " + bad))
                told = await one.hears()
                assert told.status in (200, 201)
                assert re.fullmatch(r"[0-9a-f-]{36}", told.headers["x-request-id"])
                assert "set-cookie" not in told.headers
            await one.says(asks(route, b"X-Request-Id: a", b"X-Request-Id: b"))
            assert re.fullmatch(r"[0-9a-f-]{36}", (await one.hears()).headers["x-request-id"])
            await one.says(asks(route, b"X-Request-Id: portal-77"))
            assert (await one.hears()).headers["x-request-id"] == "portal-77"


async def test_no_odd_header_makes_a_5xx(database: str) -> None:
    sound = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    odd = [
        b"%s: %s" % (name, value)
        for name in (
            b"Traceparent", b"Tracestate", b"Prefer", b"If-Match", b"If-None-Match", b"Idempotency-Key", b"Accept", b"Cookie",
            b"Accept-Encoding", b"Range", b"Forwarded", b"X-Forwarded-For", b"Date", b"Content-Encoding", b"Expect", b"TE",
        )
        for value in (
            b"", b"\t", b"x" * 10_000, b"\xff\xfe", "é💣".encode(), sound, sound + b"-" + b"y" * 3000, b"wait=-1",
            b"wait=1e999", b"wait=" + b"9" * 3000, b'W/"9999999999999999999"', b"\"'--;,=", b"*", b"bytes=0-", b"100-continue",
        )
    ]  # fmt: skip
    async with connected(database) as one:
        for route in BODIES:
            for header in odd:
                await one.says(asks(route, header))
                told = await one.hears()
                if told.status == 100:
                    told = await one.hears()
                if told.status >= 300:
                    problem(told, 400, 409, 412, 415, 417)


async def test_a_key_that_is_none_is_401_whatever_it_is_made_of(database: str) -> None:
    async with connected(database) as one:
        for route in BODIES:
            for value in (
                b"",
                b"Bearer",
                b"Bearer ",
                b"Bearer \xff\xfe",
                b"bearer " + b"x" * 9000,
                b"Basic Og==",
                "Bearer é".encode(),
            ):
                await one.says(asks(route, key=b"Authorization: " + value))
                problem(await one.hears(), 401)
            await one.says(asks(route, key=b""))
            problem(await one.hears(), 401)


async def test_http_1_0_is_answered_and_closed(database: str) -> None:
    async with serving(database) as port:
        for route in BODIES:
            async with line(port) as one:
                await one.says(asks(route, version=b"1.0"))
                told = await one.hears()
                assert told.status in (200, 201)
                assert told.headers["connection"] == "close"
                assert int(told.headers["content-length"]) == len(told.body)
                assert await one.is_closed()


async def test_whoever_asks_first_is_told_to_go_on_or_why_not(database: str) -> None:
    async with connected(database) as one:
        for route in BODIES:
            head, body = asks(route, b"Expect: 100-continue").split(b"\r\n\r\n")
            await one.says(head + b"\r\n\r\n")
            assert (await one.hears()).status == 100
            await one.says(body)
            assert (await one.hears()).status in (200, 201)


async def test_whoever_asks_first_and_is_refused_may_say_something_else_next_and_is_not_taken_for_a_body(
    database: str,
) -> None:
    async with serving(database) as port:
        for route in BODIES:
            async with line(port) as one:
                head, _ = asks(route, b"Expect: 100-continue", key=b"Authorization: Bearer other").split(b"\r\n\r\n")
                await one.says(head + b"\r\n\r\n")
                told = await one.hears()
                problem(told, 401)
                assert told.headers["connection"] == "close"
                assert await one.is_closed()
