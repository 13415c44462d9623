"""What is open to everybody, and what every route has to say of itself."""

from __future__ import annotations

import asyncio
import json

import pytest
from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from backbone.web.app import web_app
from backbone.web.health import Health
from backbone.web.keys import NoKeys
from tests.harness.small_app import GOOD, ROUTES, pointers, problem, request, say, served, small_app


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
