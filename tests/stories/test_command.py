"""The command as its users have it: real processes, what they print, and how they end.

0 done, 1 the answer is no, 2 used wrongly, 3 can't reach it; a failure is a sentence, never a trace.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.harness.postgres import free_port
from tests.harness.up import ROOT, Up

pytestmark = [pytest.mark.timeout(200), pytest.mark.slow]
CASE = sorted((ROOT / "tests/cases").glob("01-*.json"))[0]
FAULT = sorted((ROOT / "tests/faults").glob("08-*.json"))[0]
REPORT = {
    "contract": "WO-1001", "channel": "portal", "portal": "azure-portal", "impact": "critical_down", "title": "Down",
    "reporter": {"name": "Aigerim S.", "email": "aigerim@steppe.example"}, "product": "azure/virtual-machines",
}  # fmt: skip


def critsit(*words: str, url: str = "", given: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CRITSIT", "PG"))}
    asked = {"CRITSIT_URL": url} if url else {}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "critsit", *words], capture_output=True, text=True, timeout=60, cwd=ROOT,
        env=kept | asked | env, input=given, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One critsit for all commands that ask one, with the examples."""
    one = Up(tmp_path_factory.mktemp("command"), "--port", "0", "--demo")
    told = one.ready()
    yield told
    code, said = one.ends()
    assert code == 0, said


@pytest.fixture
def ask(running: dict[str, Any]) -> Any:
    """Run a command against it; the exit code is looked at."""

    def run(*words: str, code: int = 0, given: str | None = None, key: str | None = None) -> str:
        done = critsit(*words, url=running["url"], given=given, CRITSIT_KEY=key or running["key"])
        assert done.returncode == code, (words, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout if code == 0 else done.stderr or done.stdout

    return run


def test_up_prints_where_it_listens_and_a_key_and_keeps_its_data_over_a_restart(tmp_path: Path) -> None:
    port = str(free_port())
    first = Up(tmp_path / "data", "--port", port, "--demo")
    told = first.ready()
    assert told["url"] == f"http://127.0.0.1:{port}"
    assert told["kept_in"] is not None
    headers = {"Authorization": f"Bearer {told['key']}", "Prefer": "wait=5"}
    made = httpx2.post(f"{told['url']}/v1/incidents", json=REPORT, headers=headers)
    assert (made.status_code, made.json()["severity"]) == (201, "1")
    second = critsit("up", "--data", str(tmp_path / "data"), "--port", str(free_port()))
    assert second.returncode == 1
    assert len(second.stderr.strip().splitlines()) == 1, second.stderr
    assert "data" in second.stderr
    taken = critsit("up", "--data", str(tmp_path / "other"), "--port", port)
    assert (taken.returncode, "Traceback" in taken.stderr) == (1, False)
    assert port in taken.stderr
    code, said = first.ends(signal.SIGINT)
    assert (code, "Traceback" in said) == (0, False), said
    again = Up(tmp_path / "data", "--port", port)
    assert again.ready()["key"] == told["key"]
    found = httpx2.get(f"{told['url']}/v1/incidents/{made.json()['number']}", headers=headers)
    assert (found.status_code, found.json()["id"]) == (200, made.json()["id"])
    assert again.ends()[0] == 0


def test_up_says_it_plainly_to_a_person(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "critsit", "up", "--data", str(tmp_path), "--port", "0"], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"CRITSIT_ADMIN_KEY": "own-key"}, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    lines = [process.stdout.readline().strip() for _ in range(3)]
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=40)
    assert lines[0].startswith("critsit listens on http://127.0.0.1:")
    assert lines[1:] == ["key: own-key", "ready"]
    assert process.returncode == 0
    assert not [line for line in said.splitlines() if '"level":"info"' in line and "web.stop" not in line], said


def test_an_unknown_setting_stops_the_start_with_its_name(tmp_path: Path) -> None:
    done = critsit("up", "--data", str(tmp_path), CRITSIT_DATABSE_URL="x")
    assert done.returncode == 2
    assert "CRITSIT_DATABSE_URL" in done.stderr
    told = critsit("up", "--data", str(tmp_path), "--json", CRITSIT_DATABSE_URL="x")
    assert "CRITSIT_DATABSE_URL" in json.loads(told.stderr)["error"]


def test_what_is_not_there_is_3_and_what_is_used_wrongly_is_2(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    assert critsit("keys", "list", url=nobody, CRITSIT_KEY="x").returncode == 3
    assert json.loads(critsit("keys", "list", "--json", url=nobody, CRITSIT_KEY="x").stderr)["exit"] == 3
    assert critsit("keys", "list", url="nowhere", CRITSIT_KEY="x").returncode == 2
    assert critsit("serve", "kitchen").returncode == 2
    assert critsit("no-such-command").returncode == 2
    gone = f"postgresql://x@127.0.0.1:{free_port()}/x"
    for words in (("migrate",), ("serve", "router", "--port", "0")):
        done = critsit(*words, CRITSIT_DATABASE_URL=gone, CRITSIT_ADMIN_KEY="x")
        assert (done.returncode, "Traceback" in done.stderr) == (3, False), (words, done.stderr)


def test_simulate_compares_with_what_is_expected_and_shows_the_difference(tmp_path: Path) -> None:
    case = json.loads(CASE.read_text())
    assert critsit("simulate", str(CASE), "--expect", str(CASE)).returncode == 0
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(case | {"expect": case["expect"] | {"severity": "C"}}))
    done = critsit("simulate", str(CASE), "--expect", str(wrong))
    assert done.returncode == 1
    assert "severity" in done.stdout + done.stderr
    told = json.loads(critsit("simulate", str(CASE), "--json").stdout)
    assert told["severity"] == case["expect"]["severity"]
    later = json.loads(critsit("simulate", str(CASE), "--at", "2026-03-01T00:00:00Z", "--json").stdout)
    assert later["clocks"][0]["due_at"].startswith("2026-03-01")


def test_check_names_every_fault_and_ends_with_1(tmp_path: Path) -> None:
    case = json.loads(FAULT.read_text())
    order = tmp_path / "order.json"
    order.write_text(json.dumps(case["contract"]))
    done = critsit("check", str(order))
    assert done.returncode == 1
    for fault in case["faults"]:
        assert fault["pointer"] in done.stdout + done.stderr
    assert critsit("check", "examples/contracts/WO-1001.yaml", "examples/people/provider.yaml").returncode == 0


def test_what_is_open_is_printed_by_the_day(ask: Any) -> None:
    told = ask("calendar", "almaty", "--contract", "WO-1001", "--from", "2026-03-20", "--to", "2026-03-27")
    assert "Nowruz" in told


def test_a_report_is_made_explained_and_replayed(ask: Any, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(REPORT | {"reference": "COMMAND-1"}))
    made = json.loads(ask("report", str(file), "--json"))
    number = made["number"]
    assert "RR-TARGET" in ask("explain", number)
    assert json.loads(ask("explain", number, "--json"))["incident"] == made["id"]
    ask("replay", number)
    assert json.loads(ask("replay", number, "--json")) == {"agrees": True, "differences": []}
    assert "INC-" in ask("explain", "INC-999999", code=1)


def test_keys_are_made_listed_and_revoked(ask: Any) -> None:
    made = json.loads(ask("keys", "create", "portal", "--scope", "report", "--contract", "WO-1001", "--json"))
    assert "portal" in ask("keys", "list")
    ask("keys", "list", code=2, key=made["key"])
    ask("keys", "revoke", made["id"])
    assert made["id"] not in ask("keys", "list")
    ask("keys", "revoke", made["id"], code=1)


def test_contracts_and_people_are_loaded_and_what_is_wrong_is_told(ask: Any, tmp_path: Path) -> None:
    ask("contracts", "load", "examples/contracts")
    ask("people", "load", "examples/people")
    (tmp_path / "bad.yaml").write_text("number: WO-9\ncustomer: X\n")
    assert "/term" in ask("contracts", "load", str(tmp_path), code=1)
    assert "no such" in ask("contracts", "load", str(tmp_path / "nothing"), code=2).lower()


def test_the_months_report_is_printed_and_the_record_is_what_it_was(ask: Any) -> None:
    ask("attainment", "--contract", "WO-1001", "--from", "2026-01-01", "--to", "2026-12-31")
    assert ask("attainment", "--csv").startswith("clock,severity")
    ask("audit", "verify")
    assert "WO-1001" in ask("audit", "changes", "--kind", "contract")


def test_dead_letters_are_listed_and_what_is_none_is_told(ask: Any) -> None:
    assert json.loads(ask("dead", "list", "router", "--json"))["items"] == []
    ask("dead", "show", "router", "7", code=1)
    ask("dead", "replay", "router", "7", code=1)


def test_tail_tells_what_happens_as_it_happens(running: dict[str, Any]) -> None:
    env = os.environ | {"CRITSIT_URL": running["url"], "CRITSIT_KEY": running["key"]}
    tail = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "critsit", "tail", "--type", "incident.routed", "--json"], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=ROOT,
    )  # fmt: skip
    try:
        headers = {"Authorization": f"Bearer {running['key']}"}
        made = set()
        assert tail.stdout is not None
        for _ in range(40):
            time.sleep(0.25)
            answer = httpx2.post(f"{running['url']}/v1/incidents", json=REPORT, headers=headers)
            made.add(answer.json()["id"])
            if _ >= 8:
                break
        assert json.loads(tail.stdout.readline())["incident"] in made
    finally:
        tail.send_signal(signal.SIGINT)
        tail.communicate(timeout=10)


def test_the_demo_tells_what_became_of_each(ask: Any) -> None:
    told = ask("demo")
    for word in ("rapid-response", "entitlement-review", "event-management", "crisis manager", "why"):
        assert word in told
