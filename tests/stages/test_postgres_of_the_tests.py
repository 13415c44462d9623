"""The tests' own PostgreSQL: every test has a migrated database to itself, and a durable one survives a pulled plug."""

from __future__ import annotations

import asyncpg
import pytest

from tests.harness.postgres import PostgresServer


async def _tables(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("create table left_behind ()")
        found: int = await connection.fetchval(
            "select count(*) from information_schema.tables where table_name = 'outbox'"
        )
        return found
    finally:
        await connection.close()


@pytest.mark.parametrize("turn", [1, 2])
async def test_a_database_is_migrated_and_one_test_s_alone(database: str, turn: int) -> None:
    assert await _tables(database) == 4


async def test_what_was_committed_survives_a_pulled_plug(durable_postgres: PostgresServer) -> None:
    connection = await asyncpg.connect(durable_postgres.url)
    await connection.execute("create table kept (a int)")
    await connection.execute("insert into kept values (1)")
    durable_postgres.kill()
    with pytest.raises((asyncpg.PostgresConnectionError, OSError)):
        await connection.execute("select 1")
    durable_postgres.start()
    connection = await asyncpg.connect(durable_postgres.url)
    assert await connection.fetchval("select count(*) from kept") == 1
    await connection.close()


async def test_a_frozen_server_goes_on_where_it_was(durable_postgres: PostgresServer) -> None:
    connection = await asyncpg.connect(durable_postgres.url)
    durable_postgres.freeze()
    with pytest.raises(TimeoutError):
        await asyncpg.connect(durable_postgres.url, timeout=0.3)
    durable_postgres.thaw()
    assert await connection.fetchval("select 1") == 1
    await connection.close()
