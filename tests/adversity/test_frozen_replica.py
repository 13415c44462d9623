"""A replica that freezes in the middle of something: the other goes on within seconds, and it does no harm when it wakes.

Two notifiers and two escalations on one PostgreSQL; the mails are counted where they arrive.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from backbone import STAGES
from tests.harness.fleet import Caller, Fleet
from tests.harness.postgres import PostgresServer
from tests.harness.smtp import MailServer, mail_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]
REPLICAS = (*STAGES, "escalation.2", "notifier.2")
_SENDING = "select incident, holder, id::text from notifier.page where state = 'sending' and purpose = 'crisis-manager'"
_DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
async def fleet(
    durable_postgres: PostgresServer, mail: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Fleet]:
    for name, value in {"HOST": "127.0.0.1", "PORT": mail.port, "TLS": "none", "FROM": "crit@sit.example"}.items():
        monkeypatch.setenv(f"NOTIFIER_SMTP_{name}", str(value))
    running = Fleet(durable_postgres.url, tmp_path)
    await running.command("migrate")
    await running.start(*REPLICAS)
    await running.furnish()
    yield running
    await running.stop()


async def _until(holds: Callable[[], Awaitable[Any]], within: float) -> Any:
    """What `holds` answers as soon as it is true."""
    async with asyncio.timeout(within):
        while not (found := await holds()):  # noqa: ASYNC110 - other processes ring no bell here
            await asyncio.sleep(0.05)
    return found


async def _asked(fleet: Fleet, sql: str) -> list[Any]:
    connection = await asyncpg.connect(fleet.database)
    try:
        return list(await connection.fetch(sql))
    finally:
        await connection.close()


def _repeated(mail: EmailMessage) -> bool:
    return str(mail["X-Critsit-Repeat"]) == "yes"


async def test_a_notifier_frozen_with_a_page_in_the_air_is_taken_over_from_and_marks_no_second_one(
    fleet: Fleet, mail: MailServer
) -> None:
    caller = Caller(fleet, random.Random(4), urgent=1.0)
    mail.hangs = True
    await caller.report("critical_down")
    ((incident, holder, page),) = await _until(lambda: _asked(fleet, _SENDING), 10)

    async def in_the_air() -> bool:
        return mail.hung > 0

    await _until(in_the_air, 10)
    pid = int(holder.split("/")[1])
    frozen = next(name for name, process in fleet.processes.items() if process.pid == pid)
    fleet.freeze(frozen)
    began = time.monotonic()
    mail.hangs = False
    assert await caller.settled() < 10
    await caller.reports(2, pause=0.1)
    assert await caller.settled() < 10, "who is left pages everybody"

    fleet.thaw(frozen)

    async def woken() -> bool:
        return "page.overtaken" in fleet.said(frozen)

    await _until(woken, 30)
    assert time.monotonic() - began < 60
    await caller.settled()
    await caller.nothing_is_lost_or_twice()
    sent = Counter(one["Message-ID"] for one in mail.mails if not _repeated(one))
    assert max(sent.values()) == 1, "twice, and not marked"
    # Of this page only: another one may hang at the replica that goes on, and does fail there.
    rows = await _asked(fleet, f"select outcome from notifier.attempt where page = '{page}'")
    assert {row["outcome"] for row in rows} == {"sent"}
    facts = (await fleet.client.get(f"{fleet.url('intake')}/v1/incidents/{incident}/timeline?limit=200")).json()[
        "items"
    ]
    of_it = [fact["type"] for fact in facts if fact["data"].get("page", {}).get("id") == page]
    assert "page.sent" in of_it
    assert "page.failed" not in of_it


async def test_replicas_frozen_at_any_moment_hold_up_nothing_and_say_nothing_twice(fleet: Fleet) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    caller = Caller(fleet, random.Random(seed), urgent=0.6)
    for frozen in (("escalation", "notifier.2"), ("escalation.2", "notifier"), ("escalation", "notifier")):
        reporting = asyncio.create_task(caller.reports(2.5))
        await asyncio.sleep(caller.chance.uniform(0.3, 1.5))
        for name in frozen:
            fleet.freeze(name)
        await reporting
        assert await caller.settled() < 12
        for name in frozen:
            fleet.thaw(name)
        for name in frozen:
            await fleet.ready(name)
    await caller.settled()
    await caller.nothing_is_lost_or_twice()
    twice = "select payload -> 'clock' ->> 'id', type, count(*) from escalation.outbox where type like 'clock.%'"
    assert await _asked(fleet, f"{twice} group by 1, 2 having count(*) > 1") == []
    assert set((await fleet.halt()).values()) == {0}
    assert [row["deadlocks"] for row in await _asked(fleet, _DEADLOCKS)] == [0]
