"""One ASGI app out of routers and hot routes: problems, request ids, metrics, health and docs around all of them.

FastAPI routes what is routed by it; the hot routes are answered in front of it, behind the very same checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from .around import Around
from .docs import docs_routes
from .front import Front
from .health import HEALTH, Health, health_routes
from .keys import RING, KeyRing
from .limits import Limits
from .metrics import HttpMetrics, metrics_routes
from .openapi import describe, operations, scopes_of
from .problem import AnswerProblems, Problem, Unavailable, handle_problem

#: By (METHOD, path): plain ASGI apps, answered in front of FastAPI.
Hot = Mapping[tuple[str, str], ASGIApp]
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class WebApp:
    """The app, ready to be served. `fastapi` is the one inside."""

    fastapi: FastAPI
    health: Health
    stack: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.stack(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI of all routes, hot ones too."""
        return self.fastapi.openapi()

    def scopes(self) -> list[tuple[str, str, str | None]]:
        """Every (METHOD, path, scope); `public: <reason>` for an open one, None where nobody said."""
        return scopes_of(self.openapi())


def web_app(
    title: str,
    routers: Iterable[APIRouter],
    *,
    ring: KeyRing,
    health: Health,
    registry: CollectorRegistry,
    hot: Hot | None = None,
    lifespan: Lifespan | None = None,
    openapi_extra: Callable[[dict[str, Any]], None] | None = None,
    version: str = "1",
    limits: Limits | None = None,
) -> WebApp:
    """Compose the app. `openapi_extra(schema)` declares the hot routes by hand, each with its `x-scope`.

    Raises ValueError where a route says neither its scope nor why it has none, and where a hot route is not declared.
    """
    app = FastAPI(
        title=title,
        version=version,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        middleware=[Middleware(AnswerProblems)],
        exception_handlers={
            kind: handle_problem for kind in (HTTPException, RequestValidationError, Problem, Unavailable)
        },
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.ring = ring
    for router in routers:
        app.include_router(router)
    app.include_router(health_routes(health))
    app.include_router(metrics_routes(registry))
    app.include_router(docs_routes(title, lambda: schema))
    schema = describe(app, openapi_extra)
    app.openapi_schema = schema
    app.openapi = lambda: schema  # type: ignore[method-assign]

    silent = [f"{method} {path}" for method, path, scope in scopes_of(schema) if scope is None]
    if silent:
        raise ValueError(f"no scope is declared for: {', '.join(silent)}")
    declared = {(method, path) for method, path, _ in operations(schema)}
    missing = set(hot or {}) - declared
    if missing:
        raise ValueError(f"hot routes that the OpenAPI does not know: {sorted(missing)}")

    context: dict[str, Any] = {RING: ring, HEALTH: health, "critsit.limits": limits}
    front = Front(app, dict(hot or {}), context)
    return WebApp(app, health, Around(front, HttpMetrics(registry, declared)))
