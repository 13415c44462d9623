"""What `make bench` prints: ratios within one run, against pgbench on the same PostgreSQL and a bare endpoint beside it.

Nothing here fails for being slow: the figures are printed, and what README quotes was printed here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx2
import pytest

from backbone.postgres import embedded
from backbone.postgres.cluster import binaries
from backbone.postgres.migrate import migrate
from services.calendar import calendar_of, deadline
from services.catalogue.parse import load
from services.contract.parse import parse
from services.decide import decide
from services.report import REPORT
from tests.bench.load import BODY
from tests.harness.postgres import free_port

pytestmark = [pytest.mark.timeout(600)]
ROOT = Path(__file__).parents[2]
KEY = "bench-key"
SECONDS = float(os.environ.get("BENCH_SECONDS", "8"))
#: How often what is compared is measured; the median counts.
ROUNDS = 5


def say(what: str, value: str) -> None:
    print(f"  {what:<58} {value}", flush=True)


@contextlib.contextmanager
def process(*args: str, ready: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own, until it answers at `ready`; ended afterwards."""
    running = subprocess.Popen(
        [sys.executable, "-W", "ignore", *args], cwd=ROOT, env=os.environ | env,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        end = time.monotonic() + 40
        while time.monotonic() < end:
            with contextlib.suppress(httpx2.TransportError):
                if httpx2.get(ready).status_code < 500:
                    break
            time.sleep(0.05)
        yield running
    finally:
        running.terminate()
        running.wait(30)


def loaded(port: int, connections: int, seconds: float = SECONDS) -> dict[str, float]:
    out = subprocess.run(
        [sys.executable, "-m", "tests.bench.load", str(port), "/v1/incidents", KEY, str(connections), str(seconds)],
        cwd=ROOT, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    found: dict[str, float] = json.loads(out.stdout)
    assert not found["errors"], found
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.EmbeddedPostgres]:
    running = embedded.start(tmp_path_factory.mktemp("bench"))
    migrate(running.url)
    yield running
    running.stop()


def pgbench(url: str, tmp: Path) -> float:
    """Single-row commits a second at 32 clients."""
    script = tmp / "insert.sql"
    script.write_text("insert into bench_row (body) values (repeat('x', 600));\n")
    table = "drop table if exists bench_row; create table bench_row (id bigserial primary key, body text)"
    subprocess.run([str(binaries() / "psql"), url, "-qc", f"set client_min_messages = error; {table}"], check=True)
    out = subprocess.run(
        [str(binaries() / "pgbench"), "-n", "-c", "32", "-j", "2", "-T", str(round(SECONDS / 2)), "-M", "prepared",
         "-f", str(script), url],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return float(next(line for line in out.stdout.splitlines() if line.startswith("tps")).split()[2])


def test_durable_accepts_against_pgbench_and_a_bare_endpoint(server: embedded.EmbeddedPostgres, tmp_path: Path) -> None:
    """Intake alone, one process, 600-byte bodies, unique keys."""
    print()
    port, bare_port = free_port(), free_port()
    env = {"CRITSIT_DATABASE_URL": server.url, "CRITSIT_ADMIN_KEY": KEY, "CRITSIT_LOG_LEVEL": "error"}
    serve = ("-m", "critsit", "serve", "intake", "--port", str(port))
    rounds: list[tuple[float, dict[str, float], float]] = []
    with (
        process(*serve, ready=f"http://127.0.0.1:{port}/livez", **env),
        process("-m", "tests.bench.bare", str(bare_port), ready=f"http://127.0.0.1:{bare_port}/docs"),
    ):
        loaded(port, 8)
        # One after the other, several times over: what else the machine does then hits all three alike.
        for _ in range(ROUNDS):
            few = loaded(port, 32, SECONDS / 2)
            rounds.append((pgbench(server.url, tmp_path), few, loaded(bare_port, 32, SECONDS / 2)["rate"]))
        many = loaded(port, 128)
    with process("-m", "tests.bench.ceiling", str(port), ready=f"http://127.0.0.1:{port}/livez", **env):
        ceiling = loaded(port, 32)
    rows, bare = median(one[0] for one in rounds), median(one[2] for one in rounds)
    few = sorted((one[1] for one in rounds), key=lambda one: one["rate"])[ROUNDS // 2]
    say("body", f"{len(BODY)} bytes")
    say(f"pgbench, single-row commits, 32 clients, median of {ROUNDS}", f"{rows:,.0f}/s")
    say("bare FastAPI endpoint, nothing stored, 32 connections", f"{bare:,.0f}/s")
    say(
        "durable accepts, 32 connections",
        f"{few['rate']:,.0f}/s, p50 {few['p50_ms']:.1f} ms, p99 {few['p99_ms']:.1f} ms",
    )
    say("durable accepts, 128 connections", f"{many['rate']:,.0f}/s, p99 {many['p99_ms']:.1f} ms")
    say("accepts / pgbench at 32 (asked: 0.6)", f"{few['rate'] / rows:.2f}")
    say("accepts / pgbench at 128", f"{many['rate'] / rows:.2f}")
    say("accepts / bare endpoint (asked: 1.5)", f"{few['rate'] / bare:.2f}")
    say(
        "the same with a commit that stores nothing",
        f"{ceiling['rate']:,.0f}/s: {ceiling['rate'] / rows:.2f} of pgbench, {ceiling['rate'] / bare:.2f} of bare",
    )


def test_report_to_route_and_a_storm(tmp_path: Path) -> None:
    """One process, all stages, the embedded PostgreSQL: `incident.routed` on the stream; a storm, severity 1 in its midst."""
    print()
    port = free_port()
    began = time.monotonic()
    up = ("-m", "critsit", "up", "--port", str(port), "--data", str(tmp_path / "data"), "--demo")
    url = f"http://127.0.0.1:{port}"
    with process(*up, ready=f"{url}/readyz", CRITSIT_ADMIN_KEY=KEY, CRITSIT_LOG_LEVEL="error") as running:
        say("start to ready, first time, examples not counted", f"{time.monotonic() - began:.1f} s")
        time.sleep(3)
        resident = int(Path(f"/proc/{running.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        say("resident at rest, all four stages (asked: 250)", f"{resident:.0f} MiB")
        _latencies(port)
        asyncio.run(_storm(url))


def _latencies(port: int) -> None:
    for rate in (50, 400):
        words = (sys.executable, "-m", "tests.bench.flow", str(port), KEY, str(rate), str(SECONDS))
        out = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, timeout=60)
        found = json.loads(out.stdout)
        say(
            f"POST to incident.routed on the stream, {rate}/s",
            f"p50 {found['p50_ms']:.0f} ms, p99 {found['p99_ms']:.0f} ms ({found['routed']} of {found['reports']})",
        )


async def _report(client: httpx2.AsyncClient, sent: dict[str, float], body: bytes) -> str:
    at = time.perf_counter()
    answer = await client.post("/v1/incidents", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201, answer.text
    id_ = str(answer.json()["id"])
    sent[id_] = at
    return id_


async def _storm(url: str) -> None:
    minor = json.loads(BODY)
    urgent = json.dumps(minor | {"impact": "critical_down"}).encode()
    async with httpx2.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {KEY}"}, timeout=120) as client:
        began = time.perf_counter()
        before = await _open(client)
        paged: list[float] = []

        async def severity_ones() -> None:
            for _ in range(15):
                await asyncio.sleep(0.7)
                at = time.perf_counter()
                id_ = await _report(client, {}, urgent)
                while True:
                    mail = (await client.get("/v1/mailbox", params={"incident": id_})).json()["items"]
                    if any(item["to"].startswith("cm-") for item in mail):
                        break
                    await asyncio.sleep(0.02)
                paged.append(time.perf_counter() - at)

        watching = asyncio.create_task(severity_ones())
        for _ in range(20):
            answer = await client.post("/v1/incidents:batch", json={"items": [minor] * 1000})
            assert answer.status_code == 200
        while await _open(client) - before < 20_000:  # noqa: ASYNC110 (nobody tells)
            await asyncio.sleep(0.25)
        took = time.perf_counter() - began
        await watching
        paged.sort()
        say("a storm of 20,000, report to route (asked: 500/s)", f"{20_000 / took:,.0f}/s")
        say(
            "severity 1 in its midst, POST to page (asked: 0.5, 2)",
            f"median {paged[len(paged) // 2]:.2f} s, worst {paged[-1]:.2f} s",
        )


async def _open(client: httpx2.AsyncClient) -> int:
    queues: list[dict[str, Any]] = (await client.get("/v1/queues")).json()["items"]
    return sum(queue["open"] for queue in queues)


def test_a_decision_and_a_deadline_a_year_away() -> None:
    """In process: 50 locations, 500 contacts."""
    print()
    catalogue = load(None)
    case = json.loads((ROOT / "tests/cases/06-moderate-late-on-a-friday.json").read_text())
    raw = case["contract"]
    host = raw["locations"][0]
    raw["locations"] += [host | {"id": f"l{n}", "role": "downstream"} for n in range(45)]
    raw["contacts"] += [
        {"id": f"c{n}", "name": f"C{n}", "roles": ["reactive-contact"], "email": f"c{n}@steppe.example"}
        for n in range(495)
    ]
    contract = parse(raw, catalogue.work_order)
    report = REPORT.validate_python(case["incident"])
    at = datetime(2026, 2, 6, 11, 30, tzinfo=UTC)
    took = []
    for n in range(3000):
        began = time.perf_counter()
        decide(report, contract, catalogue, submitted_at=at + timedelta(minutes=n), at=at + timedelta(minutes=n))
        took.append((time.perf_counter() - began) * 1000)
    cuts = quantiles(took[100:], n=100)
    say("a decision, 50 locations, 500 contacts (asked: p99 1 ms)", f"p50 {cuts[49]:.3f} ms, p99 {cuts[98]:.3f} ms")
    calendar = calendar_of(contract, host["id"])
    deadline(calendar, at, timedelta(hours=1900))
    began = time.perf_counter()
    for n in range(2000):
        deadline(calendar, at + timedelta(minutes=n), timedelta(hours=1900))
    say("a deadline a year away in business time (asked: 0.2 ms)", f"{(time.perf_counter() - began) / 2:.4f} ms")
