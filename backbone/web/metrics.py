"""What Prometheus reads: `/metrics`, and how many requests each route answers, how, and how fast.

Labels are the routes that are there, never what somebody typed: an unknown path is `other`.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import choose_encoder
from starlette.types import Scope

from .keys import public

#: Where the front notes the template of the route that answers, in a request's ASGI scope.
TEMPLATE = "critsit.template"
#: By a status's hundreds.
_CLASSES = {0: "gone", 2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx"}
_OTHER = ("other", "other")


def metrics_routes(registry: CollectorRegistry) -> APIRouter:
    """`/metrics`, in the format that is asked for."""
    router = APIRouter(tags=["health"], dependencies=[public("Prometheus reads it, and it tells numbers only")])

    @router.get("/metrics", summary="The metrics, for Prometheus.", response_class=Response)
    async def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"Content-Type": content_type})

    return router


class HttpMetrics:
    """Counts and times. `routes` are the (METHOD, template) pairs that exist."""

    def __init__(self, registry: CollectorRegistry, routes: Iterable[tuple[str, str]]) -> None:
        requests = Counter("critsit_http_requests", "Answers.", ["method", "route", "status"], registry=registry)
        seconds = Histogram(
            "critsit_http_request_seconds", "From the headers to the end of the answer.", ["method", "route"],
            registry=registry, buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )  # fmt: skip
        self._routes = {
            (method, route): (
                seconds.labels(method, route),
                {hundreds: requests.labels(method, route, status) for hundreds, status in _CLASSES.items()},
            )
            for method, route in {*routes, _OTHER}
        }

    def count(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request. `status` 0: whoever asked was gone before there was an answer."""
        key = (scope["method"], scope.get(TEMPLATE, ""))
        timed, counted = self._routes.get(key) or self._routes[_OTHER]
        timed.observe(seconds)
        counted[status // 100].inc()
