"""A connection of the driver's own, for the one statement that is run thousands of times a second.

What breaks it is never used again: the next statement opens another. A refusal of the data breaks nothing.
"""

from __future__ import annotations

from typing import Any

import asyncpg

from .address import driver_url
from .engine import connect_args

#: What PostgreSQL refuses for the data's sake.
_REFUSALS = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError)


class Direct:
    """One connection, opened when it is first needed; each statement commits by itself. For one task at a time."""

    def __init__(self, url: str, *, schema: str, name: str) -> None:
        self._address = driver_url(url)
        self._args = connect_args(schema, name)
        self._connection: asyncpg.Connection | None = None

    async def fetch(self, sql: str, *args: object) -> list[Any]:
        """Run a statement with `$1`, `$2` …; its rows. Raises the driver's errors."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._address, **self._args)
        connection = self._connection
        try:
            return list(await connection.fetch(sql, *args))
        except _REFUSALS:
            raise
        except BaseException:
            self._connection = None
            connection.terminate()
            raise

    async def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close(timeout=2)
