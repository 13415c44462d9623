"""A pooled connection that runs statements on the driver: names, rows, and what never goes back into the pool."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.postgres.connection import connected
from backbone.postgres.engine import is_passing, make_engine
from tests.harness.wire import Wire

_WHO = "select pg_backend_pid()"


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    made = make_engine(database, schema="intake", name="a test", size=1, extra=0)
    yield made
    await made.dispose()


async def _who(engine: AsyncEngine) -> int:
    async with connected(engine) as connection:
        return int((await connection.execute(_WHO)).scalar_one())


async def test_parameters_are_named_and_a_cast_is_none(engine: AsyncEngine) -> None:
    async with connected(engine) as connection:
        sql = "select cast(:b as text), cast(:a as int), cast(:b as text) || '\\:c', '{\"x\": 1}'::jsonb ->> 'x' as x"
        row = (await connection.execute(sql, {"a": 7, "b": "be", "unused": None})).one()
    assert tuple(row) == ("be", 7, "be:c", "1")
    assert row["x"] == "1"


async def test_one_row_is_one_row(engine: AsyncEngine) -> None:
    async with connected(engine) as connection:
        none = await connection.execute("select 1 where false")
        two = await connection.execute("select * from generate_series(1, 2)")
    assert none.first() is None
    assert two.first()[0] == 1
    with pytest.raises(NoResultFound):
        none.scalar_one()
    with pytest.raises(MultipleResultsFound):
        two.one()


async def test_a_connection_is_given_back_and_one_with_a_transaction_is_not(engine: AsyncEngine) -> None:
    first = await _who(engine)
    assert await _who(engine) == first
    async with connected(engine) as connection:
        await connection.driver.execute("begin")
    assert await _who(engine) != first


async def _breaks_off(engine: AsyncEngine) -> None:
    async with connected(engine) as connection, connection.driver.transaction():
        await connection.execute("create table left_behind (a int)")
        raise ZeroDivisionError


async def test_what_fails_in_a_transaction_leaves_nothing_behind(engine: AsyncEngine) -> None:
    first = await _who(engine)
    with pytest.raises(ZeroDivisionError):
        await _breaks_off(engine)
    async with connected(engine) as connection:
        assert (await connection.execute("select to_regclass('left_behind')")).scalar_one() is None
    assert await _who(engine) == first


async def test_a_broken_connection_is_passing_and_never_given_out_again(database: str) -> None:
    address = urlsplit(database)
    with Wire(address.port or 5432) as wire:
        near = address._replace(netloc=address.netloc.replace(f":{address.port}", f":{wire.port}"))
        engine = make_engine(near.geturl(), schema="intake", name="a test", size=1, extra=0)
        first = await _who(engine)
        wire.cut()
        for _ in range(3):
            with pytest.raises(Exception) as failed:  # noqa: PT011 (what it may be is what is asked)
                await _who(engine)
            assert is_passing(failed.value), repr(failed.value)
        wire.mend()
        assert await _who(engine) != first
        await engine.dispose()


async def test_after_a_restart_nobody_gets_an_old_connection(database: str) -> None:
    address = urlsplit(database)
    with Wire(address.port or 5432) as wire:
        near = address._replace(netloc=address.netloc.replace(f":{address.port}", f":{wire.port}"))
        engine = make_engine(near.geturl(), schema="intake", name="a test", size=3, extra=0)
        async with connected(engine) as a, connected(engine) as b, connected(engine) as c:
            drivers = [one.driver for one in (a, b, c)]
            before = {(await one.execute(_WHO)).scalar_one() for one in (a, b, c)}
        wire.cut()
        wire.mend()
        for _ in range(1_000):
            if all(driver.is_closed() for driver in drivers):
                break
            await asyncio.sleep(0.01)
        async with connected(engine) as a, connected(engine) as b, connected(engine) as c:
            after = {(await one.execute(_WHO)).scalar_one() for one in (a, b, c)}
        assert (len(before), len(after), before & after) == (3, 3, set())
        await engine.dispose()


async def test_a_table_that_changes_under_a_statement_is_passing(engine: AsyncEngine, database: str) -> None:
    """A rolling upgrade migrates under those that run: nothing may be set aside for that."""
    everything = "select * from changing"
    async with connected(engine) as connection:
        await connection.execute("create table changing (a int)")
        async with connection.driver.transaction():
            await connection.execute(everything)
    other = make_engine(database, schema="intake", name="a migration")
    async with connected(other) as connection:
        await connection.execute("alter table changing add column b int")
    await other.dispose()
    with pytest.raises(Exception) as failed:  # noqa: PT011 (what it may be is what is asked)
        async with connected(engine) as connection, connection.driver.transaction():
            await connection.execute(everything)
    assert is_passing(failed.value), repr(failed.value)
    async with connected(engine) as connection, connection.driver.transaction():
        assert await connection.execute(everything) == []
