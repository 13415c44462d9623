"""A pooled connection whose statements go to the driver itself: SQLAlchemy keeps the pool, and reads `:names` once a statement.

A connection that is broken, or still in a transaction, never goes back into the pool.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.ext.asyncio import AsyncEngine

_DIALECT = dialect()  # type: ignore[no-untyped-call]


class Rows(list[Any]):
    """The rows of a statement: by position, or by name as `row["name"]`."""

    __slots__ = ()

    def first(self) -> Any:
        """The first row; None where there is none."""
        return self[0] if self else None

    def one(self) -> Any:
        """The only row. Raises NoResultFound, MultipleResultsFound."""
        if not self:
            raise NoResultFound("one row was to be found, and there is none")
        if len(self) > 1:
            raise MultipleResultsFound(f"one row was to be found, and there are {len(self)}")
        return self[0]

    def scalar_one(self) -> Any:
        """The first value of the only row. Raises what `one` raises."""
        return self.one()[0]


class Connection:
    """Runs statements on a connection of the driver's. `driver` is asyncpg's."""

    __slots__ = ("driver",)

    def __init__(self, driver: asyncpg.Connection) -> None:
        self.driver = driver

    async def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> Rows:
        """Run one statement, with `:named` parameters. Raises the driver's errors; see `is_passing`."""
        statement, names = _as_the_driver_takes_it(sql)
        if params is None:
            return Rows(await self.driver.fetch(statement))
        return Rows(await self.driver.fetch(statement, *[params[name] for name in names]))


@asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncIterator[Connection]:
    """A connection of the pool's; each statement commits by itself unless a transaction of the driver's is begun."""
    async with engine.connect() as pooled:
        driver: asyncpg.Connection = pooled.sync_connection.connection.driver_connection  # type: ignore[union-attr]
        try:
            yield Connection(driver)
        except asyncpg.ReadOnlySQLTransactionError:
            # The server was made a standby; a new connection may well find the one that leads now.
            driver.terminate()
            raise
        finally:
            if driver.is_closed() or driver.is_in_transaction():
                await pooled.invalidate()


@lru_cache(maxsize=1_000)
def _as_the_driver_takes_it(sql: str) -> tuple[str, tuple[str, ...]]:
    """A text with `$1`, `$2` …, and the parameters' names in that order."""
    compiled = TextClause(sql).compile(dialect=_DIALECT)
    return compiled.string, tuple(compiled.positiontup or ())
