"""A body that nobody read to its end: waited for a little, so that the sender hears the answer, then cut off.

A sender that never stops costs a second and a mebibyte at most, and no memory.
"""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .headers import header

#: A rest that is let through without asking: it is on its way already.
_SMALL = 64 * 1024
_MOST = 1024 * 1024
_SECONDS = 1.0


class Unread:
    """ASGI: before an answer goes out, reads what is left of a large body; closes where it goes on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _may_be_left(scope):
            await self.app(scope, receive, send)
            return
        ended = False

        async def reading() -> Message:
            nonlocal ended
            message = await receive()
            ended = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def rest() -> None:
            size = 0
            while not ended and size < _MOST:
                size += len((await reading()).get("body", b""))

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and not ended:
                # Whoever asked first (Expect: 100-continue) has sent nothing yet, and must not be told to.
                if header(scope, b"expect") is None:
                    try:
                        async with asyncio.timeout(_SECONDS):
                            await rest()
                    except TimeoutError:
                        pass
                if not ended:
                    message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self.app(scope, reading, sending)


def _may_be_left(scope: Scope) -> bool:
    """Whether more than a little may be left; or, after `Expect`, anything: what comes next may be a body or a request."""
    if header(scope, b"transfer-encoding") is not None or header(scope, b"expect") is not None:
        return True
    length = header(scope, b"content-length")
    return length is not None and not (length.isdigit() and len(length) <= 9 and int(length) <= _SMALL)
