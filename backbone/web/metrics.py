"""What Prometheus reads: `/metrics`, and how many requests each route answers, how, and how fast.

Labels are the routes that are there, never what somebody typed: an unknown path is `other`.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import choose_encoder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backbone.time_source import ticks

from .keys import public

#: Where the front notes the template of the route that answers, in a request's ASGI scope.
TEMPLATE = "critsit.template"
_CLASSES = ("2xx", "3xx", "4xx", "5xx", "gone")
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"})


def metrics_routes(registry: CollectorRegistry) -> APIRouter:
    """`/metrics`, in the format that is asked for."""
    router = APIRouter(tags=["health"], dependencies=[public("Prometheus reads it, and it tells numbers only")])

    @router.get("/metrics", summary="The metrics, for Prometheus.", response_class=Response)
    async def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"Content-Type": content_type})

    return router


class HttpMetrics:
    """ASGI: counts and times. `routes` are the (METHOD, template) pairs that exist."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry, routes: Iterable[tuple[str, str]]) -> None:
        self.app = app
        requests = Counter("critsit_http_requests", "Answers.", ["method", "route", "status"], registry=registry)
        seconds = Histogram(
            "critsit_http_request_seconds", "From the headers to the end of the answer.", ["method", "route"],
            registry=registry, buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )  # fmt: skip
        self._seconds = {}
        self._count = {}
        for method, route in {*routes, ("other", "other")}:
            self._seconds[method, route] = seconds.labels(method, route)
            for status in _CLASSES:
                self._count[method, route, status] = requests.labels(method, route, status)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = "gone"
        start = ticks()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = f"{message['status'] // 100}xx"
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            key = (scope["method"], scope.get(TEMPLATE, "other"))
            if key not in self._seconds:
                key = ("other", "other")
            self._seconds[key].observe(ticks() - start)
            self._count[*key, status if status in _CLASSES else "5xx"].inc()
