"""`critsit up` as a process of its own, as a user starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Up:
    """`critsit up --json` on a data folder; `told` is the line that it prints when it is ready."""

    def __init__(self, data: Path, *words: str, start_new_session: bool = False, **env: str) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("CRITSIT", "PG"))}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "critsit", "up", "--data", str(data), "--json", *words], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=kept | env, cwd=ROOT,
            start_new_session=start_new_session,
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
