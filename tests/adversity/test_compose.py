"""docker-compose.yml is tried without Docker: its commands, environments and health checks, on real parts.

An incident goes in at intake's port and comes out as a mail; each stage has only its own role's rights.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from tests.harness.compose import ROOT, Compose, read
from tests.harness.kafka import KafkaServer
from tests.harness.postgres import PostgresServer, sql
from tests.harness.smtp import MailServer, mail_server

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(280)]
STAGES = ("intake", "router", "escalation", "notifier")
KEY = "compose-key"
SECRETS = {
    "CRITSIT_ADMIN_KEY": KEY, "POSTGRES_PASSWORD": "admin-word", "INTAKE_DB_PASSWORD": "intake-word",
    "ROUTER_DB_PASSWORD": "router-word", "ESCALATION_DB_PASSWORD": "escalation-word",
    "NOTIFIER_DB_PASSWORD": "notifier-word",
}  # fmt: skip


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
def guarded_postgres(durable_postgres: PostgresServer) -> PostgresServer:
    """As the image has it: an administrator `critsit`, and nobody without a password."""
    sql(durable_postgres.url, f"create role critsit superuser login password '{SECRETS['POSTGRES_PASSWORD']}'")
    rules = durable_postgres.folder / "pg_hba.conf"
    rules.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n", "utf-8")
    durable_postgres.restart()
    return durable_postgres


@pytest.fixture
async def compose(
    guarded_postgres: PostgresServer, own_kafka: KafkaServer, mail: MailServer, tmp_path: Path
) -> AsyncIterator[Compose]:
    places = {"postgres:5432": guarded_postgres.port, "kafka:9092": own_kafka.port, "mail:1025": mail.port}
    running = Compose(read(SECRETS), places, tmp_path)
    yield running
    await running.stop()


async def _until(holds: Callable[[], Awaitable[Any]], within: float = 20) -> Any:
    """What `holds` answers as soon as it is true."""
    async with asyncio.timeout(within):
        while not (found := await holds()):  # noqa: ASYNC110 - other processes ring no bell here
            await asyncio.sleep(0.05)
    return found


async def _command(url: str, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "critsit", *words, cwd=ROOT,
        env=os.environ | {"CRITSIT_URL": url, "CRITSIT_KEY": KEY}, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await process.wait() == 0


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="Prometheus is not installed (Debian: prometheus)")
async def test_what_the_file_describes_works_from_the_report_to_the_mail(compose: Compose, mail: MailServer) -> None:
    for job in ("migrate", "roles", "topics"):
        assert await compose.completed(job) == 0, compose.said(job)
    for stage in STAGES:
        await compose.start(stage)
    for stage in STAGES:
        await compose.healthy(stage)
    await _command(compose.url("router"), "people", "load", "examples/people")
    await _command(compose.url("router"), "contracts", "load", "examples/contracts")

    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}, timeout=10) as client:
        intake, notifier = compose.url("intake"), compose.url("notifier")

        async def record() -> dict[str, Any]:
            found: dict[str, Any] = (await client.get(f"{intake}/v1/incidents/{number}")).json()
            return found

        answer = await client.post(
            f"{intake}/v1/incidents",
            json={
                "contract": "WO-1001", "channel": "portal", "portal": "azure-portal", "impact": "critical_down",
                "product": "azure/virtual-machines", "title": "All VMs down",
                "reporter": {"name": "Aigerim S.", "email": "aigerim@steppe.example"},
            },
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        number = answer.json()["number"]

        async def paged() -> list[dict[str, Any]]:
            pages = (await record())["pages"]
            return [page for page in pages if page["for"] == "crisis-manager" and page["attempt_count"]]

        (page, *_) = await _until(paged)
        decided = await record()
        assert (decided["severity"], decided["queue"]) == ("1", "rapid-response")
        assert page["to"] == decided["crisis_manager"]["id"]

        async def mailed() -> bool:
            return any(number in str(one["subject"]) for one in mail.mails)

        await _until(mailed)
        done = await client.post(f"{notifier}/v1/pages/{page['id']}/acknowledgement", json={"by": page["to"]})
        assert done.status_code == 200, done.text

        async def met() -> bool:
            return any(c["name"] == "crisis_manager" and c["state"] == "met" for c in (await record())["clocks"])

        await _until(met)
        await _kafka_carried(client, compose)
        await _prometheus_sees_all_four(client, compose)
    await _roles_are_kept(compose)
    assert await compose.stop() == {**dict.fromkeys(STAGES, 0), "prometheus": 0}


async def _kafka_carried(client: httpx2.AsyncClient, compose: Compose) -> None:
    """Not only the log: every stage's relay has published."""
    for stage in STAGES:
        lines = (await client.get(f"{compose.url(stage)}/metrics")).text.splitlines()
        (relayed,) = [line for line in lines if line.startswith(f'critsit_events_relayed_total{{stage="{stage}"')]
        assert float(relayed.split()[-1]) > 0, stage


async def _prometheus_sees_all_four(client: httpx2.AsyncClient, compose: Compose) -> None:
    config = compose.services["prometheus"]["command"]
    config.append(f"--web.listen-address=127.0.0.1:{compose.places['prometheus:9090']}")
    await compose.start("prometheus")
    asked = compose.url("prometheus")

    async def up() -> bool:
        try:
            answer = await client.get(f"{asked}/api/v1/targets")
        except httpx2.TransportError:
            return False
        if answer.status_code != 200:
            return False  # it is starting
        targets = answer.json()["data"]["activeTargets"]
        return len(targets) == 4 and all(target["health"] == "up" for target in targets)

    await _until(up, within=60)

    async def query(words: str) -> list[dict[str, Any]]:
        answer = await client.get(f"{asked}/api/v1/query", params={"query": words})
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found

    beats = await query("critsit_loop_last_step_timestamp_seconds > 0")
    assert {one["metric"]["stage"] for one in beats} == set(STAGES)
    held = await query("critsit_invariant")
    assert {"escalation", "notifier"} <= {one["metric"]["stage"] for one in held}
    assert [one for one in held if one["value"][1] != "0"] == []
    rules = (await client.get(f"{asked}/api/v1/rules")).json()["data"]["groups"][0]["rules"]
    assert {rule["health"] for rule in rules} <= {"ok", "unknown"}


async def _roles_are_kept(compose: Compose) -> None:
    """The notifier's role reads intake's log, and not its incidents; without its password it gets in nowhere."""
    place = f"127.0.0.1:{compose.places['postgres:5432']}/critsit"
    connection = await asyncpg.connect(f"postgresql://notifier:{SECRETS['NOTIFIER_DB_PASSWORD']}@{place}")
    assert await connection.fetchval("select count(*) from intake.outbox") > 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetch("select * from intake.incident")
    await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://notifier:wrong@{place}")
