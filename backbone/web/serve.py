"""Serves an ASGI app until it is told to stop: unready, no new connections, finish what is in hand, drain, end.

What was accepted is answered before anything is closed under it, and all of it ends within 25 seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar

import structlog
import uvicorn
import uvloop
from starlette.types import ASGIApp

from backbone.process.stop import Stop, stop_on_signals
from backbone.time_source import ticks

from .connection import Bounds, bounded
from .health import Health

log = structlog.get_logger()

T = TypeVar("T")

#: Seconds from the signal to the end; Kubernetes gives 30 before it kills.
WITHIN = 25.0
#: Seconds of them for the answers in hand; the rest is for the loops.
_ANSWERS = 10


class ServeError(Exception):
    """It can't be served. The words are one sentence for the person who started it."""


class CannotListen(ServeError):
    """The address can't be had: in use, not ours, not allowed. Worth a retry only after somebody changed something."""


class NoSuchAddress(CannotListen):
    """The host is no address, or none of this machine. Never worth a retry."""


class StartFailed(ServeError):
    """The app's own start failed; the log says how."""


class _Server(uvicorn.Server):
    """Uvicorn's, with the signals left to us; `ready` is set once it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    app: ASGIApp,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    health: Health | None = None,
    on_ready: Callable[[int], None] | None = None,
    drain: Callable[[], Awaitable[None]] | None = None,
    stop: Stop | asyncio.Event | None = None,
    backlog: int = 2048,
    within: float = WITHIN,
    signals: bool = True,
    sockets: list[socket.socket] | None = None,
    bounds: Bounds | None = None,
) -> None:
    """Serve until a signal or `stop`. Port 0 takes any that is free; `on_ready` is told which it is, unless it is to stop.

    `sockets` are what `listen` has bound already, by whoever must know first that the address can be had; `bounds` are
    those of a connection: what it may send before it is a request, and how long it may take nothing of an answer.
    On stopping: `health` turns unready and streams end, nothing more is accepted, the requests in hand are answered,
    `drain` is awaited; all that in `within` seconds. A second signal waits for no request. Raises ServeError.
    """
    sockets = sockets or listen(host, port, backlog)
    bounds = bounds or Bounds(connections=_connections())
    _end_stalled(sockets, bounds.stalled)
    stopping = stop if isinstance(stop, Stop) else Stop(stop or asyncio.Event())
    config = uvicorn.Config(
        app, http=bounded(bounds), ws="none", lifespan="on", log_config=None, access_log=False, server_header=False,
        proxy_headers=False, backlog=backlog,
        timeout_graceful_shutdown=int(min(_ANSWERS, within)),
    )  # fmt: skip
    server = _Server(config)

    with contextlib.ExitStack() as undo:
        undo.callback(_close, sockets)
        if signals:
            undo.enter_context(stop_on_signals(stopping))
        serving = asyncio.create_task(_until_closed(server, sockets), name="web")
        ready, asked = asyncio.create_task(server.ready.wait()), asyncio.create_task(stopping.asked.wait())
        hurrying = asyncio.create_task(_hurry(server, stopping.hurried))
        try:
            await asyncio.wait((serving, ready), return_when=asyncio.FIRST_COMPLETED)
            if on_ready is not None and ready.done() and not stopping.asked.is_set():
                on_ready(sockets[0].getsockname()[1])
            await asyncio.wait((serving, asked), return_when=asyncio.FIRST_COMPLETED)
            await _finish(server, serving, health, drain, ticks() + within)
        finally:
            ready.cancel()
            asked.cancel()
            hurrying.cancel()
            if not serving.done():
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)


async def _hurry(server: _Server, hurried: asyncio.Event) -> None:
    await hurried.wait()
    server.force_exit = True


async def _until_closed(server: _Server, sockets: list[socket.socket]) -> None:
    try:
        await server.serve(sockets)
    except SystemExit:
        raise StartFailed("The service could not start; the log says why.") from None
    # In a hurry uvicorn leaves the app's own end out, whose task would be cancelled with a trace in the log.
    if server.force_exit and not server.lifespan.shutdown_event.is_set():
        await server.lifespan.shutdown()


async def _finish(
    server: _Server,
    serving: asyncio.Task[None],
    health: Health | None,
    drain: Callable[[], Awaitable[None]] | None,
    end: float,
) -> None:
    log.info("web.stopping")
    if health is not None:
        health.drain()
    server.should_exit = True
    try:
        async with asyncio.timeout(max(0.1, end - ticks())):
            await serving
            if drain is not None:
                await drain()
    except TimeoutError:
        log.error("web.stopped_late", unfinished="requests" if not serving.done() else "loops")
        return
    log.info("web.stopped")


def listen(host: str, port: int, backlog: int = 2048) -> list[socket.socket]:
    """Bind every address of `host` to one port. Raises CannotListen with a sentence that says what to change."""
    found: list[socket.socket] = []
    try:
        flags = socket.AI_PASSIVE
        addresses = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=flags)
        for family, kind, protocol, _, address in dict.fromkeys(addresses):
            one = socket.socket(family, kind, protocol)
            found.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            taken = found[0].getsockname()[1] if port == 0 and len(found) > 1 else port
            one.bind((address[0], taken, *address[2:]))
            one.listen(backlog)
            one.setblocking(False)
    except (socket.gaierror, UnicodeError):
        raise NoSuchAddress(f"There is no address for the host “{host}”.") from None
    except (OSError, OverflowError) as error:
        _close(found)
        raise _refusal(host, port, error) from None
    return found


def _connections() -> int:
    """Half of the files that this process may open: the other half is for the database, the log and the disk."""
    wanted = Bounds().connections
    soft, hard = (
        most if most != resource.RLIM_INFINITY else 2 * wanted for most in resource.getrlimit(resource.RLIMIT_NOFILE)
    )
    if soft < 2 * wanted and soft < hard:
        # A system's first word is 1,024 mostly, meant for programs that wait in the old way.
        soft = min(hard, 2 * wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    return min(wanted, soft // 2)


def _end_stalled(sockets: list[socket.socket], seconds: float) -> None:
    """Have the system end a connection whose other side has taken nothing for so long; every one that comes inherits it.

    Only it sees whether a reader goes on, however slowly. (Linux; elsewhere such a connection stays until its end.)
    """
    if option := getattr(socket, "TCP_USER_TIMEOUT", None):
        for one in sockets:
            one.setsockopt(socket.IPPROTO_TCP, option, int(seconds * 1000))


def _refusal(host: str, port: int, error: Exception) -> CannotListen:
    match error:
        case OSError(errno=errno.EADDRINUSE):
            return CannotListen(f"Port {port} on {host} is in use already; choose another one with --port.")
        case OSError(errno=errno.EACCES):
            return CannotListen(
                f"Port {port} on {host} is not allowed to this user; choose one above 1023 with --port."
            )
        case OSError(errno=errno.EADDRNOTAVAIL):
            return NoSuchAddress(f"{host} is not an address of this machine; choose another one with --host.")
        case _:
            return CannotListen(f"Port {port} on {host} can't be had: {error}.")


def _close(sockets: list[socket.socket]) -> None:
    for one in sockets:
        one.close()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a process's whole life on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
