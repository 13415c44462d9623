"""An answer in one write: a head that announces its length waits for its body, which follows at once.

Whatever is not as simple as that (a stream, a HEAD, a connection that is to end) is uvicorn's to write.
"""

from __future__ import annotations

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

#: Headers that change how uvicorn writes a body, or what becomes of the connection.
_UVICORNS = frozenset({b"connection", b"transfer-encoding"})


class Whole:
    """Stands before the `send` of a request's cycle."""

    __slots__ = ("_cycle", "_head", "_length", "_send")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._send = cycle.send
        self._head: Message | None = None
        self._length = 0

    async def send(self, message: Message) -> None:
        """ASGI's."""
        if message["type"] == "http.response.start" and self._announces(message["headers"]):
            self._head = message
            return
        head, self._head = self._head, None
        if head is not None:
            if self._is_simple(message):
                self._write(head, message["body"])
                return
            await self._send(head)  # type: ignore[arg-type]
        await self._send(message)  # type: ignore[arg-type]

    def _announces(self, headers: list[tuple[bytes, bytes]]) -> bool:
        known = dict(headers)
        self._length = int(known.get(b"content-length", -1))
        return self._length >= 0 and _UVICORNS.isdisjoint(known)

    def _is_simple(self, message: Message) -> bool:
        cycle = self._cycle
        return (
            len(message.get("body", b"")) == self._length > 0
            and not message.get("more_body", False)
            and cycle.keep_alive
            and cycle.scope["method"] != "HEAD"
            and not (cycle.disconnected or cycle.flow.write_paused)
        )

    def _write(self, head: Message, body: bytes) -> None:
        """What uvicorn does of such an answer, in one go. Raises RuntimeError for a header that would begin another line."""
        cycle = self._cycle
        headers = [*cycle.default_headers, *head["headers"]]
        lines = [STATUS_LINE[head["status"]], *(b"%s: %s\r\n" % header for header in headers), b"\r\n"]
        written = b"".join(lines)
        if written.count(b"\n") != len(lines) or written.count(b"\r") != len(lines):
            raise RuntimeError("A header of the answer holds the end of a line.")
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.transport.write(written + body)
        cycle.message_event.set()
        cycle.on_response()
