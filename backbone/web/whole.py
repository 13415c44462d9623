"""A transport that writes once a turn of the loop: an answer's head goes out with its body, in one packet.

What is written is never held longer than that, and never much of it.
"""

from __future__ import annotations

import asyncio
from typing import Any

#: Bytes that are held at most before they are written at once: whoever writes faster than is read hears of it then.
_HELD = 64 * 1024


class Whole:
    """Stands before a transport; all else is the transport's own."""

    __slots__ = ("_held", "_loop", "_size", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Asyncio's."""
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)
        self._size += len(data)
        if self._size > _HELD:
            self._flush()

    def write_eof(self) -> None:
        """Asyncio's."""
        self._flush()
        self._transport.write_eof()

    def close(self) -> None:
        """Asyncio's."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            held, self._held, self._size = self._held, [], 0
            self._transport.write(held[0] if len(held) == 1 else b"".join(held))
