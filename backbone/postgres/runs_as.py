"""Who PostgreSQL runs as: itself refuses root, so root runs it as a system user of its own.

Nobody's permissions on the way to the data or the programs are loosened for it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

USER = "critsit"
#: The capabilities that let a process through folders which are closed to it, with their bits; the lesser one first.
_PASSES = (("dac_read_search", 2), ("dac_override", 1))


class NotAllowed(Exception):
    """Root can't run PostgreSQL here as somebody else; the words say what to change."""


@dataclass(frozen=True, slots=True)
class RunsAs:
    """`before` goes in front of a command; `user` and `group` are None where it runs as whoever we are."""

    before: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None
    owner: tuple[int, int] | None = None

    def give(self, path: Path) -> None:
        """Make a path of ours the server's."""
        if self.owner is not None:
            os.chown(path, *self.owner)


def runs_as(*places: Path) -> RunsAs:
    """Who may run PostgreSQL with these folders. Raises NotAllowed.

    Where a folder above them is closed to the system user (a clone under /root, a folder of mktemp), the server is
    given the one capability to pass through, instead of opening the folder to everybody.
    """
    if os.geteuid() != 0:
        return RunsAs()
    uid, gid = _system_user()
    if all(_open(place.resolve()) for place in places):
        return RunsAs((), uid, gid, (uid, gid))
    capability = next((name for name, bit in _PASSES if _held() >> bit & 1), None)
    if capability is None or shutil.which("setpriv") is None:
        closed = next(place for place in places if not _open(place.resolve()))
        raise NotAllowed(
            f"PostgreSQL never runs as root, and the user {USER} can't reach {closed}: choose a --data outside of "
            "closed folders, or start critsit as another user."
        )
    # Without the fix-up that comes with another user id, access(2) sees the capability too: initdb asks by it.
    before = (
        "setpriv", "--reuid", str(uid), "--regid", str(gid), "--clear-groups", "--securebits", "+no_setuid_fixup",
        "--inh-caps", f"-all,+{capability}", "--ambient-caps", f"+{capability}",
        "--bounding-set", f"-all,+{capability}",
    )  # fmt: skip
    return RunsAs(before, None, None, (uid, gid))


def _open(place: Path) -> bool:
    """Whether everybody may pass through to `place`."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (place, *place.parents) if folder.exists())


def _held() -> int:
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), 0)


def _system_user() -> tuple[int, int]:
    """The system user's ids; made where it is missing, `nobody` where it can't be made."""
    try:
        entry = pwd.getpwnam(USER)
    except KeyError:
        made = shutil.which("useradd") and subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", USER],
            check=False,
            capture_output=True,
        )
        entry = pwd.getpwnam(USER if made and made.returncode == 0 else "nobody")
    return entry.pw_uid, entry.pw_gid
