"""The notifier's loops as they run in a process: woken at once, drained at the end. And its tables, as declared."""

from __future__ import annotations

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from backbone.time_source import HandMoved, WallClock, ticks
from notifier.tables import metadata
from tests.harness.notifier import Desk, desk, person


async def test_from_the_assignment_to_the_mailbox_it_takes_milliseconds(database: str) -> None:
    async with desk(database, WallClock()) as notifier:  # type: ignore[arg-type]
        await notifier.knows("person", person("ana", "crisis-manager"))
        await notifier.running.start()
        await asyncio.sleep(0.1)
        took = []
        for n in range(20):
            await notifier.reports(f"inc-{n}", number=f"INC-{n:06}")
            began = ticks()
            await notifier.assigns(f"inc-{n}", "ana")
            await in_the_mailbox(notifier, n + 1)
            took.append(ticks() - began)
        await notifier.running.stop()
        print(sorted(took))
        assert sorted(took)[10] < 0.1


async def in_the_mailbox(notifier: Desk, count: int) -> None:
    async with asyncio.timeout(5):
        while await notifier.one("select count(*) from mailbox") < count:  # noqa: ASYNC110 no bell rings here
            await asyncio.sleep(0.002)


async def test_the_tables_are_what_the_migrations_make(database: str) -> None:
    async with desk(database, HandMoved(WallClock().now())) as notifier:

        def ours(_: object, name: str | None, kind: str, *more: object) -> bool:
            return kind != "table" or not (name or "").startswith(("alembic_version", "outbox_"))

        def compared(connection: Connection) -> list[object]:
            context = MigrationContext.configure(connection, opts={"include_object": ours})
            return list(compare_metadata(context, metadata))

        async with notifier.ground.engine.connect() as connection:
            assert await connection.run_sync(compared) == []
