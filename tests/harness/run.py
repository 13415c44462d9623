"""One run of the tests: a folder that its workers share, and what was started there once for all of them.

What a run started ends with it; what a killed run left behind is ended by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_VARIABLE = "TESTS_OF_CRITSIT_RUN"
_PREFIX = "critsit-tests-"
#: Nothing of a run outlives it, so it may lie in memory: a database is copied three times as fast there.
_MEMORY = Path("/dev/shm")
_ENOUGH = 8 * 2**30


@dataclass(frozen=True, slots=True)
class Run:
    """The folder of a run. The process that began it ends it; the workers find it in their environment."""

    folder: Path

    @classmethod
    def begin(cls) -> Run:
        """Make the folder of a new run, and end what killed runs left."""
        for old in (*Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"), *_MEMORY.glob(f"{_PREFIX}*")):
            if not _lives(old):
                cls(old).end()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_MEMORY if _has_room(_MEMORY) else None))
        folder.chmod(0o711)
        (folder / "pid").write_text(str(os.getpid()), "ascii")
        os.environ[_VARIABLE] = str(folder)
        return cls(folder)

    @classmethod
    def current(cls) -> Run:
        """The run that this process is part of."""
        return cls(Path(os.environ[_VARIABLE]))

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Hold the run's lock of that name."""
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def once(self, name: str, make: Callable[[], dict[str, str]]) -> dict[str, str]:
        """What `make` answers; the first worker that asks makes it, the others wait and get the same."""
        with self.alone(name):
            made = self.folder / f"{name}.json"
            if not made.exists():
                made.write_text(json.dumps(make()), "utf-8")
            found: dict[str, str] = json.loads(made.read_text("utf-8"))
            return found

    def started(self, pid: int) -> None:
        """Remember a process that has to end with the run."""
        with self.alone("processes"), (self.folder / "processes").open("a", encoding="ascii") as listed:
            listed.write(f"{pid} {_since(pid)}\n")

    def end(self) -> None:
        """End what was started in this run, and remove its folder."""
        with contextlib.suppress(OSError):
            for line in (self.folder / "processes").read_text("ascii").splitlines():
                pid, _, since = line.partition(" ")
                if _since(int(pid)) == since:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


def _has_room(folder: Path) -> bool:
    return "TMPDIR" not in os.environ and folder.is_dir() and shutil.disk_usage(folder).free >= _ENOUGH


def _lives(folder: Path) -> bool:
    """Whether the run's own process is there; a folder without one is still being made, or is none of ours."""
    try:
        return Path(f"/proc/{(folder / 'pid').read_text('ascii')}").exists()
    except OSError:
        return True


def _since(pid: int) -> str:
    """When a process began, so that a number which was given out again is not taken for it. Empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[19]
    except OSError:
        return ""
