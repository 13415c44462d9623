"""`critsit tail` against a running critsit: each fact once and in order, whatever becomes of the connection.

It ends when it is told to, or where it can't go on, and then says why.
"""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx2
import pytest

from tests.harness.postgres import free_port
from tests.harness.up import CRITSIT, ROOT, Up, bare, critsit
from tests.harness.wire import Wire

pytestmark = [pytest.mark.timeout(110), pytest.mark.slow]
CONNECTED = b": connected"


class Tail:
    """`critsit tail` as a process of its own; what it has not ended by itself is killed at the end of the block."""

    def __init__(self, *words: str, url: str, key: str) -> None:
        self.process = subprocess.Popen(
            [*CRITSIT, "tail", *words], text=True, cwd=ROOT, env=bare() | {"CRITSIT_URL": url, "CRITSIT_KEY": key},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=1,
        )  # fmt: skip
        self._lines: queue.Queue[str] = queue.Queue()
        self._said: queue.Queue[str] = queue.Queue()
        self._readers = [
            threading.Thread(target=_read, args=(stream, lines), daemon=True)
            for stream, lines in ((self.process.stdout, self._lines), (self.process.stderr, self._said))
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(timeout=20)
        for reader in self._readers:
            reader.join(timeout=20)

    def line(self) -> str:
        """The next line on stdout."""
        return self._lines.get(timeout=20)

    def until(self, type_: str, incident: str) -> list[dict[str, Any]]:
        """What it tells with --json, up to this fact."""
        told: list[dict[str, Any]] = []
        while not told or (told[-1]["event"], told[-1]["incident"]) != (type_, incident):
            told.append(json.loads(self.line()))
        return told

    def says(self) -> str:
        """The next line on stderr."""
        return self._said.get(timeout=20)

    def ends(self, number: signal.Signals | None = signal.SIGINT) -> int:
        """Its exit code, with nothing on stderr that was not read."""
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=20)
        self._readers[1].join(timeout=20)
        assert self._said.empty(), self._said.get()
        return code


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    one = Up(tmp_path_factory.mktemp("tail") / "data", "--port", "0")
    one.ready()
    yield one
    assert one.ends()[0] == 0


def test_over_a_restart_of_the_server_no_fact_is_lost_and_none_told_twice(tmp_path: Path) -> None:
    port = str(free_port())
    up = Up(tmp_path / "data", "--port", port)
    told = up.ready()
    with Tail("--json", "--last-event-id", "0", url=told["url"], key=told["key"]) as tail:
        facts = [fact for _ in range(2) for fact in tail.until("incident.routed", _reports(up))]
        assert up.ends(signal.SIGTERM)[0] == 0
        assert json.loads(tail.says()) == {"told": "The connection has ended; it is made again."}
        up = Up(tmp_path / "data", "--port", port)
        up.ready()
        facts += tail.until("incident.routed", _reports(up))
        assert tail.ends() == 0
    ids = [fact["id"] for fact in facts]
    assert ids == [fact["id"] for fact in _held(up, len(facts))]
    assert [fact["event"] for fact in facts].count("incident.reported") == 3
    assert up.ends()[0] == 0


def test_what_is_said_while_the_first_connection_is_broken_is_not_missed(up: Up) -> None:
    with Wire(_port(up)) as wire, Tail("--json", url=wire.url, key=up.told["key"]) as tail:
        wire.comes(CONNECTED)
        wire.cut()
        assert "it is made again" in tail.says()
        incident = _reports(up)
        wire.mend()
        facts = tail.until("incident.routed", incident)
        assert facts[0]["event"] == "incident.reported"
        assert {fact["incident"] for fact in facts} == {incident}
        assert tail.ends() == 0


def test_a_wire_that_breaks_again_and_again_loses_and_repeats_nothing(up: Up) -> None:
    facts: list[dict[str, Any]] = []
    with Wire(_port(up)) as wire, Tail("--json", url=wire.url, key=up.told["key"]) as tail:
        for times in range(1, 4):
            wire.comes(CONNECTED, times)
            facts += tail.until("incident.routed", _reports(up))
            wire.cut()
            assert "it is made again" in tail.says()
            incident = _reports(up)
            wire.mend()
            facts += tail.until("incident.routed", incident)
        assert tail.ends() == 0
    ids = [int(fact["id"]) for fact in facts]
    assert ids == sorted(set(ids))
    assert [fact["event"] for fact in facts].count("incident.reported") == 6


def test_a_key_that_is_revoked_while_it_follows_ends_it_with_a_sentence(up: Up) -> None:
    with _client(up) as client, Wire(_port(up)) as wire:
        made = client.post("/v1/keys", json={"name": "wall", "scopes": ["view"]}).json()
        with Tail(url=wire.url, key=made["key"]) as tail:
            wire.comes(CONNECTED)
            assert client.delete(f"/v1/keys/{made['id']}").status_code < 300
            wire.cut()
            assert "it is made again" in tail.says()
            wire.mend()
            assert tail.says() == "This key is not known here."
            assert tail.ends(None) == 2


def test_it_tells_in_words_what_it_is_asked_for_and_nothing_else(up: Up) -> None:
    wanted, other = _reports(up), _reports(up)
    with _client(up) as client:
        number = client.get(f"/v1/incidents/{wanted}").json()["number"]
    words = ("--incident", number, "--type", "incident.reported", "--type", "incident.routed", "--last-event-id", "0")
    with Tail(*words, url=up.told["url"], key=up.told["key"]) as tail:
        reported, routed = tail.line(), tail.line()
        assert tail.ends() == 0
    assert f"{wanted}  intake incident.reported by admin: Reported: A question" in reported
    assert f"{wanted}  router incident.routed" in routed
    assert other not in reported + routed


def test_who_reads_no_further_ends_it_without_a_trace(up: Up) -> None:
    _reports(up)
    for words in ((), ("--json",)):
        process = subprocess.Popen(
            [*CRITSIT, "tail", "--last-event-id", "0", *words], text=True, cwd=ROOT,
            env=bare() | {"CRITSIT_URL": up.told["url"], "CRITSIT_KEY": up.told["key"]},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdout.close()
        _reports(up)
        _, said = process.communicate(timeout=20)
        assert (process.returncode, said) == (0, "")


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (("--incident", "INC-999999"), 1, "INC-999999"),
        (("--last-event-id", "yesterday"), 1, "Last-Event-ID"),
    ],
)
def test_what_there_is_none_of_is_a_sentence(up: Up, words: tuple[str, ...], code: int, named: str) -> None:
    done = critsit("tail", *words, url=up.told["url"], CRITSIT_KEY=up.told["key"])
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (code, "", False)
    assert named in done.stderr
    told = critsit("tail", *words, "--json", url=up.told["url"], CRITSIT_KEY=up.told["key"])
    assert (told.returncode, json.loads(told.stderr)["exit"]) == (code, code)


def test_without_a_key_that_may_look_it_says_so(up: Up) -> None:
    unknown = critsit("tail", url=up.told["url"], CRITSIT_KEY="crk_nobody")
    assert (unknown.returncode, unknown.stdout, unknown.stderr) == (2, "", "This key is not known here.\n")
    with _client(up) as client:
        reports = client.post("/v1/keys", json={"name": "portal", "scopes": ["report"]}).json()["key"]
    may_not = critsit("tail", url=up.told["url"], CRITSIT_KEY=reports)
    assert (may_not.returncode, may_not.stdout) == (2, "")
    assert "lacks the scope" in may_not.stderr


def _read(stream: Any, lines: queue.Queue[str]) -> None:
    with stream:
        for line in stream:
            lines.put(line.rstrip("\n"))


def _port(up: Up) -> int:
    return int(up.told["url"].rpartition(":")[2])


def _client(up: Up) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {up.told['key']}"}
    return httpx2.Client(base_url=up.told["url"], headers=headers, timeout=20)


def _reports(up: Up) -> str:
    report = {"impact": "minimal", "title": "A question", "reporter": {"name": "Aigerim S."}}
    with _client(up) as client:
        return str(client.post("/v1/incidents", json=report).json()["id"])


def _held(up: Up, count: int) -> list[dict[str, Any]]:
    """The first facts that the server has, as it tells them itself."""
    with (
        _client(up) as client,
        client.stream("GET", "/v1/stream", headers={"Last-Event-ID": "0"}) as answer,
    ):
        found = []
        for event in httpx2.EventSource(answer):
            if event.data:
                found.append({"id": event.id, "event": event.event})
            if len(found) == count:
                break
    return found
