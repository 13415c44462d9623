"""Every route of all four stages, as their OpenAPI lists them: who gets in, and what becomes of rubbish.

Nothing is open but what stands in the list here, and no body, query or path makes a 5xx.
"""

from __future__ import annotations

import gzip
import json
import resource
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.harness.world import World, world

#: What answers without a key: health, metrics, the papers, and what is signed in another way.
OPEN = {
    ("GET", "/livez"), ("GET", "/readyz"), ("GET", "/metrics"), ("GET", "/ack/{token}"), ("POST", "/ack/{token}"),
    ("POST", "/v1/callbacks/twilio"),
}  # fmt: skip
UNLISTED = ("/openapi.json", "/docs")

RUBBISH: dict[str, tuple[bytes, dict[str, str]]] = {
    "nothing": (b"", {}),
    "no JSON": (b"{", {}),
    "another type": (b'"a text"', {}),
    "a list": (b"[]", {}),
    "null": (b"null", {}),
    "an unknown field": (b'{"no_such_field": 1}', {}),
    "wrong types": (json.dumps(dict.fromkeys(["by", "impact", "id", "number", "name", "items"], 7)).encode(), {}),
    "NUL": (b'{"title": "a\\u0000b", "by": "a\\u0000b", "reason": "\\u0000"}', {}),
    "a lone surrogate": (b'{"title": "\\ud800", "by": "\\ud800", "note": "\\ud800"}', {}),
    "NaN": (b'{"minutes": NaN, "impact": Infinity}', {}),
    "a huge number": (b'{"minutes": 1' + b"0" * 5000 + b"}", {}),
    "100,000 levels": (b"[" * 100_000 + b"]" * 100_000, {}),
    "100,000 levels of objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, {}),
    "no UTF-8": (b'{"title": "\xff\xfe"}', {}),
    "gzip": (gzip.compress(b"{}"), {"Content-Encoding": "gzip"}),
    "another media type": (b"<a/>", {"Content-Type": "application/xml"}),
    "a broken media type": (b"{}", {"Content-Type": ";;;"}),
    "5 MiB": (b'{"title": "' + b"x" * (5 << 20) + b'"}', {}),
}


_JSON = {"Content-Type": "application/json"}


@pytest_asyncio.fixture
async def there(database: str) -> AsyncIterator[World]:
    async with world(database) as found:
        await found.signs()
        yield found


async def _routes(there: World) -> list[tuple[str, str, dict[str, Any]]]:
    paths = (await there.gets("/openapi.json"))["paths"]
    found = [(method.upper(), path, told) for path, methods in paths.items() for method, told in methods.items()]
    assert len(found) > 60
    return found


def _filled(path: str, value: str = "x1") -> str:
    while "{" in path:
        start, end = path.index("{"), path.index("}")
        path = path[:start] + value + path[end + 1 :]
    return path


def _is_problem(answer: httpx2.Response) -> bool:
    told = answer.json() if answer.headers.get("content-type", "") == "application/problem+json" else {}
    return told.get("status") == answer.status_code and bool(told.get("title")) and bool(told.get("type"))


async def test_without_a_key_nothing_answers_but_what_is_listed_here(there: World) -> None:
    async with httpx2.AsyncClient(transport=there.web._transport, base_url="http://critsit") as stranger:
        for method, path, _ in await _routes(there):
            answer = await stranger.request(method, _filled(path))
            assert answer.headers.get("x-request-id"), (method, path)
            if (method, path) in OPEN:
                assert answer.status_code != 401, (method, path)
                assert answer.status_code < 500, (method, path, answer.text)
                continue
            assert answer.status_code == 401, (method, path, answer.status_code)
            assert _is_problem(answer), (method, path, answer.text)
            assert "www-authenticate" in answer.headers, (method, path)
        for path in UNLISTED:
            assert (await stranger.get(path)).status_code == 200
        answer = await stranger.get("/v1/incidents", headers={"Authorization": "Bearer no-such-key"})
        assert answer.status_code == 401


async def test_a_key_without_the_scope_is_403_on_every_route(there: World) -> None:
    """`report` alone may report, act as the customer may, and read nothing."""
    made = (await there.web.post("/v1/keys", json={"name": "portal", "scopes": ["report"]})).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    reporting = {
        "requests",
        "customer-replies",
        "severity-changes",
        "onsite-consents",
        "management-requests",
        "rca-requests",
    }
    async with httpx2.AsyncClient(transport=there.web._transport, base_url="http://critsit", headers=headers) as portal:
        for method, path, _ in await _routes(there):
            may = path in ("/v1/incidents", "/v1/incidents:batch") and method == "POST"
            may |= path.rsplit("/", 1)[-1] in reporting or path == "/v1/catalogue"
            if (method, path) in OPEN:
                continue
            answer = await portal.request(method, _filled(path), content=b"{}")
            assert (answer.status_code != 403) is may, (method, path, answer.status_code)
            assert may or _is_problem(answer), (method, path)


@pytest.mark.parametrize("kind", RUBBISH)
async def test_rubbish_is_a_problem_everywhere_and_a_5xx_nowhere(there: World, kind: str) -> None:
    body, headers = RUBBISH[kind]
    for method, path, told in await _routes(there):
        if method not in ("POST", "PUT") or "requestBody" not in told:
            continue
        answer = await there.web.request(
            method, _filled(path), content=body, headers={"Content-Type": "application/json"} | headers
        )
        assert answer.status_code < 500, (method, path, kind, answer.text)
        if answer.status_code >= 400:
            assert _is_problem(answer), (method, path, kind, answer.headers, answer.text)
        if kind == "5 MiB":
            assert answer.status_code in (404, 413), (method, path, answer.status_code)
        if kind == "gzip":
            assert answer.status_code in (404, 415), (method, path, answer.status_code)


@pytest.mark.parametrize(
    "query",
    ["limit=-1", "limit=0", "limit=1000000", "limit=x", "cursor=x", "cursor=WzFd", "cursor=%00", "at=yesterday",
     "state=x", "from=0001-01-01T00:00:00%2B14:00", "to=9999-12-31T23:59:59-14:00", "opened_after=x", "due_before=x",
     "incident=%00", "kind=%00", "contract=%ED%A0%80", "type=" + "x" * 5000, "severity=1&severity=2"],
)  # fmt: skip
async def test_strange_queries_are_no_5xx(there: World, query: str) -> None:
    for method, path, _ in await _routes(there):
        if method != "GET" or path == "/v1/stream" or (method, path) in OPEN:
            continue
        answer = await there.web.get(f"{_filled(path)}?{query}")
        assert answer.status_code < 500, (path, query, answer.text)
        if answer.status_code >= 400:
            assert _is_problem(answer), (path, query, answer.text)


@pytest.mark.parametrize(
    "value", ["%00", "%ED%A0%80", "..%2F..%2Fetc", "x" * 3000, "%F0%9F%92%A3", "'%3B--", "INC-999999999999999"]
)
async def test_strange_ids_are_not_found(there: World, value: str) -> None:
    for method, path, _ in await _routes(there):
        if "{" not in path or (method, path) in OPEN:
            continue
        answer = await there.web.request(
            method, _filled(path, value), content=b"{}", headers={"Content-Type": "application/json"}
        )
        assert answer.status_code < 500, (method, path, answer.text)


async def test_big_bodies_leave_no_memory_behind(there: World) -> None:
    body = b'{"title": "' + b"x" * (4 << 20) + b'"}'
    headers = {"Content-Type": "application/json"}
    for _ in range(5):
        await there.web.post("/v1/incidents", content=body, headers=headers)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(40):
        assert (await there.web.post("/v1/incidents", content=body, headers=headers)).status_code == 413
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


async def test_what_a_route_may_answer_is_declared(there: World) -> None:
    found = {(method, path): told for method, path, told in await _routes(there)}
    for route, told in found.items():
        least = {"4XX", "503"} | ({"401", "403", "429"} if "x-scope" in told else set())
        least |= {"400", "408", "413", "415", "422"} if "requestBody" in told else set()
        assert told["responses"].keys() >= least, route
    for kind in ("contracts/{number}", "people/{id}", "rotations/{id}", "overrides/{id}"):
        assert found["PUT", f"/v1/{kind}"]["responses"].keys() >= {"200", "201"}, kind
    assert "204" in found["POST", "/v1/queues/{name}/claims"]["responses"]
    items = found["POST", "/v1/incidents:batch"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert (items["items"]["maxItems"], "title" in items["items"]["items"]["properties"]) == (1000, True)
