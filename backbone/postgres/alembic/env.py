"""Alembic's environment, one for all stages: runs a stage's revisions in its schema, under an advisory lock."""

from __future__ import annotations

import asyncio
import time
from functools import partial

import asyncpg
from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from backbone.postgres.engine import DIALECT

stage: str = context.config.attributes["stage"]


def _run(connection: Connection) -> None:
    # Asked for again and again: who waits for it within a statement would have an index built around it wait for ever.
    while not connection.execute(text("select pg_try_advisory_lock(7410, 0)")).scalar_one():
        connection.commit()
        time.sleep(0.1)
    try:
        connection.execute(text(f"create schema if not exists {stage}"))
        connection.execute(text(f"set search_path to {stage}"))
        connection.commit()
        context.configure(connection=connection, version_table_schema=stage, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text("select pg_advisory_unlock(7410, 0)"))
        connection.commit()


async def _main() -> None:
    connect = partial(asyncpg.connect, context.config.attributes["url"], server_settings={"timezone": "UTC"})
    engine = create_async_engine(DIALECT, poolclass=NullPool, async_creator=connect)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


asyncio.run(_main())
