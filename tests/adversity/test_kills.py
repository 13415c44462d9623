"""`kill -9` of the whole process under load, again and again: what got a 201 is there, is decided once, and was paged.

The oracle is the client's own list of answers against the records and the mailbox.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.harness.postgres import free_port

pytestmark = [pytest.mark.timeout(280), pytest.mark.slow]
ROUNDS = 20
KEY = "adversity"


class Critsit:
    """All four stages in one process on one data folder, to be killed and started again."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.client = httpx2.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"Authorization": f"Bearer {KEY}"}, timeout=10
        )

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "critsit", "up", "--port", str(self.port),
             "--data", str(self.data), "--demo"],
            env=os.environ | {"CRITSIT_ADMIN_KEY": KEY, "CRITSIT_LOG_LEVEL": "error"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(httpx2.TransportError):
                ready = self.client.get("/readyz").status_code == 200
                if ready and self.client.get("/v1/roster").json()["on_call"][0]["people"]:
                    return
            time.sleep(0.05)
        raise TimeoutError("critsit does not become ready")

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(30)


@pytest.fixture
def critsit(tmp_path: Path) -> Iterator[Critsit]:
    running = Critsit(tmp_path / "data")
    running.start()
    yield running
    running.client.close()
    if running.process is not None and running.process.poll() is None:
        running.stop()


def _report(impact: str) -> dict[str, Any]:
    return {
        "contract": "WO-1001", "channel": "portal", "portal": "azure-portal", "impact": impact, "title": "killed",
        "reporter": {"name": "Aigerim S.", "email": "aigerim@steppe.example"}, "product": "azure/virtual-machines",
    }  # fmt: skip


def test_what_got_a_201_survives_every_kill_is_decided_once_and_paged(critsit: Critsit) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    taken: dict[str, tuple[str, dict[str, Any]]] = {}
    for _ in range(ROUNDS):
        dies_at = time.monotonic() + chance.uniform(0.2, 1.2)
        while time.monotonic() < dies_at:
            key, body = str(uuid.uuid4()), _report(chance.choice(["critical_down", "moderate", "minimal"]))
            answer = critsit.client.post("/v1/incidents", json=body, headers={"Idempotency-Key": key})
            assert answer.status_code == 201, answer.text
            taken[key] = (answer.json()["id"], body)
        critsit.kill()
        critsit.start()
    for key, (id_, body) in list(taken.items())[:: max(1, len(taken) // 20)]:
        again = critsit.client.post("/v1/incidents", json=body, headers={"Idempotency-Key": key})
        assert (again.status_code, again.json()["id"]) == (200, id_)
    _settled(critsit, {id_ for id_, _ in taken.values()})
    for id_, body in taken.values():
        record = critsit.client.get(f"/v1/incidents/{id_}").json()
        facts = critsit.client.get(f"/v1/incidents/{id_}/timeline").json()["items"]
        kinds = [fact["type"] for fact in facts]
        assert kinds.count("incident.reported") == 1
        assert kinds.count("incident.routed") == 1, (id_, kinds)
        assert any(clock["name"] == "first_response" for clock in record["clocks"])
        if body["impact"] == "critical_down":
            mail = critsit.client.get("/v1/mailbox", params={"incident": id_}).json()["items"]
            assert any(item["to"] == record["crisis_manager"]["id"] for item in mail), (id_, record["crisis_manager"])
    for stage in ("intake", "router", "escalation", "notifier"):
        assert critsit.client.get(f"/v1/{stage}/dead-letters").json()["items"] == []
    assert critsit.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT])
def test_critsit_starts_its_postgresql_again_and_nothing_that_got_a_201_is_gone(
    critsit: Critsit, number: signal.Signals
) -> None:
    taken = [critsit.client.post("/v1/incidents", json=_report("critical_down")).json()["id"] for _ in range(5)]
    os.kill(int((critsit.data / "postgres" / "postmaster.pid").read_text().split()[0]), number)
    end = time.monotonic() + 60
    while (answer := critsit.client.post("/v1/incidents", json=_report("critical_down"))).status_code != 201:
        assert (answer.status_code, time.monotonic() < end) == (503, True), answer.text
        time.sleep(0.05)
    taken.append(answer.json()["id"])
    _settled(critsit, set(taken))
    assert critsit.stop() == 0


def _settled(critsit: Critsit, ids: set[str]) -> None:
    """Wait until everything is decided, and the crisis managers' pages have left."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        waiting = 0
        for id_ in ids:
            answer = critsit.client.get(f"/v1/incidents/{id_}")
            # What a killed PostgreSQL leaves behind may still take a report, and is gone a moment later.
            assert answer.status_code in (200, 503), answer.text
            if answer.status_code == 503:
                waiting += 1
                continue
            record = answer.json()
            paged = not record["executives"] or any(
                page["for"] == "crisis-manager" and page["attempt_count"] for page in record["pages"]
            )
            waiting += not (record["severity"] and record["clocks"] and paged)
        if not waiting:
            return
        time.sleep(0.3)
    raise TimeoutError(f"{waiting} incidents are not settled")
