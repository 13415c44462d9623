"""The web on real sockets: bad bodies, bad keys and bad days, over both kinds of route."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError
from structlog.testing import capture_logs

from backbone.web.limits import Limits
from backbone.web.problem import Problem, Unavailable
from tests.harness.small_app import (
    GOOD,
    ROUTES,
    VIEWER,
    pointers,
    problem,
    request,
    say,
    served,
    small_app,
)


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("path", ROUTES)
async def test_a_good_body_is_taken_by_both_kinds_of_route(path: str) -> None:
    async with served(small_app()) as port:
        answer = await say(port, request(path, GOOD, X_Request_Id="portal-77"))
        assert (answer.status, answer.headers["x-request-id"]) == (201, "portal-77")
        assert json.loads(answer.body)["reporter"] == {"name": "Aigerim S."}
        answer = await say(port, request(path, GOOD, media="application/vnd.x+json; charset=utf-8"))
        assert answer.status == 201


@pytest.mark.parametrize("path", ROUTES)
async def test_without_a_key_401_and_without_the_scope_403_before_the_body_is_looked_at(path: str) -> None:
    async with served(small_app()) as port:
        for sent in (None, "wrong", "", "x" * 5000):
            answer = await say(port, request(path, b"{", key=sent))
            assert problem(answer)["status"] == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
        answer = await say(port, request(path, GOOD, key=None, Authorization="Basic YTpi"))
        assert problem(answer)["status"] == 401
        answer = await say(port, request(path, b"{", key=VIEWER))
        assert problem(answer)["status"] == 403
        assert "report" in str(problem(answer)["detail"])


@pytest.mark.parametrize("path", ROUTES)
async def test_bad_bodies_are_told_with_pointers_and_never_as_our_fault(path: str) -> None:
    deep = b'{"title":"x","reporter":{"name":"y"},"answers":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
    cases: list[tuple[bytes, int, list[str]]] = [
        (b"{", 400, [""]),
        (b"\x00", 400, [""]),
        (b"[1,2", 400, [""]),
        (b'{"title": NaN}', 400, [""]),
        (b'{"title": "\\ud800"}', 400, [""]),
        (b'{"title": "\xff\xfe"}', 400, [""]),
        (deep, 400, [""]),
        (b"null", 422, [""]),
        (b"[]", 422, [""]),
        (b'{"title": 1, "reporter": {}, "colour": 2}', 422, ["/title", "/reporter/name", "/colour"]),
        (b'{"title": "x", "reporter": {"name": "y"}, "answers": {"q": ["\\u0000"]}}', 422, ["/answers/q/0"]),
        (b'{"title": "x", "reporter": {"name": "y"}, "answers": {"q": 1e999}}', 422, ["/answers/q"]),
        (b'{"title": "x", "reporter": {"name": "y"}, "count": 1e999}', 422, ["/count"]),
    ]
    async with served(small_app()) as port:
        for body, status, places in cases:
            answer = await say(port, request(path, body))
            assert (answer.status, pointers(answer)) == (status, places), body[:60]


@pytest.mark.parametrize("path", ROUTES)
async def test_an_empty_a_form_and_a_gzipped_body_are_refused(path: str) -> None:
    async with served(small_app()) as port:
        assert (await say(port, request(path, b""))).status == 400
        assert problem(await say(port, request(path, GOOD, media="text/plain")))["status"] == 415
        assert problem(await say(port, request(path, GOOD, media=None)))["status"] == 415
        assert problem(await say(port, request(path, GOOD, media="application/jsonp")))["status"] == 415
        answer = await say(port, request(path, gzip.compress(GOOD), Content_Encoding="gzip"))
        assert problem(answer)["status"] == 415


@pytest.mark.parametrize("path", ROUTES)
async def test_300_kib_are_too_much_whether_announced_or_not(path: str) -> None:
    large = b'{"title": "' + b"x" * 300 * 1024 + b'"}'
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (large[:99_999], large[99_999:])) + b"0\r\n\r\n"
    async with served(small_app()) as port:
        assert problem(await say(port, request(path, large)))["status"] == 413
        head = request(path, b"", Transfer_Encoding="chunked")
        assert problem(await say(port, head, chunks))["status"] == 413
        waiting = request(path, b"", Expect="100-continue").replace(b"Content-Length: 0", b"Content-Length: 99999999")
        assert problem(await say(port, waiting))["status"] == 413


@pytest.mark.parametrize("path", ROUTES)
async def test_a_chunked_body_without_end_is_cut_off_and_memory_stays_flat(path: str) -> None:
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    async with served(small_app()) as port:
        head = request(path, b"", Transfer_Encoding="chunked")
        before = resident()
        answers = await asyncio.gather(*(say(port, head, *[chunk] * 1000) for _ in range(5)))
        for answer in answers:
            assert (answer.status, answer.headers["connection"]) == (413, "close")
        assert resident() - before < 24 * 1024 * 1024
        unknown = await say(port, request(path, b"", key="wrong", Transfer_Encoding="chunked"), *[chunk] * 1000)
        assert (unknown.status, unknown.headers["connection"]) == (401, "close")


@pytest.mark.parametrize("path", ROUTES)
async def test_a_body_that_drips_is_not_waited_for(path: str) -> None:
    async with served(small_app(seconds=0.3)) as port:
        head = request(path, GOOD)[:-20]
        answer = await asyncio.wait_for(say(port, head), 3)
        assert (problem(answer)["status"], answer.headers["connection"]) == (408, "close")
        assert (await say(port, request(path, GOOD))).status == 201


@pytest.mark.parametrize("path", ROUTES)
async def test_a_caller_that_breaks_off_in_the_middle_harms_nobody(path: str) -> None:
    async with served(small_app()) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(path, GOOD)[:-20])
        await writer.drain()
        writer.close()
        assert (await say(port, request(path, GOOD))).status == 201


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("the inside"), 500),
        (KeyError("the inside"), 500),
        (Unavailable("the inside"), 503),
        (ConnectionRefusedError(111, "the inside"), 503),
        (OperationalError("select 1", {}, Exception("the inside")), 503),
        (asyncpg.ConnectionDoesNotExistError("the inside"), 503),
        (TimeoutError(), 503),
        (asyncpg.DataError("the inside"), 422),
        (Problem(409, "No", "RCA is closed.", rule="RCA", incident="/v1/x"), 409),
    ],
)
async def test_what_goes_wrong_inside_is_told_without_the_inside(error: Exception, status: int) -> None:
    async with served(small_app(raises=lambda: error)) as port:
        with capture_logs() as logged:
            answer = await say(port, request("/v1/broken", method="GET"))
        told = problem(answer)
        assert told["status"] == status
        assert b"inside" not in answer.body
        said = {500: ["request.failed"], 503: ["request.unavailable"]}.get(status, [])
        assert [line["event"] for line in logged if line["event"].startswith("request.")] == said
        if status == 503:
            assert int(answer.headers["retry-after"]) >= 1
        if status == 409:
            assert (told["rule"], told["incident"]) == ("RCA", "/v1/x")


async def test_a_value_that_the_database_refuses_is_bad_input() -> None:
    cause = asyncpg.DataError("value out of int64 range")
    wrapped = DBAPIError("select 1", {}, Exception("x"))
    assert wrapped.orig is not None
    wrapped.orig.__cause__ = cause
    async with served(small_app(raises=lambda: wrapped)) as port:
        assert (await say(port, request("/v1/broken", method="GET"))).status == 422


async def test_a_bound_key_sees_its_contract_only() -> None:
    async with served(small_app()) as port:
        answer = await say(port, request("/v1/things/1", method="GET", key=VIEWER))
        assert json.loads(answer.body) == {"id": "1", "sees": True, "sees_other": False}


async def test_if_match_goes_by_the_number() -> None:
    async with served(small_app()) as port:
        assert (await say(port, request("/v1/things/1", b"", method="PUT", If_Match='W/"7"'))).status == 200
        assert (await say(port, request("/v1/things/1", b"", method="PUT", If_Match='W/"6"'))).status == 412
        assert (await say(port, request("/v1/things/1", b"", method="PUT", If_Match="seven"))).status == 400


@pytest.mark.parametrize("path", ROUTES)
async def test_a_key_that_is_used_too_fast_gets_429_with_retry_after(path: str) -> None:
    async with served(small_app(limits=Limits(rate=0.5, burst=2))) as port:
        answers = [await say(port, request(path, GOOD)) for _ in range(3)]
        assert [a.status for a in answers] == [201, 201, 429]
        assert answers[2].headers["retry-after"] == "2"


async def test_whatever_bytes_are_sent_nothing_is_a_5xx() -> None:
    draw = random.Random(7)
    pieces = [
        GOOD,
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"\\",
        b"\\u0000",
        b"\\ud83d",
        b"NaN",
        b"1e999",
        b"\xff",
        b"\x00",
        b",",
        b":",
        b" " * 9,
    ]
    async with served(small_app()) as port:
        for _ in range(300):
            body = b"".join(draw.choice(pieces) for _ in range(draw.randrange(12)))
            if draw.random() < 0.5 and body:
                at = draw.randrange(len(body))
                body = body[:at] + draw.randbytes(draw.randrange(4)) + body[at:]
            for path in ROUTES:
                answer = await say(port, request(path, body))
                assert answer.status < 500, body
                if answer.status >= 400:
                    problem(answer)
