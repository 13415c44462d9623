"""PostgreSQL for tests: one server a run, a migrated template, a clone a test; and servers that may be killed.

Each test has a database of its own, so that no test sees what another one did.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import asyncpg

from backbone.postgres.cluster import Cluster
from backbone.postgres.embedded import SETTINGS
from tests.harness.run import Run

#: Fast and forgetful: for tests that don't pull the plug.
FORGETFUL = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "400",
             "autovacuum_naptime": "60s"}  # fmt: skip
#: What a killed server shared between its processes lies in its folder, and goes with it.
_OURS = {"max_connections": "200", "dynamic_shared_memory_type": "mmap"}
TEMPLATE = "migrated"


@dataclass(slots=True)
class PostgresServer:
    """A server of its own on loopback, with data in `folder`. `fsync` makes its commits durable, as in production."""

    folder: Path
    fsync: bool = True
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=lambda: free_port())

    @property
    def cluster(self) -> Cluster:
        """The cluster under it."""
        settings = SETTINGS | _OURS | ({} if self.fsync else FORGETFUL) | self.settings
        return Cluster(self.folder, settings, port=self.port, sync=self.fsync)

    @property
    def url(self) -> str:
        """The URL of its database `critsit`."""
        return self.cluster.url

    def url_of(self, database: str) -> str:
        """The URL of another of its databases."""
        return self.cluster.url_of(database)

    def start(self) -> None:
        """Bring it up, and wait until it answers."""
        self.cluster.start()

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it: in order, or `immediate`, without a checkpoint, as in a crash."""
        self.cluster.stop("immediate" if immediate else "fast")

    def restart(self, *, immediate: bool = False) -> None:
        """Stop and start it on the same port."""
        self.stop(immediate=immediate)
        self.start()

    def kill(self) -> None:
        """SIGKILL to all of its processes at once: what was not written is lost."""
        for pid in self._pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _gone(self._pids)

    def freeze(self) -> None:
        """Let it hang: connections stay open, nothing answers."""
        for pid in self._pids():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        for pid in self._pids():
            os.kill(pid, signal.SIGCONT)

    def create(self, database: str, template: str = "template1") -> str:
        """Make a database as a copy of `template`, to which nobody may be connected. Its URL."""
        # Page by page through the log, as it is done without being told, takes three times as long.
        sql(self.url_of("postgres"), f'create database "{database}" template "{template}" strategy file_copy')
        return self.url_of(database)

    def drop(self, database: str) -> None:
        """Remove a database and throw out who is still in it."""
        sql(self.url_of("postgres"), f'drop database if exists "{database}" with (force)')

    def _pids(self) -> list[int]:
        leader = self.cluster.pid
        if leader is None:
            return []
        children = Path(f"/proc/{leader}/task/{leader}/children")
        return [leader, *map(int, children.read_text("ascii").split())]


def ordinary(run: Run) -> PostgresServer:
    """The run's server for ordinary tests; the first who asks starts it."""

    def begin() -> dict[str, str]:
        server = PostgresServer(run.folder / "postgres", fsync=False)
        server.start()
        if server.cluster.pid is not None:
            run.started(server.cluster.pid)
        return {"port": str(server.port)}

    return PostgresServer(run.folder / "postgres", fsync=False, port=int(run.once("postgres", begin)["port"]))


def migrated_template(run: Run, server: PostgresServer, migrate: Callable[[str], None]) -> str:
    """The name of the run's database with every schema at its newest revision, made by the first who asks."""

    def make() -> dict[str, str]:
        server.drop(TEMPLATE)
        url = server.create(TEMPLATE)
        # In a thread of its own: Alembic's environment runs a loop, and a worker may have one already.
        with ThreadPoolExecutor(1) as aside:
            aside.submit(migrate, url).result()
        return {"name": TEMPLATE}

    return run.once("template", make)["name"]


class Clones:
    """Copies of a template, one a test. The next one is made, and the last one removed, while a test runs."""

    def __init__(self, server: PostgresServer, template: str) -> None:
        self._server = server
        self._template = template
        self._aside = ThreadPoolExecutor(1)
        self._removed: Future[None] | None = None
        self._next = self._aside.submit(self._make)

    @contextlib.contextmanager
    def one(self) -> Iterator[str]:
        """The URL of a copy that is the caller's alone."""
        name = self._next.result()
        if self._removed is not None:
            self._removed.result()
        self._next = self._aside.submit(self._make)
        yield self._server.url_of(name)
        self._removed = self._aside.submit(self._server.drop, name)

    def close(self) -> None:
        """Wait for what is under way."""
        self._aside.shutdown()

    def _make(self) -> str:
        name = f"test_{uuid4().hex}"
        self._server.create(name, self._template)
        return name


def sql(url: str, statement: str) -> None:
    """Run one statement outside a transaction, in a thread and a loop of its own."""

    async def run() -> None:
        connection = await asyncpg.connect(url, timeout=30)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, run()).result()


def free_port() -> int:
    """A port on loopback that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _gone(pids: Callable[[], list[int]], within: int = 200) -> None:
    """Wait until none of them is left: 10 s at most."""
    import time

    for _ in range(within):
        if not pids():
            return
        time.sleep(0.05)
    raise TimeoutError("PostgreSQL does not end")
