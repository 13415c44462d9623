"""How much of the tables a reading costs: the rows and index entries that PostgreSQL has looked at, whatever came of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.log.tx import Transactions, Tx
from backbone.postgres.connection import Connection

_LOOKED_AT = (
    "select coalesce(sum(pg_stat_get_xact_tuples_returned(oid)), 0) from pg_class"
    " where relkind in ('r', 'i') and relnamespace = cast(current_schema() as regnamespace)"
)
_Reading = Callable[[Transactions], AbstractAsyncContextManager[Connection]]


@dataclass(slots=True)
class RowsRead:
    """What was looked at since the last `taken`."""

    rows: int = 0

    def taken(self) -> int:
        rows, self.rows = self.rows, 0
        return rows


def count_rows_read(monkeypatch: pytest.MonkeyPatch) -> RowsRead:
    """From now on, count all that is looked at: to be shown, listed or counted, and in transactions."""
    found = RowsRead()
    writing = Transactions.__call__

    @asynccontextmanager
    async def counted_writing(self: Transactions, *, now: datetime | None = None) -> AsyncIterator[Tx]:
        async with writing(self, now=now) as tx:
            yield tx
            found.rows += int((await tx.connection.execute(_LOOKED_AT)).scalar_one())

    def counting(reading: _Reading) -> _Reading:
        @asynccontextmanager
        async def counted(self: Transactions) -> AsyncIterator[Connection]:
            async with reading(self) as connection:
                whole = connection.driver.transaction()
                await whole.start()
                yield connection
                found.rows += int((await connection.execute(_LOOKED_AT)).scalar_one())
                await whole.commit()

        return counted

    monkeypatch.setattr(Transactions, "__call__", counted_writing)
    monkeypatch.setattr(Transactions, "reading", counting(Transactions.reading))
    monkeypatch.setattr(Transactions, "listing", counting(Transactions.listing))
    return found


async def multiply(engine: AsyncEngine, table: str, times: int, **differently: str) -> None:
    """Copy each row of a table so often, with other values in some columns: SQL over `n`, the copy's number."""
    async with engine.begin() as connection:
        columns = await connection.execute(
            text(
                "select attname from pg_attribute where attrelid = cast(:t as regclass) and attnum > 0 and not attisdropped"
            ),
            {"t": table},
        )
        names = [row[0] for row in columns]
        values = ", ".join(differently.get(name, f"t.{name}") for name in names)
        await connection.execute(
            text(
                f"insert into {table} ({', '.join(names)}) overriding system value"
                f" select {values} from {table} t, generate_series(1, {times}) n"
            )
        )
    async with engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text(f"analyze {table}"))
