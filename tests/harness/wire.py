"""A wire to a server, which can be cut, held and mended; TCP on loopback, in threads of its own.

It alters nothing that goes over it, and while it is cut nothing gets through. It can speak in the server's name.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

#: Seconds after which something that is waited for is not coming.
_PATIENCE = 20.0


class Wire:
    """A context manager. `port` is its near end; `to` the port at its far end."""

    def __init__(self, to: int) -> None:
        self.to = to
        self._near = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._near.getsockname()[1]
        self._whole = True
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._said = bytearray()
        self._changed = threading.Condition()
        self._flows = [_flowing()]
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        """Where HTTP is spoken to its near end."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._near:
            self._near.shutdown(socket.SHUT_RDWR)
            self._threads[0].join(_PATIENCE)
        self.cut()
        for thread in self._threads:
            thread.join(_PATIENCE)

    def cut(self) -> None:
        """Break what goes over it, and let nothing through from now on."""
        with self._changed:
            self._whole = False
            pairs, self._pairs = self._pairs, []
            self._flow()
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def hold(self) -> None:
        """Let nothing through any more over the connections that are there, and leave them open. New ones are like any."""
        with self._changed:
            self._flows[-1].clear()
            self._flows.append(_flowing())

    def mend(self) -> None:
        """Let everything through again."""
        with self._changed:
            self._whole = True
            self._flow()

    def speaks(self, words: bytes) -> None:
        """Say something to everybody at the near end, as if the server had."""
        with self._changed:
            for near, _ in self._pairs:
                near.sendall(words)

    def comes(self, words: bytes, times: int = 1) -> None:
        """Wait until the server has said these words so many times."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._said.count(words) >= times, _PATIENCE), bytes(self._said)

    def _flow(self) -> None:
        for flows in self._flows:
            flows.set()

    def _run(self, what: Callable[..., None], *args: socket.socket | threading.Event) -> None:
        thread = threading.Thread(target=what, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._near.accept()
            except OSError:
                return
            with self._changed:
                if not self._whole:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.to))
                self._pairs.append((near, far))
                flows = self._flows[-1]
            self._run(self._carry, near, far, flows)

    def _carry(self, near: socket.socket, far: socket.socket, flows: threading.Event) -> None:
        with near, far, contextlib.suppress(OSError):
            while True:
                for one in select.select([near, far], [], [])[0]:
                    flows.wait()
                    if not (data := one.recv(65536)):
                        return
                    (far if one is near else near).sendall(data)
                    if one is far:
                        with self._changed:
                            self._said += data
                            self._changed.notify_all()


def _flowing() -> threading.Event:
    made = threading.Event()
    made.set()
    return made
