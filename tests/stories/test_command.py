"""The command as its users have it: real processes, what they print, and how they end.

0 done, 1 the answer is no, 2 used wrongly, 3 can't reach it; a failure is a sentence, never a trace.
"""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
from pathlib import Path

import httpx2
import pytest

from backbone import STAGES
from tests.harness.postgres import free_port
from tests.harness.up import CRITSIT, ROOT, Up, bare, critsit

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]
CASE = sorted((ROOT / "tests/cases").glob("01-*.json"))[0]
FAULT = sorted((ROOT / "tests/faults").glob("08-*.json"))[0]
REPORT = {"contract": "WO-1001", "impact": "critical_down", "title": "Down", "reporter": {"name": "Aigerim S."}}


def test_up_prints_where_it_listens_and_a_key_and_keeps_its_data_over_a_restart(tmp_path: Path) -> None:
    port = str(free_port())
    first = Up(tmp_path / "data", "--port", port)
    told = first.ready()
    assert told["url"] == f"http://127.0.0.1:{port}"
    assert Path(told["kept_in"]).read_text().strip() == told["key"]
    headers = {"Authorization": f"Bearer {told['key']}", "Prefer": "wait=5"}
    made = httpx2.post(f"{told['url']}/v1/incidents", json=REPORT, headers=headers)
    assert (made.status_code, made.json()["severity"]) == (201, "1")
    second = critsit("up", "--data", str(tmp_path / "data"), "--port", str(free_port()))
    assert second.returncode == 1
    assert second.stderr == (
        f"Another critsit runs on the data in {tmp_path / 'data'}: stop it, or choose another --data.\n"
    )
    taken = critsit("serve", "router", "--port", port, CRITSIT_DATABASE_URL="postgresql://nobody@localhost/none")
    assert (taken.returncode, taken.stdout) == (1, "")
    assert taken.stderr == f"Port {port} on 127.0.0.1 is in use already; choose another one with --port.\n"
    code, said = first.ends(signal.SIGINT)
    assert (code, "Traceback" in said) == (0, False), said
    again = Up(tmp_path / "data", "--port", port)
    assert again.ready()["key"] == told["key"]
    found = httpx2.get(f"{told['url']}/v1/incidents/{made.json()['number']}", headers=headers)
    assert (found.status_code, found.json()["id"]) == (200, made.json()["id"])
    assert again.ends()[0] == 0


def test_up_starts_no_postgresql_where_every_stage_has_one_of_its_own(tmp_path: Path, database: str) -> None:
    up = Up(tmp_path, "--port", "0", **{f"{stage.upper()}_DATABASE_URL": database for stage in STAGES})
    up.ready()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["admin.key"]
    assert up.ends()[0] == 0


def test_a_port_that_is_taken_stops_up_in_a_sentence_and_leaves_no_postgresql(tmp_path: Path) -> None:
    with Taken() as port:
        done = critsit("up", "--data", str(tmp_path / "data"), "--port", str(port), "--json")
    assert done.returncode == 1
    told = json.loads(done.stderr)
    assert told == {"exit": 1, "error": f"Port {port} on 127.0.0.1 is in use already; choose another one with --port."}
    assert not (tmp_path / "data" / "postgres" / "postmaster.pid").exists()


def test_the_first_screen_at_a_terminal_is_where_it_listens_the_key_and_that_it_is_ready(tmp_path: Path) -> None:
    """A real terminal: what is on it is plain, and Ctrl-C is typed there."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        words = [*CRITSIT, "up", "--data", str(tmp_path), "--port", "0", "--demo"]
        os.execve(CRITSIT[0], words, bare() | {"CRITSIT_ADMIN_KEY": "own-key"})
    shown = _shown(terminal, until="ready\r\n")
    os.write(terminal, b"\x03")
    shown += _shown(terminal, until="ended.\r\n")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    lines = [line.removeprefix("^C") for line in shown.replace("\r", "").splitlines()]
    assert os.waitstatus_to_exitcode(status) == 0, shown
    assert lines[0] == "critsit starts; the first time on new data takes some seconds."
    assert lines[1].endswith("examples are loaded.")
    assert lines[2].startswith("critsit listens on http://127.0.0.1:")
    assert lines[3:] == ["key: own-key", "ready", "critsit has ended."]


def test_where_nobody_sits_before_it_the_log_is_json_and_stdout_is_three_lines(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*CRITSIT, "up", "--data", str(tmp_path), "--port", "0", "--demo"], text=True, env=bare(), cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    lines = [process.stdout.readline().strip() for _ in range(3)]
    process.send_signal(signal.SIGTERM)
    rest, said = process.communicate(timeout=40)
    assert lines[0].startswith("critsit listens on http://127.0.0.1:")
    assert lines[1].startswith("key: crk_")
    assert lines[1].endswith(f"(kept in {tmp_path / 'admin.key'})")
    assert (lines[2], rest, process.returncode) == ("ready", "", 0)
    loaded, *events = [json.loads(line) for line in said.splitlines()]
    assert loaded["told"].endswith("examples are loaded.")
    assert (loaded["event"], loaded["level"], loaded.keys() >= {"at", "logger"}) == ("critsit.says", "info", True)
    assert [line["event"] for line in events] == ["web.stopping", "web.stopped"]


def test_an_unknown_setting_stops_the_start_with_its_name(tmp_path: Path) -> None:
    done = critsit("up", "--data", str(tmp_path / "data"), CRITSIT_DATABSE_URL="x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "CRITSIT_DATABSE_URL is not a setting that critsit knows.\n"
    told = critsit("serve", "router", "--json", CRITSIT_DATABSE_URL="x")
    assert json.loads(told.stderr) == {"exit": 2, "error": "CRITSIT_DATABSE_URL is not a setting that critsit knows."}
    assert not (tmp_path / "data").exists()


def test_what_is_not_there_is_3() -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    done = critsit("keys", "list", url=nobody, CRITSIT_KEY="x")
    assert done.returncode == 3
    assert nobody in done.stderr
    assert json.loads(critsit("tail", "--json", url=nobody, CRITSIT_KEY="x").stderr)["exit"] == 3
    gone = f"postgresql://x:secret@127.0.0.1:{free_port()}/x"
    for words in (("migrate", "--json"), ("up", "--port", "0", "--json")):
        done = critsit(*words, CRITSIT_DATABASE_URL=gone, CRITSIT_ADMIN_KEY="x")
        assert done.returncode == 3, (words, done.stderr)
        assert json.loads(done.stderr)["exit"] == 3
        assert "secret" not in done.stderr
    done = critsit("topics", "apply", "--json", CRITSIT_KAFKA=f"127.0.0.1:{free_port()}")
    assert (done.returncode, json.loads(done.stderr)["exit"]) == (3, 3), done.stderr


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("serve", "kitchen"), "kitchen"),
        (("no-such-command",), "no-such-command"),
        (("up", "--port", "many"), "--port"),
        (("explain",), "incident"),
        (("dead", "show", "router", "seven"), "ID"),
        (("topics", "apply"), "CRITSIT_KAFKA"),
        (("simulate", "nowhere.json"), "nowhere.json"),
        (("attainment", "--from", "2026-02-01", "--to", "2026-01-01"), "2026-01-01"),
        (("attainment", "--from", "yesterday"), "yesterday"),
    ],
)
def test_what_is_used_wrongly_is_2_and_told_as_json_where_that_is_asked_for(words: tuple[str, ...], named: str) -> None:
    done = critsit(*words, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    told = json.loads(done.stderr)
    assert told["exit"] == 2
    assert named in told["error"]


@pytest.mark.parametrize("address", ["nonsense", "http://x/y", "postgresql://u:secret@host:port/d"])
def test_a_database_s_address_that_is_none_is_told_without_its_password(address: str) -> None:
    done = critsit("migrate", CRITSIT_DATABASE_URL=address)
    assert (done.returncode, done.stdout) == (2, "")
    assert "postgresql://user:password@host/database" in done.stderr
    assert "secret" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_simulate_compares_with_what_is_expected_and_shows_the_difference(tmp_path: Path) -> None:
    case = json.loads(CASE.read_text())
    assert critsit("simulate", str(CASE), "--expect", str(CASE)).stdout.splitlines()[-1] == "as expected"
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(case | {"expect": case["expect"] | {"severity": "C"}}))
    done = critsit("simulate", str(CASE), "--expect", str(wrong))
    assert done.returncode == 1
    (difference,) = [line for line in done.stdout.splitlines() if line.startswith("differs: ")]
    assert "severity" in difference
    told = critsit("simulate", str(CASE), "--expect", str(wrong), "--json")
    assert (told.returncode, json.loads(told.stdout)["agrees"]) == (1, False)
    later = json.loads(critsit("simulate", str(CASE), "--at", "2026-03-01T00:00:00Z", "--json").stdout)
    assert later["severity"] == case["expect"]["severity"]
    assert later["clocks"][0]["due_at"].startswith("2026-03-01")
    never = critsit("simulate", str(CASE), "--at", "noon", "--json")
    assert (never.returncode, "--at is 'noon'" in json.loads(never.stderr)["error"]) == (2, True)


def test_a_day_is_replayed_against_a_changed_contract_and_tells_what_would_have_been_broken(tmp_path: Path) -> None:
    case = json.loads(CASE.read_text())
    answered = {"at": "2026-03-10T09:00:00Z", "incident": case["incident"], "responded_at": "2026-03-10T09:10:00Z"}
    day = tmp_path / "day.json"
    day.write_text(json.dumps({"contract": case["contract"], "day": [answered]}))
    kept = critsit("simulate", "--day", str(day))
    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert kept.stdout.splitlines()[-1] == "1 incidents; 0 promises would have been broken."
    order = tmp_path / "order.json"
    solution = {"id": "billing", "products": ["azure/*"], "exhibit": {"first_response": {"1": "PT5M"}}}
    services = [*case["contract"]["services"], "mission-critical"]
    order.write_text(json.dumps(case["contract"] | {"services": services, "solutions": [solution]}))
    broken = critsit("simulate", "--day", str(day), "--contract", str(order))
    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert "BROKEN by PT5M" in broken.stdout
    told = json.loads(critsit("simulate", "--day", str(day), "--contract", str(order), "--json").stdout)
    assert [clock["name"] for clock in told["breached"]] == ["first_response"]


def test_check_names_every_fault_and_ends_with_1(tmp_path: Path) -> None:
    case = json.loads(FAULT.read_text())
    order = tmp_path / "order.json"
    order.write_text(json.dumps(case["contract"]))
    done = critsit("check", str(order))
    assert done.returncode == 1
    for fault in case["faults"]:
        assert fault["pointer"] in done.stdout
    told = critsit("check", str(order), "--json")
    assert (told.returncode, json.loads(told.stdout)["ok"]) == (1, False)
    assert critsit("check", "examples/contracts", "examples/people", "examples/policies").returncode == 0


class Taken:
    """A port that somebody else listens on."""

    def __enter__(self) -> int:
        import socket

        self._socket = socket.create_server(("127.0.0.1", 0))
        port: int = self._socket.getsockname()[1]
        return port

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def _shown(terminal: int, until: str, within: float = 40) -> str:
    """What appears on the terminal, up to this."""
    shown = b""
    while until.encode() not in shown:
        assert select.select([terminal], [], [], within)[0], shown
        shown += os.read(terminal, 65536)
    return shown.decode()
