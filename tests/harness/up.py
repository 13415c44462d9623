"""The command as a user has it: `critsit up` as a process of its own, and what is asked of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CRITSIT = (sys.executable, "-W", "ignore", "-m", "critsit")


def critsit(
    *words: str, url: str = "", given: str | None = None, stdout: str | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with no setting but those of `env`. `given` is its standard input, `stdout` a file."""
    asked = {"CRITSIT_URL": url} if url else {}
    with open(stdout, "w") if stdout else nullcontext(subprocess.PIPE) as out:
        return subprocess.run(
            [*CRITSIT, *words], stdout=out, stderr=subprocess.PIPE, text=True, timeout=60, cwd=ROOT,
            env=bare() | asked | env, input=given, check=False,
        )  # fmt: skip


def bare() -> dict[str, str]:
    """Our environment without what would set anything of critsit or PostgreSQL."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CRITSIT", "PG"))}


class Up:
    """`critsit up --json` on a data folder; `told` is the line that it prints when it is ready."""

    def __init__(self, data: Path, *words: str, start_new_session: bool = False, **env: str) -> None:
        self.process = subprocess.Popen(
            [*CRITSIT, "up", "--data", str(data), "--json", *words], text=True, env=bare() | env, cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=start_new_session,
        )  # fmt: skip

    def ready(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        self.told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return self.told

    def ends(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code, and what it said on stderr."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=40)
        return self.process.returncode, said
