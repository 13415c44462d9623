"""Bodies that nobody means, over real sockets, at every kind of route of all four stages: a problem with pointers, never a 5xx.

Whatever was sent, the connection either takes a sound request next, or was closed and said so.
"""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from backbone.web.connection import Bounds
from tests.harness.plain_socket import Line, line, problem, resident
from tests.harness.small_app import Answer, served
from tests.harness.work_orders import incident, work_order
from tests.harness.world import KEY, world

MIB = 1024 * 1024
HEAD = b"Host: x\r\nAuthorization: Bearer %s\r\n" % KEY.encode()
JSON = b"Content-Type: application/json\r\n"
#: Where a bad value is put.
HERE = '"HERE"'


@dataclass(frozen=True)
class Route:
    """A route with its sound body; `at` is the pointer of the value that is replaced, `limit` the most bytes taken."""

    target: bytes
    body: str
    at: str
    limit: int = 256 * 1024

    def bent(self, value: bytes) -> bytes:
        return self.body.encode().replace(HERE.encode(), value)


ROUTES = {
    "report": Route(b"POST /v1/incidents", json.dumps(incident(title="HERE")), "/title"),
    "form": Route(
        b"POST /v1/incidents", json.dumps(incident(form={"id": "f", "answers": {"q": "HERE"}})), "/form/answers/q"
    ),
    "batch": Route(
        b"POST /v1/incidents:batch", json.dumps({"items": [incident(), incident(title="HERE")]}), "/title", 4 * MIB
    ),
    "action": Route(b"POST /v1/incidents/INC-000001/responses", json.dumps({"by": "ana", "message": "HERE"}), "/message"),
    "contract": Route(b"PUT /v1/contracts/WO-2", json.dumps(work_order(number="WO-2", customer="HERE")), "/customer"),
    "simulation": Route(b"POST /v1/simulations", json.dumps({"incident": incident(title="HERE")}), "/incident/title"),
}  # fmt: skip


@asynccontextmanager
async def serving(database: str) -> AsyncIterator[int]:
    """All four stages, served, with one incident. Nothing of all this is set aside by any stage in the end."""
    async with world(database) as there, served(there.process.app, bounds=Bounds(linger=0.1)) as port:
        async with line(port) as one:
            assert (await asks(one, ROUTES["report"], ROUTES["report"].body.encode())).status == 201
        yield port
        await there.rests()


async def asks(one: Line, route: Route, body: bytes, *headers: bytes) -> Answer:
    await one.says(request(route, body, *headers))
    return await one.hears()


def request(route: Route, body: bytes, *headers: bytes) -> bytes:
    lines = b"".join(b"%s\r\n" % one for one in headers)
    return b"%s HTTP/1.1\r\n%s%sContent-Length: %d\r\n%s\r\n%s" % (route.target, HEAD, JSON, len(body), lines, body)


def chunked(route: Route) -> bytes:
    return b"%s HTTP/1.1\r\n%s%sTransfer-Encoding: chunked\r\n\r\n" % (route.target, HEAD, JSON)


def refusal(told: Answer, status: int) -> dict[str, Any]:
    """The problem that is the answer, or that of a batch's second item, whose neighbour was taken."""
    if told.status != 200:
        return problem(told, status)
    good, bad = json.loads(told.body)["items"]
    assert (good["status"], bad["status"]) == (201, status), told
    found: dict[str, Any] = bad["problem"]
    return found


async def is_usable(one: Line, port: int, told: Answer, route: Route) -> None:
    """The connection takes a sound request, or it was said that it ends, and a new one does."""
    if told.headers.get("connection") == "close":
        assert await one.is_closed()
        async with line(port) as another:
            assert (await asks(another, route, route.body.encode())).status in (200, 201)
    else:
        assert (await asks(one, route, route.body.encode())).status in (200, 201)


async def test_what_is_no_json_is_400_and_the_connection_goes_on(database: str) -> None:
    async with serving(database) as port, line(port) as one:
        for route in ROUTES.values():
            sound = route.body.encode()
            bodies = [
                b"", b" ", b"\x00", b"{", b"}", b"{}{}", b"nul", b"'", sound[:-1], sound + b"x", sound + b"\x00",
                b"\xef\xbb\xbf" + sound,
                route.body.encode("utf-16"), route.body.encode("utf-32"), gzip.compress(sound), b"impact=x&title=y", b"<a/>",
                sound.replace(b":", b"=", 1), b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 40_000,
                route.bent(b"[" * 65 + b"]" * 65), route.bent(b'{"":' * 65 + b"1" + b"}" * 65), route.bent(b'"\xff\xfe"'),
                route.bent(b'"\xed\xa0\x80"'), route.bent(b'"\xc0\x80"'), route.bent(b'"\\ud800"'),
                route.bent(b'"\\udc00\\ud800"'),
                route.bent(b'"\\x"'), route.bent(b'"a\nb"'), route.bent(b"NaN"), route.bent(b"Infinity"),
                route.bent(b"-Infinity"),
                route.bent(b"01"), route.bent(b"+1"), route.bent(b"1."), route.bent(b"0x1"), route.bent(b"undefined"),
                route.bent(b"1" * 9000),
                route.bent(b'"x", // a comment\n "y": 1'),
            ]  # fmt: skip
            for body in bodies:
                said = refusal(await asks(one, route, body), 400)
                assert [error["pointer"] for error in said["errors"]] == [""], body[:80]
            told = await asks(one, route, route.body.encode())
            assert told.status in (200, 201)


async def test_what_is_json_and_can_not_be_kept_is_422_with_its_pointer(database: str) -> None:
    async with serving(database) as port, line(port) as one:
        for route in ROUTES.values():
            values = [
                b'"a\\u0000b"',
                b"1e999",
                b"-1e999",
                b'{"a": "\\u0000"}',
                b'{"\\u0000": 1}',
                b'["\\u0000"]',
            ]
            for value in values:
                told = await asks(one, route, route.bent(value))
                said = refusal(told, 422)
                assert all(error["pointer"].startswith(route.at) for error in said["errors"]), (value, said)
            await is_usable(one, port, told, route)


async def test_odd_values_that_are_json_are_taken_or_told_with_pointers(database: str) -> None:
    async with serving(database) as port, line(port) as one:
        for route in ROUTES.values():
            values = [
                b"null", b"true", b"0", b"-0.0", b"1e-999", b"9" * 200, b"1" + b"0" * 4000, b"[]", b"{}", b'""', b'" "',
                b'"\\u202e\\ufeff"',
                '"💣"'.encode(),
                b'"\\ud83d\\udca3"', b'"%s"' % (b"x" * 20_000), b'{"__proto__": {}}', b'{"%s": 1}' % (b"k" * 20_000),
                b"[%s]" % b",".join([b"0"] * 20_000), b'{"": ""}', b'"<script>"', b'"\\u2028"', b'"\\u007f\\u0001"',
                b"[" * 50 + b"]" * 50, b"0." + b"1" * 9000, b"1" + b"0" * 400 + b".5e-400",
            ]  # fmt: skip
            for value in values:
                told = await asks(one, route, route.bent(value))
                if told.status not in (200, 201):
                    said = problem(told, 422)
                    assert all(error["pointer"].startswith(route.at) for error in said["errors"]), (value[:80], said)


async def test_too_much_is_413_announced_or_not_and_so_is_what_never_ends(database: str) -> None:
    async with serving(database) as port:
        for route in ROUTES.values():
            large = route.bent(b'"%s"' % (b"x" * (route.limit + 50_000)))
            pieces = [large[at : at + 30_000] for at in range(0, len(large), 30_000)]
            chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
            for parts in (
                [request(route, large)],
                [chunked(route), *(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n"],
                [request(route, b"", b"Expect: 100-continue").replace(b"Length: 0", b"Length: 99999999")],
            ):
                async with line(port) as one:
                    await one.floods(parts)
                    told = await one.hears()
                    problem(told, 413)
                    await is_usable(one, port, told, route)
            before = resident()
            for _ in range(3):
                async with line(port) as one:
                    sent = await one.floods(itertools.chain([chunked(route)], itertools.repeat(chunk, 1000)))
                    assert sent < 30 * MIB
            assert resident() - before < 16 * MIB


async def test_what_is_encoded_or_of_another_kind_is_415(database: str) -> None:
    async with serving(database) as port, line(port) as one:
        for route in ROUTES.values():
            sound = route.body.encode()
            for coding in (b"gzip", b"br", b"deflate", b"identity, gzip", b"x"):
                problem(await asks(one, route, gzip.compress(sound), b"Content-Encoding: " + coding), 415)
            for media in (
                b"",
                b"text/plain",
                b"application/x-www-form-urlencoded",
                b"multipart/form-data; boundary=x",
                b"json",
                b"*/*",
            ):
                await one.says(request(route, sound).replace(JSON, b"Content-Type: %s\r\n" % media))
                problem(await one.hears(), 415)
            await one.says(request(route, sound).replace(JSON, b""))
            problem(await one.hears(), 415)
            told = await asks(one, route, sound, b"Content-Encoding: identity")
            assert told.status in (200, 201)


async def test_of_a_name_that_stands_twice_the_last_counts_and_nothing_of_the_first_is_left(
    database: str,
) -> None:
    """One meaning, on every kind of route, whoever parses: a gateway in front of us does the same in all likelihood."""
    async with serving(database) as port, line(port) as one:
        for route in ROUTES.values():
            name = route.at.rpartition("/")[2].encode()
            twice = route.bent(b'{"no": "such"}, "%s": "the last"' % name)
            told = await asks(one, route, twice)
            assert told.status in (200, 201)
            assert b"such" not in told.body
            said = refusal(await asks(one, route, route.bent(b'"the first", "%s": {"no": "\\u0000"}' % name)), 422)
            assert said["errors"][0]["pointer"].startswith(route.at)


async def test_a_body_on_a_get_changes_nothing(database: str) -> None:
    async with serving(database) as port, line(port) as one:
        for target in (
            b"GET /v1/incidents",
            b"GET /v1/contracts",
            b"HEAD /v1/incidents",
            b"GET /livez",
            b"DELETE /v1/none",
        ):
            route = Route(target, "", "")
            for body in (b"{", b"\x00" * 50_000, b"GET /v1/none HTTP/1.1\r\n\r\n"):
                await one.says(request(route, body))
                told = await heard(one, target)
                assert told.status in (200, 404)
                await one.says(chunked(route) + b"%x\r\n%s\r\n0\r\nX-Request-Id: trailer\r\n\r\n" % (len(body), body))
                told = await heard(one, target)
                assert told.status in (200, 404)
                assert told.headers["x-request-id"] != "trailer"


async def heard(one: Line, target: bytes) -> Answer:
    if not target.startswith(b"HEAD"):
        return await one.hears()
    head = (await one.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    return Answer(int(head[0].split()[1]), dict(field.split(": ", 1) for field in head[1:] if field), b"")


async def test_a_trailer_brings_nothing_that_the_headers_did_not(database: str) -> None:
    body = ROUTES["report"].body.encode()
    async with serving(database) as port, line(port) as one:
        bare = b"POST /v1/incidents HTTP/1.1\r\nHost: x\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n"
        await one.says(bare + b"%x\r\n%s\r\n0\r\n%s\r\n" % (len(body), body, HEAD))
        problem(await one.hears(), 401)
        for _ in range(2):
            await one.says(chunked(ROUTES["report"]))
            await one.says(b"%x\r\n%s\r\n0\r\nIdempotency-Key: k\r\nPrefer: wait=5\r\n\r\n" % (len(body), body))
            assert (await one.hears()).status == 201
