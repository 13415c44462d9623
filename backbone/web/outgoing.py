"""What goes out on a connection: all that is written in one turn of the event loop is sent at its end, in one piece.

A group commit answers many callers in one turn. Sent one by one, each answer would wake its reader in the midst of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: Bytes that are not held back any more: the transport has to see them, to say that it is full.
_MUCH = 64 * 1024


@dataclass(slots=True)
class OfARequest:
    """What a request in hand needs of its transport."""

    write: Callable[[bytes], None]
    is_closing: Callable[[], bool]
    close: Callable[[], None]


class Outgoing(asyncio.Transport):
    """A connection's transport, as its protocol sees it. Whatever ends it lets out first what was written."""

    __slots__ = ("_held", "_loop", "_size", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: Any) -> None:
        """Asyncio's."""
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(data)
        self._size += len(data)
        if self._size > _MUCH:
            self._send()

    def _send(self) -> None:
        held, self._held, self._size = self._held, [], 0
        if held and not self._transport.is_closing():
            self._transport.write(held[0] if len(held) == 1 else b"".join(held))

    def write_eof(self) -> None:
        """Asyncio's."""
        self._send()
        self._transport.write_eof()

    def close(self) -> None:
        """Asyncio's."""
        self._send()
        self._transport.close()

    def is_closing(self) -> bool:
        """Asyncio's."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Asyncio's."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Asyncio's."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Asyncio's."""
        self._transport.resume_reading()
