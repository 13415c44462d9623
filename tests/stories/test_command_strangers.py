"""The commands where something answers that is no critsit, or a broken one.

Each ends with 3 and a sentence; nothing is taken for done, and whatever is answered, there is no trace.
"""

from __future__ import annotations

import asyncio
import json

import pytest
from typer.testing import CliRunner, Result

from critsit.main import app
from tests.harness import raw_http

pytestmark = pytest.mark.timeout(60)
REPORT = json.dumps({"impact": "minimal", "title": "A question", "reporter": {"name": "Aigerim S."}})
JSON, HTML = {"Content-Type": "application/json"}, {"Content-Type": "text/html"}
PROBLEM, STREAM = {"Content-Type": "application/problem+json"}, {"Content-Type": "text/event-stream"}
ASKS = [
    ("contracts", "load", "examples/contracts"),
    ("people", "load", "examples/people"),
    ("report", "-"),
    ("explain", "INC-000001"),
    ("replay", "INC-000001"),
    ("simulate", "-"),
    ("demo",),
    ("tail", "--once"),
    ("tail",),
    ("calendar", "almaty"),
    ("calendar", "almaty", "--contract", "WO-1001"),
    ("attainment",),
    ("attainment", "--csv"),
    ("keys", "create", "wall", "--scope", "view"),
    ("keys", "list"),
    ("keys", "revoke", "1"),
    ("dead", "list"),
    ("dead", "show", "intake", "1"),
    ("dead", "replay", "intake", "1"),
    ("dead", "discard", "intake", "1", "--reason", "why"),
    ("audit", "verify"),
    ("audit", "changes"),
    ("explain", "INC-000001", "--json"),
    ("tail", "--json"),
]
ANSWERS = {
    "a page that is not there": raw_http.answer(404, b"<html>Not found</html>", HTML),
    "a page": raw_http.answer(200, b"<html>It works!</html>", HTML),
    "a broken proxy": raw_http.answer(500, b"<html>Oh</html>", HTML),
    "a broken critsit": raw_http.answer(500, b'{"title": "Broken", "status": 500}', PROBLEM),
    "another address": raw_http.answer(301, b"", {"Location": "https://elsewhere.example/"}),
    "neither": raw_http.answer(304),
    "a refusal of something else": raw_http.answer(404, b'{"message": "no such API"}', JSON),
    "a refusal that is none": raw_http.answer(422, b'{"title": "No", "errors": [5]}', PROBLEM),
    "a list": raw_http.answer(200, b"[1, 2]", JSON),
    "an object of something else": raw_http.answer(200, b'{"status": "ok"}', JSON),
    "a list of something else": raw_http.answer(201, b'{"items": [1], "next": null}', JSON),
    "null": raw_http.answer(200, b"null", JSON),
    "nothing": raw_http.answer(200, b"", JSON),
    "nothing at all": raw_http.answer(200),
    "half a character": raw_http.answer(200, b'{"items": ["\\ud800"]}', JSON),
    "no text": raw_http.answer(200, b"\xff", JSON),
    "what is too deep": raw_http.answer(200, b"[" * 5_000, JSON),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_is_no_answer_of_critsit_ends_every_command_with_3(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for words in ASKS:
        given = json.dumps({"incident": {"contract": "WO-1001"}}) if words[0] == "simulate" else REPORT
        done = _asks(words, ANSWERS[answer], monkeypatch, given)
        assert (done.exit_code, done.stdout) == (3, ""), (words, done.output, done.exception)
        assert done.stderr.count("\n") == 1, (words, done.stderr)


def test_of_many_reports_none_is_taken_for_done_that_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = raw_http.answer(200, b'{"items": []}', JSON)
    done = _asks(("report", "-"), answer, monkeypatch, f"[{REPORT}]")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "is no critsit: of 1 reports it answers 0" in done.stderr


def test_a_stream_of_something_else_is_no_critsits(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (b"hello", b"[1]", b'{"at": 5}'):
        done = _asks(("tail",), raw_http.answer(200, b"data: " + data + b"\n\n", STREAM), monkeypatch)
        assert (done.exit_code, done.stdout) == (3, "")
        assert "is no critsit: its stream tells something else" in done.stderr


def test_a_refusal_of_critsit_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    for status, code in ((404, 1), (409, 1), (422, 1), (401, 2), (403, 2)):
        refused = raw_http.answer(status, b'{"title": "No", "detail": "Not this one."}', PROBLEM)
        for words in (("explain", "INC-1"), ("attainment", "--csv"), ("tail",), ("keys", "revoke", "1")):
            done = _asks(words, refused, monkeypatch)
            assert (done.exit_code, done.stdout, done.stderr) == (code, "", "Not this one.\n")


def test_demo_reports_nothing_where_the_examples_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("critsit.demo.PATIENCE", 0.5)
    answer = raw_http.answer(200, b'{"items": [], "next": null}', JSON)
    done = _asks(("demo",), answer, monkeypatch)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "The example contract WO-1001 is not there: `critsit up --demo` loads it (make run).\n"


def _asks(words: tuple[str, ...], answer: bytes, monkeypatch: pytest.MonkeyPatch, given: str = "") -> Result:
    """Run a command against what answers this to everything."""

    async def says(heard: raw_http.Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    async def ask() -> Result:
        async with raw_http.listening(says) as port:
            monkeypatch.setenv("CRITSIT_URL", f"http://127.0.0.1:{port}")
            monkeypatch.setenv("CRITSIT_KEY", "x")
            return await asyncio.to_thread(lambda: CliRunner().invoke(app, words, given))

    return asyncio.run(ask())
