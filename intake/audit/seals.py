"""Seals days that are over, and looks whether what was sealed is still what it was.

What is sealed once is never sealed anew: a day that has changed since is told, and by which of its parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from backbone.log.tx import Transactions
from backbone.loops.breath import Breath
from backbone.postgres.connection import Connection

from . import store
from .chain import BEGINNING, Chain
from .store import Seal

#: How long after midnight (UTC) a day is closed: what its last transactions said has been heard by then.
_GRACE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sealed day is still what it was; `why` where it is not."""

    seal: Seal
    why: str | None


async def seal_day(transactions: Transactions, now: datetime) -> Seal | None:
    """Seal what was taken in until now as the day before, once that day is over; None where it is sealed already."""
    day = (now - _GRACE).astimezone(UTC).date() - timedelta(days=1)
    async with transactions.reading() as connection:
        last = await store.last(connection) or _NOTHING_YET
        if last.day >= day:
            return None
        position, change = await store.ends(connection)
        chain = await _chain(connection, last, position, change)
    made = Seal(day, now, position, change, chain.facts, chain.objects, chain.hash)
    async with transactions() as tx:
        await store.lock(tx.connection)
        if (await store.last(tx.connection) or _NOTHING_YET) != last:
            return None
        await store.add(tx.connection, made)
    return made


async def verify(transactions: Transactions) -> list[Verdict]:
    """Every sealed day, and whether its facts still give its hash; the first day first."""
    async with transactions.reading() as connection:
        found = await store.seals(connection)
        return [await _judge(connection, before, seal) for before, seal in pairwise([_NOTHING_YET, *found])]


async def _judge(c: Connection, before: Seal, seal: Seal) -> Verdict:
    chain = await _chain(c, before, seal.position, seal.change)
    if chain.hash == seal.hash and (chain.facts, chain.objects) == (seal.facts, seal.objects):
        return Verdict(seal, None)
    counts: Sequence[tuple[str, int, int]] = (
        ("facts", seal.facts, chain.facts), ("changes of the directory", seal.objects, chain.objects),
    )  # fmt: skip
    missing = [f"{there} {what} where {sealed} were sealed" for what, sealed, there in counts if sealed != there]
    return Verdict(seal, "; ".join(missing) or "as many facts and changes, but not the same")


async def _chain(c: Connection, before: Seal, position: int, change: int) -> Chain:
    chain, breath = Chain(before.hash), Breath()
    async for page in store.facts(c, before.position, position):
        for row in page:
            chain.fact(*row)
        await breath()
    async for page in store.objects(c, before.change, change):
        for row in page:
            chain.stored(*row)
        await breath()
    return chain


#: What stands before the first seal.
_NOTHING_YET = Seal(datetime.min.date(), datetime.min.replace(tzinfo=UTC), 0, 0, 0, 0, BEGINNING)
