"""What stands around every answer: its id and trace, its measure, the rest of a body that nobody read, the problem of an error.

One turn for all of them: four layers of ASGI cost as much as all that the hot route does itself. An answer that has begun
is broken off, never followed by another.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backbone.time_source import ticks

from .metrics import HttpMetrics
from .problem import problem_of
from .request_id import enter
from .unread import Unread, may_be_left


class Around:
    """ASGI: the outermost of ours."""

    def __init__(self, app: ASGIApp, metrics: HttpMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = ticks()
        rest = Unread(scope, receive) if may_be_left(scope) else None
        answer = _Answer(send, (b"x-request-id", enter(scope)["request_id"].encode()), rest)
        try:
            await self._app(scope, receive if rest is None else rest.receive, answer.send)
        except Exception as error:
            told = problem_of(error)
            if answer.status:
                raise
            await told.response()(scope, receive, answer.send)
        finally:
            self._metrics.count(scope, answer.status, ticks() - began)


class _Answer:
    """An answer on its way out. `status` is 0 until it has begun."""

    __slots__ = ("_id", "_rest", "_send", "status")

    def __init__(self, send: Send, id_: tuple[bytes, bytes], rest: Unread | None) -> None:
        self._send = send
        self._id = id_
        self._rest = rest
        self.status = 0

    async def send(self, message: Message) -> None:
        """ASGI's."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), self._id]
            if self._rest is not None and not await self._rest.is_read():
                message["headers"].append((b"connection", b"close"))
        await self._send(message)
