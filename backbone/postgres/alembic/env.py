"""Alembic's environment, one for all stages: runs a stage's revisions in its schema, under an advisory lock."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

stage: str = context.config.attributes["stage"]


def _run(connection: Connection) -> None:
    connection.execute(text("select pg_advisory_lock(7410, 0)"))
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
    engine = create_async_engine(
        context.config.attributes["url"], poolclass=NullPool, connect_args={"server_settings": {"timezone": "UTC"}}
    )
    async with engine.connect() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


asyncio.run(_main())
