"""Each stage's database role: its own schema, the others' log and cursors, and nothing else of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from backbone.postgres.cluster import binaries

_ROLES = Path(__file__).parents[2] / "deploy" / "postgres" / "roles.sql"
_STAGES = ("intake", "router", "escalation", "notifier")


def _apply(database: str, **left_out: str) -> subprocess.CompletedProcess[str]:
    passwords = {f"{stage.upper()}_DB_PASSWORD": f"it's {stage}" for stage in _STAGES} | left_out
    return subprocess.run(
        [str(binaries() / "psql"), "--quiet", "--no-psqlrc", "--file", str(_ROLES), database],
        env=os.environ | {name: word for name, word in passwords.items() if word},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def with_roles(database: str) -> str:
    for _ in range(2):
        done = _apply(database)
        assert (done.returncode, done.stderr) == (0, "")
    return database


@pytest.fixture
async def escalation(with_roles: str) -> AsyncIterator[asyncpg.Connection]:
    url = make_url(with_roles).set(username="escalation").render_as_string(hide_password=False)
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest.mark.parametrize("other", ["intake", "router", "notifier"])
async def test_a_stage_reads_the_others_logs_and_cursors(escalation: asyncpg.Connection, other: str) -> None:
    await escalation.fetch(f"select * from {other}.outbox")
    await escalation.fetch(f"select * from {other}.cursor")


@pytest.mark.parametrize(
    "statement",
    [
        "select * from intake.incident",
        "select * from router.directory",
        "select * from notifier.page",
        "delete from router.outbox",
        "update intake.cursor set position = 0",
        "insert into router.lease values ('x', 'x', 1, 1)",
        "create table intake.mine ()",
        "create table public.mine ()",
        "create schema mine",
        "alter table notifier.page owner to escalation",
        "set role intake",
    ],
)
async def test_and_nothing_else_of_them(escalation: asyncpg.Connection, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await escalation.execute(statement)


async def test_it_makes_and_drops_the_days_of_its_own_log(escalation: asyncpg.Connection) -> None:
    await escalation.execute(
        "create table escalation.outbox_20260101 partition of escalation.outbox"
        " for values from ('2026-01-01') to ('2026-01-02')"
    )
    await escalation.execute("drop table escalation.outbox_20260101")
    await escalation.execute("insert into escalation.lease values ('x', 'x', 1, 1)")


def test_a_password_that_is_not_given_ends_it_before_anything_is_changed(empty_database: str) -> None:
    done = _apply(empty_database, NOTIFIER_DB_PASSWORD="")
    assert done.returncode == 3
