"""What each stage's `tables.py` declares is what its migrations make."""

from __future__ import annotations

from importlib import import_module

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from backbone.postgres.engine import make_engine


@pytest.mark.parametrize("stage", ["intake", "router", "escalation", "notifier"])
async def test_the_tables_are_as_declared(database: str, stage: str) -> None:
    metadata = import_module(f"{stage}.tables").metadata

    def ours(_: object, name: str | None, kind: str, *more: object) -> bool:
        return kind != "table" or not (name or "").startswith(("alembic_version", "outbox_"))

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        return list(compare_metadata(context, metadata))

    engine = make_engine(database, schema=stage, name="test")
    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
    finally:
        await engine.dispose()
