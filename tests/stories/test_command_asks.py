"""The commands that ask a running critsit: each as it is meant, and each as it is got wrong.

A fault is a sentence with its code, never a trace, and what was done before it is told.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.harness import raw_http
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


def test_work_orders_are_stored_one_by_one_and_one_that_is_refused_hurts_no_other(asked: Asked, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(ORDER.replace("WO-1001", "WO-2001"))
    (tmp_path / "b.yaml").write_text("number: WO-2002\nbogus: 1\n")
    (tmp_path / "c.yaml").write_text(ORDER.replace("WO-1001", "WO-2003"))
    done = asked("contracts", "load", str(tmp_path))
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "/v1/contracts/WO-2001: stored", "/v1/contracts/WO-2002: refused", "/v1/contracts/WO-2003: stored",
    ]  # fmt: skip
    assert f"{tmp_path / 'b.yaml'}:   /bogus: " in done.stderr
    told = asked("contracts", "load", str(tmp_path), "--json")
    assert (told.returncode, [one["ok"] for one in json.loads(told.stdout)]) == (1, [True, False, True])


def test_a_file_that_can_not_be_read_is_named_before_anything_is_stored(asked: Asked, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(ORDER.replace("WO-1001", "WO-3001"))
    (tmp_path / "b.yaml").write_text("number: [unclosed")
    done = asked("contracts", "load", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{tmp_path / 'b.yaml'}: not readable as YAML")
    assert asked("calendar", "almaty", "--contract", "WO-3001").stderr == "There is no contract WO-3001.\n"


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_what_was_stored_before_the_server_went_away_is_told(tmp_path: Path, as_json: tuple[str, ...]) -> None:
    for number in ("WO-1", "WO-2"):
        (tmp_path / f"{number}.yaml").write_text(f"number: {number}\n")

    async def load() -> CompletedProcess[str]:
        stored: list[str] = []

        async def says(heard: raw_http.Heard, writer: asyncio.StreamWriter) -> None:
            if not stored:
                stored.append(heard.target)
                writer.write(raw_http.answer(201, b"{}"))

        async with raw_http.listening(says) as port:
            url = f"http://127.0.0.1:{port}"
            words = ("contracts", "load", str(tmp_path), *as_json)
            return await asyncio.to_thread(lambda: critsit(*words, url=url, CRITSIT_KEY="x"))

    done = asyncio.run(load())
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    if as_json:
        assert [(one["path"], one["ok"]) for one in json.loads(done.stdout)] == [("/v1/contracts/WO-1", True)]
        assert json.loads(done.stderr)["exit"] == 3
    else:
        assert done.stdout == "/v1/contracts/WO-1: stored\n"
        assert "can't be reached" in done.stderr


@pytest.mark.parametrize(
    ("roster", "sentence"),
    [
        ("people: 5\n", "people is no list"),
        ("people: {id: x}\n", "people is no list"),
        ("contacts: []\n", "is no roster"),
        ("people:\n  - {name: Ana}\n", "something for /v1/people has no id"),
        ("people:\n  - {id: x, name: .nan}\n", "can't be sent as JSON"),
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


def test_people_are_stored_and_again_without_a_change(asked: Asked) -> None:
    before = asked("audit", "changes", "--json").stdout
    done = asked("people", "load", "examples/people")
    assert (done.returncode, done.stderr) == (0, "")
    assert "/v1/people/cm-ana: stored\n" in done.stdout
    assert asked("audit", "changes", "--json").stdout == before
