"""Server-sent events: a stream for each reader, bounded; a reader that is too slow is told so and cut off.

Nothing is ever buffered without end: not in our queue, and not for a reader that has stopped reading.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .headers import header
from .health import HEALTH
from .problem import FieldError, Problem

#: Frames that wait for one reader at most.
MOST = 256
#: Seconds between signs of life.
BEAT = 15.0
#: Seconds that a write may take before the reader counts as slow.
PATIENCE = 5.0
#: How much longer it may then take to read that it is cut off.
_FAREWELL = 6


def frame(data: str | bytes, *, event: str | None = None, id: str | int | None = None) -> bytes:
    """One event as it goes over the wire. Line breaks in `data` are framed; `event` and `id` have none."""
    text = data.decode() if isinstance(data, bytes) else data
    return format_sse_event(data_str=text, event=_line(event), id=_line(id))


def mark(id: str | int) -> bytes:
    """Tells a reader where it stands, and nothing else: an id without data is no event to it."""
    return f"id: {_line(id)}\n\n".encode()


def _line(value: str | int | None) -> str | None:
    return None if value is None else str(value).translate({0: None, 10: " ", 13: " "})


#: Tells a reader that what it asked to resume from is no longer held: read it all again.
RESET = frame("{}", event="reset")


def slow_frame(missed: int) -> bytes:
    """Tells a reader that it is cut off, since it reads too slowly; `missed` frames were waiting."""
    return frame(to_json({"missed": missed}), event="slow")


@dataclass(slots=True)
class Reader:
    """One reader's queue. Whoever has something new offers it; nobody ever waits for a reader."""

    most: int = MOST
    on_close: Callable[[], None] = lambda: None
    slow: bool = False
    closed: bool = False
    missed: int = 0
    _frames: deque[bytes] = field(default_factory=deque)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, one: bytes) -> bool:
        """Queue a frame. False where the reader is gone, or has just become too slow: offer no more."""
        if self.closed or self.slow:
            return False
        if len(self._frames) >= self.most:
            self.cut_off(1)
            return False
        self._frames.append(one)
        self._news.set()
        return True

    def cut_off(self, more: int = 0) -> None:
        """It reads too slowly: what is queued, and as many `more`, it has missed, and it is to be told so."""
        if not self.slow:
            self.slow, self.missed = True, len(self._frames) + more
        self._frames.clear()
        self._news.set()

    def close(self) -> None:
        """End the stream after what is queued."""
        self.closed = True
        self._news.set()

    def take(self) -> bytes:
        """All that is queued, at once."""
        self._news.clear()
        frames = b"".join(self._frames)
        self._frames.clear()
        return frames

    async def news(self) -> None:
        """Wait until there is something to take, or an end."""
        await self._news.wait()


class EventStream(Response):
    """The answer that streams a reader's frames until the reader leaves, is too slow, or the process is stopped.

    `past` is what is written before: the next of it is asked for only when the one before is written.
    """

    media_type = "text/event-stream"

    def __init__(
        self, reader: Reader, *, first: bytes = b"", past: AsyncIterator[bytes] | None = None, beat: float = BEAT,
        patience: float = PATIENCE,
    ) -> None:  # fmt: skip
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._reader = reader
        self._first = first
        self._past = past
        self._beat = beat
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reader = self._reader
        health = scope.get(HEALTH)
        ends = [asyncio.ensure_future(_gone(receive))]
        if health is not None:
            ends.append(asyncio.ensure_future(health.draining.wait()))
        writing = asyncio.ensure_future(self._write(send))
        try:
            await asyncio.wait([writing, *ends], return_when=asyncio.FIRST_COMPLETED)
            if not writing.done() and not ends[0].done():
                # Stopped, not left: what is queued goes out, and the stream ends as it should.
                reader.close()
                await asyncio.wait([writing], timeout=self._patience)
        finally:
            reader.close()
            reader.on_close()
            for task in (writing, *ends):
                task.cancel()
            ended = await asyncio.gather(writing, *ends, return_exceptions=True)
        if isinstance(ended[0], Exception):
            raise ended[0]

    async def _write(self, send: Send) -> None:
        reader = self._reader
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        # The comment goes out at once: whoever connects sees that it is connected.
        await self._send(send, b": connected\n\n" + self._first)
        if self._past is not None:
            async for frames in self._past:
                await self._send(send, frames)
                if reader.slow:
                    break
        while True:
            try:
                async with asyncio.timeout(self._beat):
                    await reader.news()
            except TimeoutError:
                await self._send(send, KEEPALIVE_COMMENT)
                continue
            closed, frames = reader.closed, reader.take()
            if frames:
                await self._send(send, frames)
            if reader.slow or closed:
                await self._end(send)
                return

    async def _end(self, send: Send) -> None:
        """The last words. Who reads nothing at all is left without them: the connection ends."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience * _FAREWELL):
                if self._reader.slow:
                    await _body(send, slow_frame(self._reader.missed))
                await _body(send, b"", more=False)

    async def _send(self, send: Send, frames: bytes) -> None:
        """Write; a reader that takes nothing for too long is slow, whatever its queue holds."""
        try:
            async with asyncio.timeout(self._patience):
                await _body(send, frames)
        except TimeoutError:
            self._reader.cut_off()


async def _body(send: Send, frames: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": frames, "more_body": more})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def last_event_id(scope: Scope) -> int | None:
    """`Last-Event-ID`: the position to resume after, or None. Raises Problem 400 for what is no position of ours."""
    sent = header(scope, b"last-event-id")
    if sent is None or not sent.strip():
        return None
    text = sent.strip()
    if not text.isdigit() or len(text) > 18:
        raise Problem(
            400, "Bad Last-Event-ID", "It takes the id of an event of this stream.",
            errors=[FieldError("/header/last-event-id", "is not the id of an event of this stream")],
        )  # fmt: skip
    return int(text)
