"""One HTTP/1.1 connection: uvicorn's, with bounds on what it takes before the app sees a request, and problems for bad bytes.

Nobody holds memory or a connection by sending for ever, or never on; and no answer goes out before those in front of it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import httptools
import structlog
import uuid_utils
from pydantic_core import to_json
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from .body import HERE
from .outgoing import OfARequest, Outgoing
from .problem import MEDIA_TYPE, Problem
from .whole import Whole

log = structlog.get_logger()

#: Header fields of a request.
_FIELDS = 100
#: Requests that wait behind the one in hand, when a caller sends them without waiting for answers.
_LINE = 100
#: Bytes that are still read and thrown away of a caller that was refused, so that it hears why.
_REST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """`head` is the most bytes of a request's line and headers, `seconds` for all of them to come in.

    `idle` is how many it may stay without a request; `linger` how many a caller has to hear the last answer, while it
    still sends; `stalled` how many it may take nothing at all of one. Of more `connections` than that at once, each is
    told to come again.
    """

    head: int = 32 * 1024
    seconds: float = 20.0
    idle: float = 65.0
    linger: float = 1.0
    stalled: float = 30.0
    connections: int = 10_000


class _Refused(Exception):
    """Ends the parser's work from inside of one of its callbacks."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


class _Trailers(list[tuple[bytes, bytes]]):
    """Keeps none: nobody asked for them, and they could bring what the headers did not."""

    def append(self, _: tuple[bytes, bytes]) -> None:
        """Let it go."""


_TRAILERS = _Trailers()


class Connection(HttpToolsProtocol):
    """Uvicorn's protocol, bounded. See `bounded`."""

    bounds: ClassVar[Bounds] = Bounds()

    _active: RequestResponseCycle | None = None
    _in_head = False
    #: Bytes of the head in hand that came in earlier pieces, or of a body in hand that were no content.
    _fed = 0
    #: Whether the head in hand may be over its bound, so that it is worth a count.
    _large = False
    #: Whether the request in hand wishes to upgrade, and is to be read again without its wish.
    _again = False
    _deaf = False
    _unheard = 0
    _late: asyncio.TimerHandle | None = None
    _lingering: asyncio.TimerHandle | None = None
    _idle: asyncio.TimerHandle | None = None
    _idle_from = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Asyncio's."""
        super().connection_made(Outgoing(transport, self.loop))
        self._written: Any = OfARequest(self.transport.write, transport.is_closing, self._linger)
        if len(self.connections) > self.bounds.connections:
            self._deaf = True
            self._write(Problem(503, "Too many connections", "Come again in a moment.", headers={"Retry-After": "1"}))
            self.transport.close()
            return
        self._late = self.loop.call_later(self.bounds.seconds, self._too_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio's. Uvicorn tells the newest request only; the one in hand has to hear of it too, or a stream never ends."""
        super().connection_lost(exc)
        for timer in (self._late, self._lingering, self._idle):
            if timer is not None:
                timer.cancel()
        self.pipeline.clear()
        self.headers = []
        self._written.close = self.transport.close
        if self._active is not None and not self._active.response_complete:
            self._active.disconnected = True
            self._active.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Asyncio's."""
        if self._deaf:
            self._unheard += len(data)
            if self._unheard > _REST:
                self.flow.pause_reading()
            return
        if self._in_head:
            self._fed += len(data)
        self._large = self._in_head or len(data) > self.bounds.head
        cycle = self.cycle
        held = len(cycle.body) if cycle is not None else 0
        try:
            self._feed(data)
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause.problem if isinstance(cause, _Refused) else _not_http())
            return
        if self._in_head:
            if max(self._fed, self._head_size()) > self.bounds.head:
                self._refuse(_too_large(self.bounds.head))
                return
        elif cycle is not None and cycle is self.cycle and cycle.more_body and not cycle.response_complete:
            # Chunk extensions and trailers are no content: no body's limit ever sees them.
            self._fed = self._fed + len(data) if len(cycle.body) == held else 0
            if self._fed > self.bounds.head:
                self._refuse(Problem(400, "Bad request", "There is too much between the parts of the body."))
                return
        if self._late is None and (self.cycle is None or self.cycle.response_complete):
            self._late = self.loop.call_later(self.bounds.seconds, self._too_late)

    def _feed(self, data: bytes) -> None:
        """To the parser. A wish to upgrade is not heard (RFC 9110, 7.8): the request is read again without it."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            version = self.parser.get_http_version().encode()
            head = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
            head += [b"%s: %s" % field for field in self.headers if field[0] != b"upgrade"]
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            self._feed(b"\r\n".join((*head, b"", b"")) + data[upgrade.args[0] :])

    def on_message_begin(self) -> None:
        """The parser's."""
        super().on_message_begin()
        self._in_head = True
        self._again = False
        self._fed = 0

    def on_headers_complete(self) -> None:
        """The parser's."""
        self._in_head = False
        self._fed = 0
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                raise _Refused(Problem(400, "Bad request", "This is no proxy."))
            self._again = True
            return
        if len(self.headers) > _FIELDS or (self._large and self._head_size() > self.bounds.head):
            raise _Refused(_too_large(self.bounds.head))
        if len(self.pipeline) >= _LINE:
            raise _Refused(Problem(400, "Bad request", f"{_LINE} requests at most may wait on a connection."))
        if self._late is not None:
            self._late.cancel()
            self._late = None
        super().on_headers_complete()
        self.headers = _TRAILERS

    def on_message_complete(self) -> None:
        """The parser's. It says so too of a request that is to be read again, which has begun nothing yet."""
        if not self._again:
            super().on_message_complete()

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def on_response_complete(self) -> None:
        """The cycle's. As uvicorn's, but with one timer for all the times that a connection is idle."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_from = self.loop.time()
        if self._idle is None:
            self._idle = self.loop.call_later(self.bounds.idle, self._look_whether_idle)

    def _look_whether_idle(self) -> None:
        self._idle = None
        if self._in_head or not self.cycle.response_complete:
            return
        if (left := self._idle_from + self.bounds.idle - self.loop.time()) > 0:
            self._idle = self.loop.call_later(left, self._look_whether_idle)
        else:
            self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._active = cycle
        cycle.transport = self._written
        scope: Any = cycle.scope
        scope[HERE] = cycle.message_event
        super()._start_asgi_task(cycle, partial(_in_one_write, app, cycle))

    def _too_late(self) -> None:
        self._late = None
        if self._in_head:
            self._refuse(
                Problem(408, "Headers too slow", f"They have to come in within {self.bounds.seconds:g} seconds.")
            )
        else:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        """Tell it and hear no more. What came whole before it is answered first, and is then all that is answered."""
        self._hear_no_more()
        self.headers = []
        if self._active is None or self._active.response_complete:
            self._tell(problem)
            return
        broken = self.cycle if self.cycle.more_body else None
        if broken is self._active:
            begun = broken.response_started
            broken.disconnected = True
            broken.message_event.set()
            if begun:
                self.transport.close()
            else:
                self._tell(problem)
            return
        if broken is not None:
            self.pipeline.popleft()
        last = self.pipeline[0][0] if self.pipeline else self._active
        last.keep_alive = False
        log.warning("connection.ended", status=problem.status, why=problem.detail)

    def _hear_no_more(self) -> None:
        """Nothing is waited for any more either: it would be too late in the middle of the last answer."""
        self._deaf = True
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _tell(self, problem: Problem) -> None:
        if not self.transport.is_closing():
            self._write(problem)
            self._linger()

    def _write(self, problem: Problem) -> None:
        request_id = str(uuid_utils.uuid7())
        log.warning("connection.refused", status=problem.status, why=problem.detail, request_id=request_id)
        body = to_json(problem.to_dict())
        head = (
            f"HTTP/1.1 {problem.status} {problem.title}\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
            f"x-request-id: {request_id}\r\nconnection: close\r\n"
        )
        more = "".join(f"{name}: {value}\r\n" for name, value in problem.headers.items())
        self.transport.write(f"{head}{more}\r\n".encode() + body)

    def _linger(self) -> None:
        """Say no more, and close a little later: closed at once, what still comes in would make the answer be thrown away."""
        if self.transport.is_closing():
            return
        self._hear_no_more()
        self.transport.write_eof()
        self._lingering = self.loop.call_later(self.bounds.linger, self.transport.close)


async def _in_one_write(app: ASGIApp, cycle: RequestResponseCycle, scope: Scope, receive: Receive, _: Send) -> None:
    # The cycle must not hold what stands before it: each request would be garbage for the collector to find.
    await app(scope, receive, Whole(cycle).send)


def bounded(bounds: Bounds) -> type[Connection]:
    """The protocol with these bounds, as uvicorn takes it."""
    return type("BoundedConnection", (Connection,), {"bounds": bounds})


def _not_http() -> Problem:
    return Problem(400, "Bad request", "This is not HTTP/1.1 that can be read.")


def _too_large(limit: int) -> Problem:
    return Problem(
        431, "Headers too large", f"{_FIELDS} headers, and {limit // 1024} KiB of them, at most are taken here."
    )
