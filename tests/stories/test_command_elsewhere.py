"""The commands where no critsit answers: nobody does, or something else, or it goes away in between.

Each ends with 3 and a sentence; nothing is taken for done that was not.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.harness import raw_http
from tests.harness.postgres import free_port
from tests.harness.up import critsit

pytestmark = [pytest.mark.timeout(60), pytest.mark.slow]
JSON = {"Content-Type": "application/json"}
REPORT = json.dumps({"impact": "minimal", "title": "A question", "reporter": {"name": "Aigerim S."}})
RECORD = {
    "id": "1", "number": "INC-7", "severity": None, "service": None, "queue": None, "coverage": None,
    "crisis_manager": None, "flags": [], "because": [], "clocks": [], "pages": [],
}  # fmt: skip
ASKS = [
    ("contracts", "load", "examples/contracts"),
    ("people", "load", "examples/people"),
    ("report", "-"),
    ("explain", "INC-000001"),
    ("replay", "INC-000001"),
    ("dead", "list"),
    ("calendar", "almaty"),
    ("attainment",),
    ("audit", "verify"),
    ("demo",),
]


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_what_was_stored_before_the_server_went_away_is_told(tmp_path: Path, as_json: tuple[str, ...]) -> None:
    for number in ("WO-1", "WO-2"):
        (tmp_path / f"{number}.yaml").write_text(f"number: {number}\n")

    async def load() -> CompletedProcess[str]:
        stored: list[str] = []

        async def says(heard: raw_http.Heard, writer: asyncio.StreamWriter) -> None:
            if heard.target == "/v1/contracts:check":
                writer.write(raw_http.answer(200, b'{"ok": true, "faults": []}', JSON))
            elif not stored:
                stored.append(heard.target)
                writer.write(raw_http.answer(201, b"{}", JSON))

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


def test_what_is_refused_when_it_is_put_is_told_with_its_file_and_hurts_no_other(tmp_path: Path) -> None:
    for number in ("WO-1", "WO-2"):
        (tmp_path / f"{number}.yaml").write_text(f"number: {number}\n")
    sound = raw_http.answer(200, b'{"faults": []}', JSON)
    problem = {"Content-Type": "application/problem+json"}
    refused = raw_http.answer(422, b'{"title": "No", "detail": "Not this one."}', problem)
    done = _asks(("contracts", "load", str(tmp_path)), sound, sound, refused, raw_http.answer(201, b"{}", JSON))
    assert (done.returncode, done.stderr) == (1, f"{tmp_path / 'WO-1.yaml'}: Not this one.\n")
    assert done.stdout == "/v1/contracts/WO-1: refused\n/v1/contracts/WO-2: stored\n"


@pytest.mark.parametrize("words", ASKS)
def test_where_nothing_answers_it_is_3(words: tuple[str, ...]) -> None:
    nobody = critsit(*words, url=f"http://127.0.0.1:{free_port()}", given=REPORT, CRITSIT_KEY="x")
    assert (nobody.returncode, nobody.stdout, "Traceback" in nobody.stderr) == (3, "", False), nobody.stderr
    assert "can't be reached" in nobody.stderr


@pytest.mark.parametrize("words", ASKS)
def test_what_is_no_critsit_is_not_taken_for_one(words: tuple[str, ...]) -> None:
    other = _asks(words, raw_http.answer(200, b"<html>It works!</html>"))
    assert (other.returncode, other.stdout) == (3, ""), other.stderr
    assert "is no critsit" in other.stderr


def test_an_answer_that_points_elsewhere_is_named_and_not_followed_with_the_key() -> None:
    other = _asks(("keys", "list"), raw_http.answer(302, headers={"Location": "https://elsewhere.example/"}))
    assert (other.returncode, other.stdout) == (3, "")
    assert "points to https://elsewhere.example/" in other.stderr


def test_a_proxy_that_names_a_date_to_come_again_is_asked_again_all_the_same() -> None:
    later = raw_http.answer(503, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})
    done = _asks(("keys", "list"), later, raw_http.answer(200, b'{"items": [], "next": null}', JSON))
    assert (done.returncode, done.stdout) == (0, "There are no keys but the admin key.\n"), done.stderr


@pytest.mark.parametrize("name", ["CRITSIT_KEY", "CRITSIT_ADMIN_KEY"])
@pytest.mark.parametrize("key", ["{}\r", "{}\n", "{} ", " {}", "{}\x1b[2J", "{}\tx", "{}ключ"])
def test_a_key_that_none_can_be_is_named_and_not_told(name: str, key: str) -> None:
    for words in (("keys", "list"), ("tail",), ("keys", "list", "--json"), ("tail", "--json")):
        done = critsit(*words, url=f"http://127.0.0.1:{free_port()}", **{name: key.format("crk_verysecret")})
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert f"{name} holds what no key can" in done.stderr
        assert "verysecret" not in done.stderr


def test_an_address_holds_no_user_no_password_and_no_line_end() -> None:
    for url, sentence in (
        ("http://u:verysecret@127.0.0.1", "may hold no user and no password"),
        ("u:verysecret@127.0.0.1", "may hold no user and no password"),
        ("http://127.0.0.1:8080\r", "CRITSIT_URL is 'http://127.0.0.1:8080\\r', which is no address"),
        ("127.0.0.1:8080", "which is no address"),
    ):
        done = critsit("keys", "list", url=url, CRITSIT_KEY="x")
        assert (done.returncode, done.stdout) == (2, "")
        assert sentence in done.stderr
        assert "verysecret" not in done.stderr


def test_what_was_taken_is_told_where_stdout_can_not_be_written() -> None:
    record = json.dumps(RECORD).encode()
    for answer, given, words in (
        (record, REPORT, ("report", "-")),
        (record, REPORT, ("report", "-", "--json")),
        (b'{"items": [{"incident": %s, "problem": null}]}' % record, f"[{REPORT}]", ("report", "-")),
        (b'{"id": "INC-7", "key": "crk_1"}', REPORT, ("keys", "create", "wall", "--scope", "view")),
    ):
        done = _asks(words, raw_http.answer(201, answer, JSON), given=given, stdout="/dev/full")
        assert done.returncode == 3
        taken, said = done.stderr.splitlines()
        assert "INC-7" in taken
        assert "It can't be written: No space left on device." in said


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_a_sentence(unbuffered: str) -> None:
    for words in (("check", "examples/contracts"), ("check", "examples/contracts", "--json"), ("--help",)):
        done = critsit(*words, stdout="/dev/full", PYTHONUNBUFFERED=unbuffered)
        assert done.returncode == 3
        assert "It can't be written: No space left on device." in done.stderr
        assert done.stderr.count("\n") == 1


def _asks(
    words: tuple[str, ...], *answers: bytes, given: str = REPORT, stdout: str | None = None
) -> CompletedProcess[str]:
    """Run a command against what answers this in turn, and the last of it for ever."""
    left = list(answers)

    async def says(heard: raw_http.Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])

    async def ask() -> CompletedProcess[str]:
        async with raw_http.listening(says) as port:
            url = f"http://127.0.0.1:{port}"
            return await asyncio.to_thread(
                lambda: critsit(*words, url=url, given=given, stdout=stdout, CRITSIT_KEY="x")
            )

    done = asyncio.run(ask())
    assert "Traceback" not in done.stderr, done.stderr
    return done
