"""The commands that ask a running critsit: each as it is meant, and each as it is got wrong.

A fault is a sentence with its code, never a trace, and what was done before it is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.harness.up import ROOT, Up, critsit

pytestmark = [pytest.mark.timeout(110), pytest.mark.slow]
ORDER = (ROOT / "examples/contracts/WO-1001.yaml").read_text()
REPORT = {"contract": "WO-1001", "impact": "minimal", "title": "A question", "reporter": {"name": "Aigerim S."}}


class Asked:
    """A critsit with the examples, and its commands."""

    def __init__(self, up: Up) -> None:
        self._asks = {"url": up.told["url"], "CRITSIT_KEY": up.told["key"]}

    def __call__(self, *words: str, given: str | None = None) -> CompletedProcess[str]:
        """Run a command; a trace is never what it says."""
        done = critsit(*words, given=given, **self._asks)
        assert "Traceback" not in done.stderr, done.stderr
        return done


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    up = Up(tmp_path_factory.mktemp("asks") / "data", "--port", "0", "--demo")
    up.ready()
    yield Asked(up)
    assert up.ends()[0] == 0


def test_work_orders_are_stored_where_none_has_a_fault_and_else_every_fault_is_told_and_none_is_stored(
    asked: Asked, tmp_path: Path
) -> None:
    for name, number in (("a", "WO-2001"), ("c", "WO-2003")):
        (tmp_path / f"{name}.yaml").write_text(ORDER.replace("WO-1001", number))
    (tmp_path / "b.yaml").write_text("number: WO-2002\nbogus: 1\n")
    (tmp_path / "d.yaml").write_text(ORDER.replace("WO-1001", "1001"))
    (tmp_path / "e.yaml").write_text("people: []\n")
    (tmp_path / "f.yaml").write_text(ORDER.replace("WO-1001", "WO-2006") + "office365_users: [.nan]\n")
    (tmp_path / "g.yaml").write_text(ORDER.replace("WO-1001", "WO-2003"))
    done = asked("contracts", "load", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{tmp_path / 'b.yaml'}: /bogus: 'bogus' is not a field here\n" in done.stderr
    assert (
        f"{tmp_path / 'd.yaml'}: /number: is not a text; put numbers, dates and phone numbers in quotes" in done.stderr
    )
    assert f"{tmp_path / 'e.yaml'}: is a roster, and no work order\n" in done.stderr
    assert f"{tmp_path / 'f.yaml'}: can't be sent as JSON: " in done.stderr
    assert f"{tmp_path / 'g.yaml'}: /number: the work order 'WO-2003' is there twice\n" in done.stderr
    told = asked("contracts", "load", str(tmp_path), "--json")
    problem = json.loads(told.stderr)
    assert (told.returncode, told.stdout, problem["exit"]) == (1, "", 1)
    assert [one["ok"] for one in problem["problem"]["files"]] == [True, False, True, False, False, False, False]
    assert asked("calendar", "almaty", "--contract", "WO-2001").stderr == "There is no contract WO-2001.\n"
    for name in "bdefg":
        (tmp_path / f"{name}.yaml").unlink()
    done = asked("contracts", "load", str(tmp_path))
    assert (done.returncode, done.stdout.splitlines()) == (
        0, ["/v1/contracts/WO-2001: stored", "/v1/contracts/WO-2003: stored"],
    )  # fmt: skip
    told = asked("contracts", "load", str(tmp_path), "--json")
    assert (told.returncode, [one["ok"] for one in json.loads(told.stdout)]) == (0, [True, True])


def test_files_that_can_not_be_read_are_all_named_before_anything_is_stored(asked: Asked, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(ORDER.replace("WO-1001", "WO-3001"))
    (tmp_path / "b.yaml").write_text("number: [unclosed")
    (tmp_path / "c.json").write_text('{"number": ')
    (tmp_path / "d.yaml").write_bytes(b"\xff\xfe")
    done = asked("contracts", "load", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{tmp_path / 'b.yaml'}: not readable as YAML")
    assert f"\n{tmp_path / 'c.json'}: not readable as JSON" in done.stderr
    assert f"\n{tmp_path / 'd.yaml'}: not UTF-8 (byte 0)\n" in done.stderr
    assert asked("calendar", "almaty", "--contract", "WO-3001").stderr == "There is no contract WO-3001.\n"


REST = "roles: [engineer], time_zone: UTC, contacts: [{channel: email, address: x@x.example}]"


@pytest.mark.parametrize(
    ("roster", "sentence"),
    [
        ("people: 5\n", "/people: is not a list"),
        ("people: {id: x}\n", "/people: is not a list"),
        ("colour: blue\n", "is no work order, roster, policy or catalogue"),
        ("number: WO-4001\n", "is a work order, and no roster"),
        (f"people:\n  - {{name: Ana, {REST}}}\n", "/people/0/id: is missing"),
        (f"people:\n  - {{id: x, name: .nan, {REST}}}\n", "/people/0/name: is not a text"),
        (f"people:\n  - {{id: x, name: X, {REST}}}\nrotation: []\n", "/rotation: is not a field here"),
        ("rotations:\n  - {name: x, role: engineer, time_zone: UTC, members: [x]}\n", "no person is called 'x'"),
        ('people:\n  - {id: x, id: y, name: "A"}\n', "not readable as YAML"),
    ],
)
def test_a_roster_that_is_none_is_a_sentence(asked: Asked, tmp_path: Path, roster: str, sentence: str) -> None:
    (tmp_path / "roster.yaml").write_text(roster)
    done = asked("people", "load", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert json.loads(asked("people", "load", str(tmp_path), "--json").stderr)["exit"] == 1


def test_an_override_without_an_id_of_people_that_are_there_already_is_stored_once(
    asked: Asked, tmp_path: Path
) -> None:
    said = "{rotation: cm-worldwide, person: cm-ana, replaces: null, from: %s, to: 2027-01-02T00:00:00Z}"
    roster = tmp_path / "override.yaml"
    for start in ("2027-01-01T00:00:00Z", "2027-01-01T02:00:00.000+02:00"):
        roster.write_text(f"overrides:\n  - {said % start}\n")
        done = asked("people", "load", str(roster))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("/v1/overrides/cm-worldwide-cm-ana-20270101T000000Z-")
    changes = json.loads(asked("audit", "changes", "--kind", "override", "--json").stdout)["items"]
    assert len([one for one in changes if one["id"].startswith("cm-worldwide-cm-ana-20270101T000000Z-")]) == 1


def test_a_warning_is_told_and_does_not_refuse(asked: Asked, tmp_path: Path) -> None:
    (tmp_path / "roster.yaml").write_text("people:\n  - {id: w1, name: W, roles: [engineer], time_zone: UTC}\n")
    done = asked("people", "load", str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "/v1/people/w1: stored\n")
    assert done.stderr.startswith(f"{tmp_path / 'roster.yaml'}: /people/0/contacts: warning: ")


def test_people_are_stored_and_again_without_a_change(asked: Asked) -> None:
    before = asked("audit", "changes", "--json").stdout
    done = asked("people", "load", "examples/people")
    assert (done.returncode, done.stderr) == (0, "")
    assert "/v1/people/cm-ana: stored\n" in done.stdout
    assert asked("audit", "changes", "--json").stdout == before


def test_an_incident_is_reported_explained_and_decided_again(asked: Asked, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(REPORT))
    record = json.loads(asked("report", str(file), "--wait", "5", "--idempotency-key", "once", "--json").stdout)
    again = asked("report", str(file), "--idempotency-key", "once")
    assert (again.returncode, again.stdout.splitlines()[0]) == (
        0,
        f"{record['number']}: severity C, base, queue problem-resolution",
    )
    other = asked("report", "-", "--idempotency-key", "once", given=json.dumps(REPORT | {"title": "Another"}))
    assert other.returncode == 1
    explained = asked("explain", record["number"])
    assert (explained.returncode, explained.stderr) == (0, "")
    for rule in record["because"]:
        assert rule in explained.stdout
    assert json.loads(asked("explain", record["id"], "--json").stdout)["incident"] == record["id"]
    assert asked("replay", record["number"], "--by", "Ana").stdout == "It agrees: the same would be decided.\n"
    assert json.loads(asked("replay", record["number"], "--json").stdout) == {"agrees": True, "differences": []}


def test_many_are_reported_at_once_and_each_that_is_refused_is_named(asked: Asked) -> None:
    done = asked("report", "-", given=json.dumps([REPORT, 1, REPORT | {"impact": "some"}, REPORT]))
    assert done.returncode == 1
    assert len([line for line in done.stdout.splitlines() if line.startswith("INC-")]) == 2
    first, second = done.stderr.splitlines()
    assert first.startswith("/1 is refused: all of it: ")
    assert second.startswith("/2 is refused: /impact: ")
    told = json.loads(asked("report", "-", "--json", given=json.dumps([REPORT, 1])).stdout)
    assert [item["status"] for item in told["items"]] == [201, 422]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("", "- holds no report."),
        ("[]", "- holds no report."),
        ('"Down"', "Bad fields:"),
        ('{"impact": ', "not readable as JSON"),
        ('{"impact": "minimal", "impact": "minimal"}', "'impact' is there twice"),
        (json.dumps(REPORT | {"title": "\ud800"}), "half of a surrogate pair"),
        (json.dumps(REPORT | {"colour": "red"}), "/colour"),
    ],
)
def test_a_report_that_is_none_is_a_sentence(asked: Asked, given: str, sentence: str) -> None:
    done = asked("report", "-", given=given)
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr


def test_keys_are_made_shown_once_listed_and_revoked(asked: Asked) -> None:
    made = asked("keys", "create", "portal", "--scope", "report", "--contract", "WO-1001")
    assert made.returncode == 0
    assert made.stdout.startswith("crk_")
    id_ = made.stderr.split()[1].rstrip(";")
    listed = asked("keys", "list").stdout
    assert f"{id_}  portal: report, bound to WO-1001\n" in listed
    assert made.stdout.strip() not in listed
    assert asked("keys", "revoke", id_).stdout == "It is revoked.\n"
    assert id_ not in asked("keys", "list").stdout
    again = asked("keys", "revoke", id_)
    assert (again.returncode, again.stdout, again.stderr) == (1, "", f"There is no key {id_}.\n")
    told = json.loads(asked("keys", "create", "wall", "--scope", "view", "--json").stdout)
    assert {"id", "key", "name", "scopes"} <= told.keys()
    wrong = asked("keys", "create", "wall", "--scope", "fly")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr == "--scope is 'fly', and has to be one of report, work, manage, view.\n"


def test_what_is_open_what_was_kept_and_who_changed_what(asked: Asked, tmp_path: Path) -> None:
    days = ("--from", "2026-03-20", "--to", "2026-03-23")
    opens = asked("calendar", "almaty", "--contract", "WO-1001", *days)
    assert (opens.returncode, len(opens.stdout.splitlines())) == (0, 5)
    order = tmp_path / "order.yaml"
    order.write_text(ORDER)
    assert asked("calendar", "almaty", "--file", str(order), *days).stdout == opens.stdout
    told = json.loads(asked("calendar", "almaty", "--contract", "WO-1001", *days, "--json").stdout)
    assert [day["date"] for day in told["days"]] == ["2026-03-20", "2026-03-21", "2026-03-22", "2026-03-23"]
    assert asked("attainment", "--to", "2026-01-01").stdout == "No promise came due.\n"
    assert asked("attainment", "--csv").stdout.startswith("clock,severity,met,breached,")
    assert {"items"} <= json.loads(asked("attainment", "--json").stdout).keys()
    assert (
        " contract WO-1001 by admin, version 1: all of it\n" in asked("audit", "changes", "--kind", "contract").stdout
    )
    assert asked("audit", "changes", "--id", "nobody").stdout == "No such change was made.\n"
    sealed = asked("audit", "verify")
    assert sealed.returncode == 0
    assert "NOT" not in sealed.stdout
    assert json.loads(asked("audit", "verify", "--json").stdout)["ok"] is True


def test_attainment_is_csv_or_json_and_not_both(asked: Asked) -> None:
    done = asked("attainment", "--csv", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert json.loads(done.stderr) == {"exit": 2, "error": "Give --csv or --json, not both."}


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("contracts", "load", "nowhere"), 2, "nowhere can't be read: No such file or directory."),
        (("people", "load", "tests/stories"), 2, "tests/stories holds no .yaml, .yml, .json file."),
        (("report", "nowhere.json"), 2, "nowhere.json can't be read: No such file or directory."),
        (("report", "examples/contracts/WO-1001.yaml", "--idempotency-key", "ключ"), 2, "plain ASCII"),
        (("explain", "INC-999999"), 1, "There is no incident INC-999999."),
        (("explain", "../keys?x#y"), 1, "There is n"),
        (("replay", "INC-999999"), 1, "There is no incident INC-999999."),
        (("keys", "create", "", "--scope", "view"), 1, "/name"),
        (("calendar", "nowhere"), 1, "No contract has a location nowhere."),
        (("calendar", "almaty", "--contract", "WO-9"), 1, "There is no contract WO-9."),
        (("calendar", "almaty", "--contract", "WO-1001", "--from", "soon"), 2, "--from is 'soon'"),
        (("calendar", "almaty", "--contract", "WO-1001", "--file", "x"), 2, "not both"),
        (("attainment", "--from", "2026-02-01T00:00:00"), 2, "an instant needs its zone"),
        (("report", "-", "--idempotency-key", ""), 2, "--idempotency-key is empty."),
        (("report", "-", "--idempotency-key", "once\n"), 2, "--idempotency-key holds what no key can"),
        (("tail", "--last-event-id", "7\r"), 2, "--last-event-id holds what no id can"),
        (("audit", "changes", "--kind", "kitchen"), 2, "There is no kind kitchen"),
        (("tail", "--last-event-id", "ключ"), 2, "plain ASCII"),
    ],
)
def test_what_is_got_wrong_is_a_sentence_with_its_code_in_words_and_in_json(
    asked: Asked, words: tuple[str, ...], code: int, sentence: str
) -> None:
    done = asked(*words)
    assert (done.returncode, done.stdout) == (code, "")
    assert sentence in done.stderr
    told = asked(*words, "--json")
    assert (told.returncode, told.stdout, json.loads(told.stderr)["exit"]) == (code, "", code)
