"""The embedded PostgreSQL of `critsit up`: a real one, under the data folder, up in about a second.

Data survives every end of critsit, `kill -9` too, and of the server, which is started again; two critsits never share a
data folder.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from .cluster import CannotStart, Cluster, PostgresError
from .runs_as import NotAllowed

log = structlog.get_logger()

#: They hand the name on through a shell between double quotes, and a file of settings; half a character has no bytes there.
_UNTELLABLE = re.compile('["$`\\\\\n\ud800-\udfff]')
#: Seconds between two looks at whether the server is there, and how often in a row it may fail to come up.
LOOK, TRIES = 0.5, 5
#: Tuned for one machine that does other things too. Durable: a 201 is never given before it is on the disk.
SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "synchronous_commit": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "autovacuum_naptime": "15s",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class NoSuchName(PostgresError):
    """A data folder's name that PostgreSQL's own programs can't be told. Never worth a retry."""


class DataInUse(PostgresError):
    """Another critsit runs on this data folder; the words name it. Worth a retry once that has ended."""


@dataclass(slots=True)
class EmbeddedPostgres:
    """A running server. `url` has no password: only its owner reaches the socket."""

    url: str
    cluster: Cluster
    _lock: int
    _stopping: threading.Event = field(default_factory=threading.Event)
    _keeper: threading.Thread | None = None

    def keep_up(self, dead: Callable[[str], None]) -> None:
        """From now on, until `stop`: start the server again whenever it has died. `dead` is called where it can't be."""
        # A thread of its own: what starts a server blocks, and `stop` has to wait for it.
        self._keeper = threading.Thread(target=self._keep, args=(dead,), name="postgres", daemon=True)
        self._keeper.start()

    def _keep(self, dead: Callable[[str], None]) -> None:
        failed = 0
        while not self._stopping.wait(LOOK * 2**failed):
            try:
                if self.cluster.pid is not None:
                    failed = 0
                    continue
                self.cluster.start()
                log.error("postgres.started_again", folder=str(self.cluster.folder))
            except Exception as error:  # noqa: BLE001 (whatever it is: a thread that ends in silence helps nobody)
                failed += 1
                log.error("postgres.can_not_start", why=str(error))
                if failed == TRIES:
                    return dead(f"PostgreSQL has died and does not start again: {error}")

    def stop(self) -> None:
        """Stop the server cleanly and let the next critsit have the data."""
        self._stopping.set()
        if self._keeper is not None:
            self._keeper.join()
        try:
            self.cluster.stop()
        finally:
            os.close(self._lock)


def start(data_dir: Path) -> EmbeddedPostgres:
    """Bring up the server whose data is under `data_dir`, which is made where it is missing. Blocking.

    A server that a killed critsit left behind is taken over. Raises DataInUse, CannotStart, NoSuchName, WrongVersion.
    """
    folder = data_dir.expanduser().absolute()
    if found := _UNTELLABLE.search(str(folder)):
        raise NoSuchName(
            f"PostgreSQL can't have its data in {str(folder)!r}, because of the {found[0]!r}: choose another --data."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder)
    except OSError as error:
        raise CannotStart(f"The data folder {folder} can't be used: {error.strerror}.") from None
    cluster = Cluster(folder / "postgres", SETTINGS)
    try:
        cluster.start()
    except NotAllowed as error:
        os.close(lock)
        raise CannotStart(str(error)) from None
    except OSError as error:
        os.close(lock)
        raise CannotStart(f"PostgreSQL can't use {folder}: {error.strerror}.") from error
    except BaseException:
        os.close(lock)
        raise
    return EmbeddedPostgres(cluster.url, cluster, lock)


def _lock(folder: Path) -> int:
    """Hold the folder for this process; the kernel lets go when it ends, however it ends."""
    held = os.open(folder / "critsit.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise DataInUse(f"Another critsit runs on the data in {folder}: stop it, or choose another --data.") from None
    return held
