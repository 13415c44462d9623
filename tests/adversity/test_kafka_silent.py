"""A Kafka that takes connections and never says a word: critsit starts, pages and ends as if there were none.

Needs no Kafka: what answers nothing is easily had.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.harness.postgres import free_port

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]
KEY = "silence"


@pytest.fixture
async def silence() -> AsyncIterator[str]:
    """Where something listens that keeps every connection and answers nothing."""
    kept: list[asyncio.StreamWriter] = []

    async def keep(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept.append(writer)

    server = await asyncio.start_server(keep, "127.0.0.1", 0)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    for writer in kept:
        writer.transport.abort()


@pytest.fixture
async def critsit(silence: str, tmp_path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """All four stages in one process, with that for a Kafka; it and its address."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRITSIT")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "critsit", "up", "--port", str(port), "--data", str(tmp_path / "data"),
        "--demo", env=kept | {"CRITSIT_ADMIN_KEY": KEY, "CRITSIT_KAFKA": silence, "CRITSIT_LOG_LEVEL": "error"},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    yield process, f"http://127.0.0.1:{port}"
    if process.returncode is None:
        process.kill()
        await process.wait()


async def test_a_kafka_that_answers_nothing_hinders_neither_start_nor_page_nor_end(
    critsit: tuple[asyncio.subprocess.Process, str],
) -> None:
    process, url = critsit
    async with httpx2.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {KEY}"}, timeout=10) as client:

        async def there(path: str) -> bool:
            try:
                answer = await client.get(path)
            except httpx2.TransportError:
                return False
            if answer.status_code != 200:
                return False
            found = answer.json()
            return bool(found.get("items", True)) and bool(found.get("on_call", [{"people": True}])[0]["people"])

        async def until(path: str, within: float) -> float:
            began = time.monotonic()
            async with asyncio.timeout(within):
                while not await there(path):  # noqa: ASYNC110 - another process rings no bell here
                    await asyncio.sleep(0.05)
            return time.monotonic() - began

        await until("/readyz", 60)
        await until("/v1/roster", 20)
        answer = await client.post("/v1/incidents", json=_REPORT)
        assert answer.status_code == 201, answer.text
        await until(f"/v1/mailbox?incident={answer.json()['id']}", 10)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 40) == 0
    assert time.monotonic() - began < 15


_REPORT = {
    "contract": "WO-1001", "channel": "portal", "portal": "azure-portal", "impact": "critical_down", "title": "It is down",
    "reporter": {"name": "Aigerim S.", "email": "aigerim@steppe.example"}, "product": "azure/virtual-machines",
}  # fmt: skip
