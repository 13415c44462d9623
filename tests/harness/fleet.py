"""The four stages as processes of their own, to be killed, frozen and started again, and a caller who keeps a list.

The oracle is the caller's own list of 201s against the records, the pages and the mailbox.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from backbone import STAGES
from tests.harness.postgres import free_port

ROOT = Path(__file__).parents[2]
KEY = "fleet-key"


@dataclass
class Fleet:
    """Processes by name: a stage's, or `stage.2` for a second replica. Their lines go to files of their names."""

    database: str
    folder: Path
    kafka: str | None = None
    topic_prefix: str = "critsit"
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    client: httpx2.AsyncClient = field(default_factory=lambda: httpx2.AsyncClient(timeout=10, headers=_HEADERS))

    def url(self, name: str) -> str:
        """Where a process listens."""
        return f"http://127.0.0.1:{self.ports.setdefault(name, free_port())}"

    async def command(self, *words: str) -> None:
        """Run a command of critsit's to its end."""
        process = await self._run(*words, log="commands")
        assert await asyncio.wait_for(process.wait(), 60) == 0, (words, self.said("commands")[-2000:])

    async def launch(self, name: str) -> None:
        """Start a process, whether it is there at once or not."""
        self.url(name)
        words = ("serve", name.partition(".")[0], "--host", "127.0.0.1", "--port", str(self.ports[name]))
        self.processes[name] = await self._run(*words, log=name)

    async def start(self, *names: str) -> None:
        """Start processes, and wait until each is ready."""
        for name in names:
            await self.launch(name)
        for name in names:
            await self.ready(name)

    async def ready(self, name: str, within: float = 60) -> None:
        """Wait until a process says that it is ready."""
        await self._answers(name, "/readyz", within)

    async def _answers(self, name: str, path: str, within: float) -> None:
        end = time.monotonic() + within
        while time.monotonic() < end:
            try:
                if (await self.client.get(f"{self.url(name)}{path}")).status_code == 200:
                    return
            except httpx2.TransportError:
                code = self.processes[name].returncode
                assert code is None, (name, code, self.said(name)[-2000:])
            await asyncio.sleep(0.05)
        raise TimeoutError(f"{name} does not say so at {path}: {self.said(name)[-2000:]}")

    async def alive(self, name: str) -> None:
        """Wait until a process says that it lives, ready or not."""
        await self._answers(name, "/livez", 30)

    async def furnish(self) -> None:
        """Load the examples: contracts, and people on call at every hour."""
        await self.command("people", "load", "examples/people")
        await self.command("contracts", "load", "examples/contracts")

    async def kill(self, name: str) -> None:
        """SIGKILL."""
        self.processes[name].send_signal(signal.SIGKILL)
        await self.processes.pop(name).wait()

    def freeze(self, name: str) -> None:
        """SIGSTOP: it hangs, and its connections stay open."""
        self.processes[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """SIGCONT."""
        self.processes[name].send_signal(signal.SIGCONT)

    async def stop(self) -> dict[str, int]:
        """Halt all, for good; their exit codes."""
        codes = await self.halt()
        await self.client.aclose()
        return codes

    async def halt(self) -> dict[str, int]:
        """SIGTERM to all; their exit codes."""
        for process in self.processes.values():
            if process.returncode is None:
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
        codes = {}
        for name, process in self.processes.items():
            try:
                codes[name] = await asyncio.wait_for(process.wait(), 30)
            except TimeoutError:
                process.kill()
                codes[name] = await process.wait()
        self.processes.clear()
        return codes

    def said(self, name: str) -> str:
        """What a process has printed."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    async def _run(self, *words: str, log: str) -> asyncio.subprocess.Process:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("CRITSIT", "PG")) and k != "CI"}
        given = {
            "CRITSIT_DATABASE_URL": self.database, "CRITSIT_ADMIN_KEY": KEY, "CRITSIT_MAILBOX": "true",
            "CRITSIT_TOPIC_PREFIX": self.topic_prefix, "CRITSIT_URL": self.url("router"), "CRITSIT_LOG_LEVEL": "warning",
        } | ({"CRITSIT_KAFKA": self.kafka} if self.kafka else {})  # fmt: skip
        with (self.folder / f"{log}.log").open("ab") as lines:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-W", "ignore", "-m", "critsit", *words, cwd=ROOT, env=kept | given,
                stdin=asyncio.subprocess.DEVNULL, stdout=lines, stderr=lines,
            )  # fmt: skip


_HEADERS = {"Authorization": f"Bearer {KEY}"}


@dataclass
class Caller:
    """Reports incidents one after the other, and keeps what it was told. What is not known to be taken it repeats.

    `taken` is id → (key, body, seconds until the answer); `refused` counts answers of 503, `cut` lines that broke.
    """

    fleet: Fleet
    chance: random.Random
    urgent: float = 0.3
    taken: dict[str, tuple[str, dict[str, Any], float]] = field(default_factory=dict)
    refused: int = 0
    cut: int = 0

    async def reports(self, seconds: float, pause: float = 0.02) -> None:
        """Report for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await self.report("critical_down" if self.chance.random() < self.urgent else "moderate")
            await asyncio.sleep(pause)

    async def report(self, impact: str, within: float = 60) -> str:
        """Report one, again and again until it is known to be taken; its id."""
        key, body, began = str(uuid.uuid4()), _report(impact), time.monotonic()
        while time.monotonic() < began + within:
            asked = time.monotonic()
            try:
                answer = await self.fleet.client.post(
                    f"{self.fleet.url('intake')}/v1/incidents", json=body, headers={"Idempotency-Key": key}
                )
            except httpx2.TransportError:
                self.cut += 1
            else:
                if answer.status_code in (200, 201):
                    id_ = str(answer.json()["id"])
                    self.taken[id_] = (key, body, time.monotonic() - asked)
                    return id_
                assert answer.status_code == 503, answer.text
                assert answer.headers["retry-after"]
                self.refused += 1
            await asyncio.sleep(0.1)
        raise TimeoutError("intake takes nothing")

    def crises(self) -> list[str]:
        """The ids at severity 1."""
        return [id_ for id_, (_, body, _) in self.taken.items() if body["impact"] == "critical_down"]

    async def settled(self, ids: Iterable[str] | None = None, within: float = 60) -> float:
        """Wait until all is decided, has its clocks, and its crisis manager's page has left; the seconds it took."""
        began, waiting = time.monotonic(), set(self.taken if ids is None else ids)
        while time.monotonic() < began + within:
            for id_ in list(waiting):
                if _is_settled(await self._get("intake", f"/v1/incidents/{id_}")):
                    waiting.discard(id_)
            if not waiting:
                return time.monotonic() - began
            await asyncio.sleep(0.1)
        raise TimeoutError(f"{len(waiting)} of {len(self.taken)} are not settled: {sorted(waiting)[:3]}")

    async def nothing_is_lost_or_twice(self) -> None:
        """Every 201 is there once, routed once, has its clocks; each crisis manager was paged, nobody by two pages."""
        for id_, (_, body, _) in self.taken.items():
            record = await self._get("intake", f"/v1/incidents/{id_}")
            facts = (await self._get("intake", f"/v1/incidents/{id_}/timeline?limit=200"))["items"]
            kinds = Counter(fact["type"] for fact in facts)
            assert (kinds["incident.reported"], kinds["incident.routed"]) == (1, 1), (id_, kinds)
            assert any(clock["name"] == "first_response" for clock in record["clocks"]), id_
            if body["impact"] != "critical_down":
                continue
            mail = (await self._get("notifier", f"/v1/mailbox?incident={id_}&limit=200"))["items"]
            manager = record["crisis_manager"]["id"]
            assert any(item["to"] == manager for item in mail), (id_, manager, mail)
            pages = (await self._get("notifier", f"/v1/pages?incident={id_}&limit=200"))["items"]
            asked = Counter((page["for"], page["to"]) for page in pages)
            assert max(asked.values()) == 1, (id_, asked)
        for key, body, id_ in [(key, body, id_) for id_, (key, body, _) in list(self.taken.items())[::20]]:
            again = await self.fleet.client.post(
                f"{self.fleet.url('intake')}/v1/incidents", json=body, headers={"Idempotency-Key": key}
            )
            assert (again.status_code, again.json()["id"]) == (200, id_)
        for stage in STAGES:
            assert (await self._get(stage, f"/v1/{stage}/dead-letters"))["items"] == [], stage

    async def _get(self, name: str, path: str) -> Any:
        answer = await self.fleet.client.get(self.fleet.url(name) + path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()


def _report(impact: str) -> dict[str, Any]:
    return {
        "contract": "WO-1001", "channel": "portal", "portal": "azure-portal", "impact": impact, "title": "It is down",
        "reporter": {"name": "Aigerim S.", "email": "aigerim@steppe.example"}, "product": "azure/virtual-machines",
    }  # fmt: skip


def _is_settled(record: dict[str, Any]) -> bool:
    paged = record["impact"] != "critical_down" or any(
        page["for"] == "crisis-manager" and page["attempt_count"] for page in record["pages"]
    )
    return bool(record["severity"] and record["clocks"] and paged)
