"""The log's days: made two weeks ahead, dropped when everybody has passed them and a week is over.

Nothing is dropped that a reader still needs; the default partition takes what no day takes, and is gauged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date, datetime, timedelta

import asyncpg
import structlog

from ..postgres.connection import Connection
from ..postgres.engine import is_passing
from . import store
from .event import LANES, Lane
from .migration import WHOLE
from .tx import Transactions, Tx

log = structlog.get_logger()

AHEAD = 14
KEPT_DAYS = 7
#: The reader that keeps what stays of a day, in all of its lanes; the source that it reads is the day.
_KEEPER, _ALL = "keeper", "all"
#: Transactions that it takes before the rest of the housekeeping has its turn.
_AT_ONCE = 20

#: Keeps what stays of a day's events behind a position, some of them; answers how far that is, None once all is kept.
Keep = Callable[[Tx, str, int], Awaitable[int | None]]


async def make_ahead(transactions: Transactions, today: date) -> None:
    """Make the partitions of today and the next two weeks; a day that the default already holds rows of is left."""
    async with transactions.reading() as connection:
        there = frozenset(await days(connection))
    for offset in range(AHEAD + 1):
        day = today + timedelta(days=offset)
        if f"outbox_{day:%Y%m%d}" in there:
            continue
        try:
            async with transactions() as tx:
                await tx.execute("set local lock_timeout = '200ms'")
                await tx.execute(
                    f"create table if not exists outbox_{day:%Y%m%d} partition of outbox"
                    f" for values from ('{day:%Y-%m-%d}') to ('{day + timedelta(days=1):%Y-%m-%d}') with ({WHOLE})"
                )
        except Exception as error:
            if "already exists" in str(error):
                continue  # another replica, in the same moment
            if not is_passing(error) and "would be violated" not in str(error):
                raise
            log.warning("log.day_not_made", day=str(day), error=str(error)[:200])


async def days(connection: Connection) -> list[str]:
    """The names of the days' partitions, oldest first."""
    rows = await connection.execute(
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
        " where i.inhparent = to_regclass('outbox') and c.relname <> 'outbox_default' order by 1"
    )
    return [row[0] for row in rows]


async def drop_old(
    transactions: Transactions,
    now: datetime,
    passed: Callable[[], Awaitable[Iterable[Mapping[Lane, int]]]],
    keep: Keep | None,
) -> list[str]:
    """Drop the days that are over for a week and that every reader has passed in each lane; answers their names.

    `passed` is how far each reader has read: one that is ahead in a lane may still need the other. What `keep` keeps of a
    day is committed before: the drop is short, and one that fails is tried again by itself.
    """
    limit = (now - timedelta(days=KEPT_DAYS + 1)).strftime("outbox_%Y%m%d")
    dropped = []
    async with transactions.reading() as connection:
        old = [name for name in await days(connection) if name < limit]
    for name in old:
        readers = await passed()
        try:
            async with transactions.reading() as connection:
                last = await store.last_of_day(connection, name)
            if any(read[lane] < last.get(lane is Lane.URGENT, 0) for read in readers for lane in LANES):
                break
            if keep is not None and not await _all_kept(transactions, name, keep):
                break
            async with transactions() as tx:
                await tx.execute("set local lock_timeout = '200ms'")
                await store.forget_cursor(tx.connection, _KEEPER, name)
                await tx.execute(f"drop table {name}")
            dropped.append(name)
        except asyncpg.UndefinedTableError:
            continue  # another replica has dropped it
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning("log.day_not_dropped", day=name, error=str(error)[:200])
            break
    return dropped


async def _all_kept(transactions: Transactions, day: str, keep: Keep) -> bool:
    """Keep what stays of a day, some to a transaction, and go on where that ended; whether all is kept.

    Whoever keeps takes the lock that every event waits for, and gives it back before it takes it again.
    """
    for _ in range(_AT_ONCE):
        async with transactions() as tx:
            after = await store.lock_cursor(tx.connection, _KEEPER, day, _ALL)
            if after is None:
                return False  # another replica has it in hand
            upto = await keep(tx, day, after)
            if upto is None:
                return True
            await store.move_cursor(tx.connection, _KEEPER, day, _ALL, upto)
    return False
