"""A body that nobody read to its end: waited for a little, so that the sender hears the answer, then cut off.

A sender that never stops costs a second and a mebibyte at most, and no memory.
"""

from __future__ import annotations

import asyncio
import contextlib

from starlette.types import Message, Receive, Scope

from .headers import header, headers_of

#: A rest that is let through without asking: it is on its way already.
_SMALL = 64 * 1024
_MOST = 1024 * 1024
_SECONDS = 1.0


class Unread:
    """Watches over the reading of a body that may be large."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        # Whoever asked first (Expect: 100-continue) has sent nothing yet, and must not be told to.
        self._sends = header(scope, b"expect") is None
        self._ended = False

    async def receive(self) -> Message:
        """ASGI's."""
        message = await self._receive()
        self._ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def is_read(self) -> bool:
        """Whether nothing of the body is left, once what is left has been waited for; where not, the connection is to end."""
        if not self._ended and self._sends:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SECONDS):
                    await self._rest()
        return self._ended

    async def _rest(self) -> None:
        size = 0
        while not self._ended and size < _MOST:
            size += len((await self.receive()).get("body", b""))


def may_be_left(scope: Scope) -> bool:
    """Whether more than a little may be left; or, after `Expect`, anything: what comes next may be a body or a request."""
    headers = headers_of(scope)
    if b"transfer-encoding" in headers or b"expect" in headers:
        return True
    length = headers.get(b"content-length")
    return length is not None and not (length.isdigit() and len(length) <= 9 and int(length) <= _SMALL)
