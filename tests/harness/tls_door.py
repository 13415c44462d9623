"""A door to a PostgreSQL behind which TLS is spoken: it answers the wish for TLS, and hands on what is said.

The server behind it is the real one; it may have been built without TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

#: PostgreSQL's SSLRequest, and its yes.
_WISH, _YES = bytes.fromhex("0000000804d2162f"), b"S"


@dataclass(slots=True)
class Door:
    """On loopback; `entered` counts whom it let in, encrypted all of them."""

    port: int = 0
    entered: int = 0


@asynccontextmanager
async def tls_door(to: int, context: ssl.SSLContext) -> AsyncIterator[Door]:
    """A door to the server at port `to`. Whoever does not wish for TLS is shut out."""
    door = Door()
    guests: set[asyncio.Task[None]] = set()

    async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(len(_WISH)) == _WISH:
                writer.write(_YES)
                await writer.start_tls(context)
                door.entered += 1
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", to)
                await asyncio.gather(_hand_on(reader, far_writer), _hand_on(far_reader, writer))
        writer.close()

    def comes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guest = asyncio.create_task(enter(reader, writer))
        guests.add(guest)
        guest.add_done_callback(guests.discard)

    server = await asyncio.start_server(comes, "127.0.0.1", 0)
    door.port = server.sockets[0].getsockname()[1]
    try:
        yield door
    finally:
        server.close()
        for guest in guests:
            guest.cancel()
        await asyncio.gather(*guests, return_exceptions=True)


async def _hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while said := await reader.read(65536):
        writer.write(said)
        await writer.drain()
    writer.close()
