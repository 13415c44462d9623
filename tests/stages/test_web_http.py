"""The web on real sockets: bad bodies, bad keys and bad days, over both kinds of route."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from pathlib import Path

import asyncpg
import pytest
from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import DBAPIError, OperationalError

from backbone.web.app import web_app
from backbone.web.health import Health
from backbone.web.keys import NoKeys
from backbone.web.limits import Limits
from backbone.web.problem import Problem, Unavailable
from tests.harness.small_app import ADMIN, VIEWER, Answer, say, served, small_app

ROUTES = ("/v1/things", "/v1/hot")
GOOD = json.dumps({"title": "All VMs down", "reporter": {"name": "Aigerim S."}}).encode()


def request(
    path: str, body: bytes | None = None, *, method: str = "POST", key: str | None = ADMIN,
    media: str | None = "application/json", **headers: str,
) -> bytes:  # fmt: skip
    lines = [f"{method} {path} HTTP/1.1", "Host: x"]
    if key is not None:
        lines.append(f"Authorization: Bearer {key}")
    if media is not None and body is not None:
        lines.append(f"Content-Type: {media}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body is not None and "Transfer_Encoding" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def problem(answer: Answer) -> dict[str, object]:
    assert answer.headers["content-type"] == "application/problem+json", answer
    assert answer.headers["x-request-id"]
    told = json.loads(answer.body)
    assert {"type", "title", "status"} <= set(told)
    assert told["status"] == answer.status
    return dict(told)


def pointers(answer: Answer) -> list[str]:
    return [e["pointer"] for e in problem(answer)["errors"]]  # type: ignore[attr-defined]


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


async def test_strange_paths_methods_and_parameters_are_4xx() -> None:
    async with served(small_app()) as port:
        for target, status in (
            ("/", 404), ("/nix", 404), ("/v1/things/", 404), ("/v1/things/%00", 404), ("/v1/things/a%2Fb", 404),
            ("/v1/things/%ff%fe", 200), ("/v1/things/" + "x" * 8000, 200), ("/v1/things?limit=0", 422),
            ("/v1/things?limit=201", 422), ("/v1/things?limit=9" + "9" * 400, 422), ("/v1/things?limit=%00", 422),
            ("/v1/things?cursor=%ff", 422), ("/v1/things?cursor=W10", 422), ("/v1/things?limit=1&limit=x", 422),
            ("/v1/things?%%%&&==", 200), ("//v1//things", 404), ("/../../etc/passwd", 404), ("/v1/hot", 405),
            ("/%2e%2e/", 404), ("/openapi.json/", 404),
        ):  # fmt: skip
            answer = await say(port, request(target, method="GET"))
            assert answer.status == status, target
            if status >= 400:
                problem(answer)
        cursor = await say(port, request("/v1/things?cursor=xyz", method="GET"))
        assert pointers(cursor) == ["/query/cursor"]
        for method in ("DELETE", "PATCH", "PROPFIND", "TRACE"):
            answer = await say(port, request("/v1/things/1", method=method))
            assert (problem(answer)["status"], answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, PUT")


async def test_head_is_get_without_a_body_and_options_tells_the_methods() -> None:
    async with served(small_app()) as port:
        options = await say(port, request("/v1/hot", method="OPTIONS"))
        assert (options.status, options.headers["allow"]) == (204, "OPTIONS, POST")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for path in ("/v1/things/1", "/v1/stream", "/livez"):
            writer.write(request(path, method="HEAD"))
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 2)
            assert head.startswith(b"HTTP/1.1 200"), path
        writer.close()


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
        answer = await say(port, request("/v1/broken", method="GET"))
        told = problem(answer)
        assert told["status"] == status
        assert b"inside" not in answer.body
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


async def test_live_ready_metrics_and_docs_are_open_and_say_what_they_have_to() -> None:
    app = small_app()
    async with served(app) as port:
        assert (await say(port, request("/livez", method="GET", key=None))).status == 200
        app.health.waits = _waits
        app.health.loops = lambda: {"intake.work": 99.0}
        ready = await say(port, request("/readyz", method="GET", key=None))
        assert (ready.status, json.loads(ready.body)["waits_for"]) == (503, ["Kafka"])
        assert (await say(port, request("/livez", method="GET", key=None))).status == 503
        await say(port, request("/v1/hot", GOOD))
        await say(port, request("/nobody/" + "x" * 50, method="GET"))
        await say(port, request("/v1/things/77", method="GET"))
        metrics = (await say(port, request("/metrics", method="GET", key=None))).body.decode()
        assert 'critsit_http_requests_total{method="POST",route="/v1/hot",status="2xx"} 1.0' in metrics
        assert 'critsit_http_requests_total{method="GET",route="/v1/things/{id}",status="2xx"} 1.0' in metrics
        assert 'critsit_http_requests_total{method="other",route="other",status="4xx"} 1.0' in metrics
        assert "things/77" not in metrics
        docs = await say(port, request("/docs", method="GET", key=None))
        assert docs.status == 200
        assert b"/v1/hot" in docs.body
        assert b"http://" not in docs.body
        assert b"https://" not in docs.body
        openapi = json.loads((await say(port, request("/openapi.json", method="GET", key=None))).body)
        for hot_or_not in ROUTES:
            body = openapi["paths"][hot_or_not]["post"]["requestBody"]["content"]["application/json"]["schema"]
            assert set(body["required"]) == {"title", "reporter"}


async def _waits() -> list[str]:
    return ["Kafka"]


def test_every_route_says_its_scope_or_why_it_has_none() -> None:
    scopes = {(method, path): scope for method, path, scope in small_app().scopes()}
    assert scopes[("POST", "/v1/hot")] == "report"
    assert scopes[("PUT", "/v1/things/{id}")] == "work or report"
    assert str(scopes[("GET", "/metrics")]).startswith("public: ")
    assert None not in scopes.values()


def test_a_route_that_says_nothing_is_not_served() -> None:
    router = APIRouter()
    router.add_api_route("/v1/open", lambda: None, methods=["GET"])
    with pytest.raises(ValueError, match="GET /v1/open"):
        web_app("t", [router], ring=NoKeys(), health=Health(), registry=CollectorRegistry())


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
