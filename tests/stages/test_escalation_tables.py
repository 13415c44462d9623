"""What `escalation/tables.py` declares is what the migrations make."""

from __future__ import annotations

import pytest_asyncio
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.postgres.engine import make_engine
from escalation.tables import metadata


@pytest_asyncio.fixture
async def engine(database: str):  # type: ignore[no-untyped-def]
    found = make_engine(database, schema="escalation", name="test")
    yield found
    await found.dispose()


def _ours(_: object, name: str | None, kind: str, *more: object) -> bool:
    return kind != "table" or not (name or "").startswith(("alembic_version", "outbox_"))


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection, opts={"include_object": _ours}), metadata))


async def test_the_tables_are_as_declared(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
