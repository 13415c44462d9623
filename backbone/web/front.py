"""The front of an app: the hot routes, then FastAPI; HEAD and OPTIONS for both, and no path that breaks anything.

A hot route has no twin behind it: what is answered here is answered here only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .headers import refuse_repeated
from .health import ALWAYS, HEALTH, Health
from .metrics import TEMPLATE
from .problem import FieldError, Problem, Unavailable, wrong

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Front:
    """ASGI: dispatches. `context` is put into every request's scope (the key ring, the health, the limits)."""

    app: FastAPI
    hot: dict[tuple[str, str], ASGIApp]
    context: dict[str, Any]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refuse_repeated(scope)
        scope.update(self.context)
        method, path = scope["method"], scope["path"]
        health: Health = self.context[HEALTH]
        if health.starting and path not in ALWAYS:
            raise Unavailable("it is being started")
        handler = self.hot.get((method, path))
        if handler is not None:
            scope[TEMPLATE] = path
            await handler(scope, receive, send)
            return
        _storable(scope)
        if method == "HEAD":
            await self._head(scope, receive, send)
            return
        if method == "OPTIONS" and (allowed := self._allowed(scope)):
            await Response(status_code=204, headers={"Allow": _allow(allowed)})(scope, receive, send)
            return
        await self._behind(scope, receive, send)

    async def _behind(self, scope: Scope, receive: Receive, send: Send) -> None:
        """FastAPI's answer; where it knows the path and not the method, all the methods that there are."""
        refused = False

        async def sending(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                refused = message["status"] == 405 or (message["status"] == 404 and "route" not in scope)
            if not refused:
                await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            route = scope.get("route")
            if route is not None:
                scope[TEMPLATE] = getattr(route, "path_format", None) or getattr(route, "path", "other")
        if refused:
            allowed = self._allowed(scope)
            if not allowed:
                raise Problem(404, "Not found", "There is nothing at this path.")
            raise Problem(405, None, f"This path takes {_allow(allowed)}.", headers={"Allow": _allow(allowed)})

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As GET, without the body; a stream ends at once."""
        asked = {**scope, "method": "GET"}
        ended = False

        async def gone() -> Message:
            return {"type": "http.disconnect"} if ended else await receive()

        async def sending(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await send(message)
            elif not ended:
                ended = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._behind(asked, gone, sending)
        scope[TEMPLATE] = asked.get(TEMPLATE, "other")

    def _allowed(self, scope: Scope) -> tuple[str, ...]:
        path = scope["path"]
        found = {method for method, hot in self.hot if hot == path}
        for method in _METHODS:
            asked = {**scope, "method": method}
            if any(route.matches(asked)[0] is Match.FULL for route in self.app.routes):
                found.add(method)
        return tuple(sorted(found))


def _allow(methods: tuple[str, ...]) -> str:
    also = {"HEAD"} if "GET" in methods else set()
    return ", ".join(sorted({*methods, *also, "OPTIONS"}))


def _storable(scope: Scope) -> None:
    """U+0000 is in no id and in no parameter; PostgreSQL would refuse it much later."""
    if "\x00" in scope["path"]:
        raise Problem(404, "Not found", "There is nothing at this path.")
    if b"%00" in scope.get("query_string", b""):
        raise wrong([FieldError("/query", "holds the character U+0000")])
