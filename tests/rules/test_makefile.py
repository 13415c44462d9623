"""What `make` runs: a port and a folder are told to the command only where they were given; else its settings hold."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Stands in for the command, and says how it was run.
SAYS = '#!/bin/sh\nfor word; do printf "[%s]" "$word"; done\nprintf " %s %s" "$CRITSIT_PORT" "$CRITSIT_DATA"\n'
SET = {"CRITSIT_PORT": "8090", "CRITSIT_DATA": "elsewhere"}


@pytest.mark.parametrize(
    ("words", "run"),
    [
        (["run"], "[up][--demo] 8090 elsewhere"),
        (["run", "PORT=9000", "DATA=it's a"], "[up][--port][9000][--data][it's a][--demo] 8090 elsewhere"),
        (["demo"], "[demo] 8090 elsewhere"),
        (["demo", "PORT=9000", "DATA=it's a"], "[demo] 9000 it's a"),
    ],
)
def test_what_make_is_not_told_is_as_the_settings_say(tmp_path: Path, words: list[str], run: str) -> None:
    (tmp_path / "critsit").write_text(SAYS)
    (tmp_path / "critsit").chmod(0o755)
    env = {name: value for name, value in os.environ.items() if name not in ("PORT", "DATA", "MAKEFLAGS")} | SET
    make = ["make", "--no-print-directory", "-o", ".venv/.installed", f"BIN={tmp_path}", *words]
    done = subprocess.run(make, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == run
