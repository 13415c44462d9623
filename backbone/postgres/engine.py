"""Engines: one small pool a stage, its own schema first in the search path, short transactions by construction.

A statement that hangs, a lock that is not had, a transaction left open: each ends by itself, and none is poison.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy import AdaptedConnection, event
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .address import driver_url

#: What SQLAlchemy has to know of a database; where it is, is the driver's to know.
DIALECT = "postgresql+asyncpg://"

#: A process that freezes between two messages of one statement is not idle to PostgreSQL, which would wait for ever and
#: keep its locks: only this ends it (PostgreSQL 17 or later). Whoever waits for them has them within ten seconds.
TRANSACTION_TIMEOUT_MS = "6000"
#: Seconds in which a database is to take a pool's connections back.
_GOODBYE = 2.0


def make_engine(
    url: str, *, schema: str, name: str, size: int = 6, extra: int = 6, statement_timeout_ms: int = 15_000
) -> AsyncEngine:
    """A pool of `size` connections (`extra` more under load) whose search path is `schema`.

    Of a database that was restarted nobody gets an old connection: they are all let go at the first that is found closed.
    """
    engine = create_async_engine(
        DIALECT,
        async_creator=partial(
            asyncpg.connect, driver_url(url), **connect_args(schema, name, statement_timeout_ms=statement_timeout_ms)
        ),
        pool_size=size,
        max_overflow=extra,
        pool_timeout=5,
        pool_use_lifo=True,
    )
    event.listen(engine.sync_engine.pool, "checkout", _only_if_open)
    return engine


def _only_if_open(adapted: AdaptedConnection, *more: object) -> None:
    if adapted.driver_connection.is_closed():
        raise InvalidatePoolError("the connection is closed")


async def close_engine(engine: AsyncEngine) -> None:
    """Give a pool's connections back, in some seconds: a database that hangs would take ten for each of them."""
    try:
        async with asyncio.timeout(_GOODBYE):
            await engine.dispose()
    except TimeoutError:
        event.listen(engine.sync_engine.pool, "close", _cut)
        await engine.dispose()


def _cut(adapted: AdaptedConnection, *more: object) -> None:
    adapted.driver_connection.terminate()


def connect_args(schema: str, name: str, *, statement_timeout_ms: int = 15_000) -> dict[str, Any]:
    """What the driver is told of every connection of ours."""
    return {
        "timeout": 5,
        "command_timeout": 10,
        "statement_cache_size": 300,
        "server_settings": {
            "application_name": name,
            "search_path": schema,
            "statement_timeout": str(statement_timeout_ms),
            "lock_timeout": "1000",
            "idle_in_transaction_session_timeout": "2000",
            "transaction_timeout": TRANSACTION_TIMEOUT_MS,
            "timezone": "UTC",
            "jit": "off",
            # To plan a read over the days of several logs costs more than the read.
            "plan_cache_mode": "force_generic_plan",
            # A plan that was made while a table was new would read all of it for ever after, row by row.
            "enable_seqscan": "off",
            "enable_bitmapscan": "off",
        },
    }


#: What the database's being away looks like from here.
AWAY: tuple[type[BaseException], ...] = (
    OperationalError,
    InterfaceError,
    PoolTimeout,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # A statement on a connection that has heard its server's last words and not yet the end of the line.
    asyncpg.InternalClientError,
    # A table was migrated under a statement that is prepared: the next try prepares it anew.
    asyncpg.InvalidCachedStatementError,
    ConnectionError,
    asyncio.TimeoutError,
    OSError,
)

#: SQLSTATEs that a second try may well get over: serialisation, deadlock, lock timeout, idle, too long, read only (it was
#: made a standby), no such database (it is being restored), one that lets nobody in (somebody is at work on it).
_PASSING = frozenset({"40001", "40P01", "55P03", "25P03", "25P04", "25006", "3D000", "55000"})
#: Whole classes: connections, who may connect (a password is being changed), a disk or memory that is full, an operator's
#: hand (shutdown, a cancelled statement), the system's own errors.
_PASSING_CLASSES = frozenset({"08", "28", "53", "57", "58"})


def is_passing(error: BaseException) -> bool:
    """Whether an error says something of the database's moment and nothing of the data: worth the same try again."""
    if isinstance(error, DBAPIError):
        if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
            return True
        return _is_of_the_moment(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None))
    return isinstance(error, AWAY) or _is_of_the_moment(getattr(error, "sqlstate", None))


def _is_of_the_moment(sqlstate: str | None) -> bool:
    return sqlstate is not None and (sqlstate in _PASSING or sqlstate[:2] in _PASSING_CLASSES)
