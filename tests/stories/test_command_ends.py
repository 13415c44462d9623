"""How `critsit up` ends: whenever the signal comes, with 0, without a trace, and with nothing left running.

What it was starting when the signal came is ended too, and never half-way.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backbone.postgres.cluster import Cluster
from tests.harness.up import ROOT, Up

pytestmark = pytest.mark.timeout(120)

#: What can be seen of a start from outside, in order: the moments to stop it at.
_MOMENTS: dict[str, Callable[[int, Path], bool]] = {
    "it is being loaded": lambda pid, data: _hears(pid, signal.SIGTERM),
    "the data are being made": lambda pid, data: (data / "postgres.new").exists(),
    "the cluster is made": lambda pid, data: (data / "postgres" / "PG_VERSION").exists(),
    "PostgreSQL runs": lambda pid, data: Cluster(data / "postgres").pid is not None,
    "the key is made": lambda pid, data: (data / "admin.key").exists(),
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", _MOMENTS)
def test_a_signal_at_any_moment_of_the_start_ends_it_and_what_it_had_started(
    tmp_path: Path, moment: str, number: signal.Signals
) -> None:
    data = tmp_path / "data"
    starting = Up(data, "--port", "0")
    _until(starting, data, moment)
    code, said = starting.ends(number)
    assert (code, "Traceback" in said) == (0, False), said
    assert Cluster(data / "postgres").pid is None
    assert not (data / "postgres.new").exists()


def test_ctrl_c_at_a_terminal_reaches_postgresql_too_and_does_not_break_what_is_being_made(tmp_path: Path) -> None:
    data = tmp_path / "data"
    starting = Up(data, "--port", "0", start_new_session=True)
    _until(starting, data, "the data are being made")
    os.killpg(starting.process.pid, signal.SIGINT)
    _, said = starting.process.communicate(timeout=40)
    assert (starting.process.returncode, "Traceback" in said) == (0, False), said
    assert "Stopped before it was ready." in said
    again = Up(data, "--port", "0")
    assert again.ready()["url"]
    assert again.ends()[0] == 0


def test_a_terminal_that_is_closed_ends_it_as_well_unless_it_runs_on_without_one(tmp_path: Path) -> None:
    # Where the tests themselves run on without a terminal (nohup), so would what they start.
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    one = Up(tmp_path / "data", "--port", "0")
    signal.signal(signal.SIGHUP, before)
    one.ready()
    assert one.ends(signal.SIGHUP)[0] == 0
    assert Cluster(tmp_path / "data" / "postgres").pid is None


def test_signals_that_come_again_while_it_ends_change_nothing(tmp_path: Path) -> None:
    one = Up(tmp_path / "data", "--port", "0")
    one.ready()
    one.process.send_signal(signal.SIGINT)
    code, said = one.ends(signal.SIGTERM)
    assert (code, "Traceback" in said) == (0, False), said
    assert Cluster(tmp_path / "data" / "postgres").pid is None


def test_a_command_that_is_interrupted_while_it_waits_for_an_answer_ends_without_a_trace() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(20)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for words, expected in ((["keys", "list"], 130), (["tail"], 0)):
            process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "critsit", *words], text=True, cwd=ROOT, stderr=subprocess.PIPE,
                stdout=subprocess.PIPE, env=os.environ | {"CRITSIT_URL": url, "CRITSIT_KEY": "x"},
            )  # fmt: skip
            asking, _ = silent.accept()
            with asking:
                process.send_signal(signal.SIGINT)
                _, said = process.communicate(timeout=20)
            assert (process.returncode, "Traceback" in said) == (expected, False), said


def _hears(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler of its own for the signal."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:"))
    return bool(caught >> (number - 1) & 1)


def _until(starting: Up, data: Path, moment: str) -> None:
    end = time.monotonic() + 40
    while not _MOMENTS[moment](starting.process.pid, data):
        assert starting.process.poll() is None, starting.process.communicate()
        assert time.monotonic() < end, f"it never came to this: {moment}"
        time.sleep(0.005)
