"""A client that stops in the middle of its transaction, wherever that is: PostgreSQL ends it, and its locks are free."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.postgres.engine import is_passing, make_engine

pytestmark = [pytest.mark.slow]
_LOCK = "select 1 from subject where subject = 'mine' for update"


async def _stops_in_the_middle(engine: AsyncEngine, *, between_messages: bool) -> None:
    """Lock something and stop; go on only when somebody else has had the lock."""
    async with engine.begin() as frozen:
        await frozen.execute(text(_LOCK))
        if between_messages:
            raw = await frozen.get_raw_connection()
            assert raw.driver_connection is not None
            # Parsed and described, and nothing is executed: to PostgreSQL this session is active.
            await raw.driver_connection.prepare("select 'what comes next'")
        async with asyncio.timeout(10):
            while not await _somebody_else_has_it(engine):
                continue
        await frozen.execute(text("select 1"))


async def _somebody_else_has_it(engine: AsyncEngine) -> bool:
    """Whether the lock can be had; asking takes its `lock_timeout` where it can't."""
    try:
        async with engine.begin() as other:
            await other.execute(text(_LOCK))
    except DBAPIError as error:
        if not is_passing(error):
            raise
        return False
    return True


@pytest.mark.parametrize("between_messages", [False, True])
async def test_a_client_that_stops_holds_its_locks_for_seconds_only(database: str, between_messages: bool) -> None:
    engine = make_engine(database, schema="escalation", name="frozen")
    try:
        async with engine.begin() as connection:
            await connection.execute(text("insert into subject (subject) values ('mine')"))
        with pytest.raises(DBAPIError) as told:
            await _stops_in_the_middle(engine, between_messages=between_messages)
        assert is_passing(told.value)
    finally:
        await engine.dispose()
