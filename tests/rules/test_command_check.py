"""`critsit check` and `critsit simulate` over every fault and case, by their exit codes and what they print."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from critsit.main import app

ROOT = Path(__file__).parents[2]
FAULTS = sorted((ROOT / "tests" / "faults").glob("*.json"))
CASES = sorted((ROOT / "tests" / "cases").glob("*.json"))
RUN = CliRunner()


@pytest.mark.parametrize("path", FAULTS, ids=lambda path: path.stem)
def test_check_finds_every_fault_of_a_work_order(path: Path) -> None:
    """TERM, MULTI, FLEX-20, AEM-CONFIRM, CONTACTS"""
    wanted = json.loads(path.read_text())["faults"]
    answer = RUN.invoke(app, ["check", str(path), "--json"])
    (one,) = json.loads(answer.stdout)["files"]
    found = [(fault["pointer"], fault["rule"], fault["level"]) for fault in one["faults"]]
    assert sorted(found, key=str) == sorted([(f["pointer"], f["rule"], f["level"]) for f in wanted], key=str)
    assert answer.exit_code == (1 if any(fault["level"] == "fault" for fault in wanted) else 0)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_simulate_agrees_with_every_case(path: Path) -> None:
    """BASE-HOURS, BASE-24X7"""
    answer = RUN.invoke(app, ["simulate", str(path), "--expect", str(path)])
    assert answer.exit_code == 0, answer.output
    assert "as expected" in answer.stdout


def test_simulate_shows_a_difference_and_ends_with_1() -> None:
    case = str(CASES[0])
    answer = RUN.invoke(app, ["simulate", case, "--at", "2026-02-11T11:00:00Z", "--expect", case])
    assert answer.exit_code == 1
    assert "differs: clocks:" in answer.stdout


@pytest.mark.parametrize("folder", ["contracts", "people", "policies", "software-house"])
def test_the_examples_have_no_faults(folder: str) -> None:
    assert RUN.invoke(app, ["check", str(ROOT / "examples" / folder)]).exit_code == 0


PERSON = {"id": "p3", "name": "P", "roles": ["engineer"], "time_zone": "UTC"}
ROTATION = {"name": "r3", "role": "engineer", "time_zone": "UTC", "members": ["p3"]}


def test_files_that_are_given_together_are_checked_together(tmp_path: Path) -> None:
    """A rotation names people of the file beside it, whichever comes first, and also where they have a fault."""
    people, one, rotations = tmp_path / "people.json", tmp_path / "one.json", tmp_path / "rotations.json"
    people.write_text(json.dumps({"people": [PERSON | {"roles": ["king"]}]}))
    one.write_text(json.dumps([PERSON | {"id": "p4", "contacts": []}]))
    rotations.write_text(json.dumps({"rotations": [ROTATION | {"members": ["p3", "p4", "p5"]}]}))
    for given in ([rotations, people, one, rotations], [tmp_path]):
        answer = RUN.invoke(app, ["check", *map(str, given)])
        assert answer.exit_code == 1
        assert sorted(
            line for line in answer.stdout.splitlines() if "warning" not in line and "should be" not in line
        ) == [f"{rotations}: /rotations/0/members/2: no person is called 'p5'"]
    assert "'p4'" in RUN.invoke(app, ["check", str(rotations), str(people)]).stdout


def test_a_name_that_two_files_have_is_a_fault_of_the_second(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"people": [PERSON], "rotations": [ROTATION]}))
    found = json.loads(RUN.invoke(app, ["check", str(tmp_path / "b.json"), str(tmp_path), "--json"]).stdout)
    told = [
        (one["file"], [fault["pointer"] for fault in one["faults"] if fault["level"] == "fault"])
        for one in found["files"]
    ]
    assert told == [(str(tmp_path / "b.json"), []), (str(tmp_path / "a.json"), ["/people/0/id", "/rotations/0/name"])]


def test_what_is_none_of_them_is_a_fault_and_what_is_not_there_a_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("colour: blue\n")
    assert RUN.invoke(app, ["check", str(tmp_path / "a.yaml")]).exit_code == 1
    assert RUN.invoke(app, ["check", str(tmp_path / "b.yaml")]).exit_code == 2


def test_a_day_tells_which_promise_would_have_been_broken(tmp_path: Path) -> None:
    """BASE-1-AZURE"""
    case = json.loads(CASES[0].read_text())
    item = {"at": case["at"], "incident": case["incident"]}
    due = case["expect"]["clocks"]["first_response"]
    for met, code in ((case["at"], 0), (due, 0), ("2026-12-30T00:00:00Z", 1)):
        day = tmp_path / "day.json"
        day.write_text(json.dumps({"contract": case["contract"], "day": [{**item, "responded_at": met}]}))
        answer = RUN.invoke(app, ["simulate", "--day", str(day), "--json"])
        assert answer.exit_code == code, answer.output
        assert len(json.loads(answer.stdout)["breached"]) == code


def test_the_roster_of_a_day_is_checked_as_any_roster(tmp_path: Path) -> None:
    (tmp_path / "day.json").write_text('{"day": []}')
    (tmp_path / "roster.json").write_text(json.dumps({"people": [PERSON], "rotation": [ROTATION]}))
    answer = RUN.invoke(
        app, ["simulate", "--day", str(tmp_path / "day.json"), "--people", str(tmp_path / "roster.json")]
    )
    assert answer.exit_code == 1
    assert "roster.json: /rotation: is not a field here" in answer.output


def test_nothing_that_answers_is_exit_code_3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRITSIT_URL", "http://127.0.0.1:9")
    assert RUN.invoke(app, ["explain", "INC-1"]).exit_code == 3


def test_a_check_loads_no_web_server() -> None:
    code = "import sys, critsit.main; sys.exit(any(m in sys.modules for m in ('fastapi', 'sqlalchemy', 'httpx2')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
