"""A database that answers and takes nothing: a full disk, no memory, a standby. It is told, and nothing is set aside for it."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

import asyncpg
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from backbone.ground import Surroundings
from backbone.postgres.engine import is_passing
from backbone.process.settings import Settings
from backbone.process.watch import waits
from backbone.time_source import WallClock
from backbone.web.request_id import current_trace
from critsit.stages import build
from events.assignments import OwnerChanged
from tests.harness.intake import Counterpart, intake
from tests.harness.postgres import PostgresServer, sql
from tests.harness.work_orders import incident

#: SQLSTATE and what it says.
MOMENTS = {"53100": "disk full", "53200": "out of memory", "58030": "input or output failed", "57014": "cancelled"}


def _takes_nothing(database: str, table: str, sqlstate: str) -> None:
    sql(database, f"""
        create function intake.refuses() returns trigger language plpgsql as
        $$ begin raise exception 'as if' using errcode = '{sqlstate}'; end $$;
        create trigger refuses before insert on intake.{table} for each statement execute function intake.refuses()
    """)  # fmt: skip


def _takes_again(database: str, table: str) -> None:
    sql(database, f"drop trigger refuses on intake.{table}")


def _is_a_standby(postgres: PostgresServer, database: str, *, yes: bool) -> None:
    """From now on, and for who comes anew; nobody who is there is told."""
    name = urlsplit(database).path[1:]
    sql(
        postgres.url_of("postgres"),
        f'alter database "{name}" set default_transaction_read_only = {"on" if yes else "off"}',
    )


async def _send(desk: Counterpart, key: str) -> tuple[int, str | None]:
    answer = await desk.web.post("/v1/incidents", json=incident(), headers={"Idempotency-Key": key})
    return answer.status_code, answer.headers.get("retry-after")


@pytest.mark.parametrize("sqlstate", MOMENTS, ids=MOMENTS.values())
async def test_a_report_is_503_meanwhile_and_201_with_the_same_key_afterwards(database: str, sqlstate: str) -> None:
    async with intake(database) as desk:
        _takes_nothing(database, "outbox", sqlstate)
        assert await _send(desk, "k") == (503, "1")
        _takes_again(database, "outbox")
        assert await _send(desk, "k") == (201, None)
        assert await _send(desk, "k") == (200, None)


async def test_a_report_that_is_refused_is_in_the_log_by_its_request_id_with_what_the_database_says(
    database: str,
) -> None:
    async with intake(database) as desk:
        _takes_nothing(database, "outbox", "53100")
        with capture_logs([lambda _, __, line: line | current_trace()]) as logged:
            answers = [await desk.web.post("/v1/incidents", json=incident()) for _ in range(2)]
    refused = [line for line in logged if line["event"] == "request.unavailable"]
    assert [line["request_id"] for line in refused] == [answer.headers["x-request-id"] for answer in answers]
    assert {line["why"] for line in refused} == {"as if"}


@pytest.mark.parametrize("sqlstate", MOMENTS, ids=MOMENTS.values())
async def test_what_is_heard_meanwhile_is_heard_afterwards_and_nothing_is_set_aside(
    database: str, sqlstate: str
) -> None:
    async with intake(database) as desk:
        id_ = await desk.has()
        event = desk.event("router", id_, OwnerChanged("claim", "p-1", "Somebody"))
        _takes_nothing(database, "fact", sqlstate)
        with pytest.raises(asyncpg.PostgresError) as failed:
            await desk.hears([event])
        assert is_passing(failed.value)
        assert await desk.rows("select * from dead_letter") == []
        _takes_again(database, "fact")
        await desk.hears([event])
        assert (await desk.record(id_))["owner"]["id"] == "p-1"


async def test_of_a_standby_nobody_keeps_a_connection(postgres: PostgresServer, database: str) -> None:
    async with intake(database) as desk:
        id_ = await desk.has()
        _is_a_standby(postgres, database, yes=True)
        # Those who were there before are thrown out, as by a server that is made a standby.
        sql(postgres.url_of("postgres"), "select pg_terminate_backend(pid) from pg_stat_activity"
            f" where datname = '{urlsplit(database).path[1:]}'")  # fmt: skip
        for n in range(3):
            assert await _send(desk, f"k{n}") == (503, "1")
            assert (await desk.act(id_, "customer-replies", {"by": "e", "text": "x"})).status_code == 503
        assert (await desk.record(id_))["id"] == id_
        _is_a_standby(postgres, database, yes=False)
        # Whoever finds that its connection leads nowhere has another one the next time.
        acted = [(await desk.act(id_, "customer-replies", {"by": "e", "text": "x"})).status_code for _ in range(2)]
        assert acted[-1] == 200
        assert [await _send(desk, f"k{n}") for n in range(3)] == [(201, None)] * 3


async def test_a_database_that_lets_nobody_in_is_waited_for(postgres: PostgresServer, database: str) -> None:
    name = urlsplit(database).path[1:]
    async with intake(database) as desk:
        sql(postgres.url_of("postgres"), f'alter database "{name}" allow_connections false')
        sql(
            postgres.url_of("postgres"),
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'",
        )
        assert [await _send(desk, "k") for _ in range(3)] == [(503, "1")] * 3
        sql(postgres.url_of("postgres"), f'alter database "{name}" allow_connections true')
        # Whoever finds that its connection leads nowhere has another one the next time.
        assert (201, None) in [await _send(desk, "k") for _ in range(2)]


async def test_a_stage_whose_database_is_a_standby_says_that_it_takes_nothing_and_is_ready_again_by_itself(
    postgres: PostgresServer, database: str
) -> None:
    process = build(("escalation",), Settings(database_url=SecretStr(database)), Surroundings(WallClock()))
    thrown_out = (
        f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{urlsplit(database).path[1:]}'"
    )
    try:
        assert await waits(process.running) == []
        _is_a_standby(postgres, database, yes=True)
        sql(postgres.url_of("postgres"), thrown_out)
        assert "takes nothing" in str([await waits(process.running) for _ in range(2)])
        _is_a_standby(postgres, database, yes=False)
        # Nobody is thrown out now: a connection that was made to the standby is not asked again.
        assert await waits(process.running) == []
    finally:
        await process.stop()


async def test_what_is_durable_is_201_though_its_record_can_not_be_read_again(database: str) -> None:
    async with intake(database) as desk, contextlib.AsyncExitStack() as taken:
        for _ in range(desk.ground.engine.pool.size() + 6):  # type: ignore[attr-defined]
            await taken.enter_async_context(desk.ground.engine.connect())
        answer = await desk.web.post("/v1/incidents", json=incident(), headers={"Prefer": "wait=1"})
        assert (answer.status_code, answer.json()["number"]) == (201, "INC-000001")
        await taken.aclose()
        assert (await desk.record(answer.json()["id"]))["title"] == answer.json()["title"]
