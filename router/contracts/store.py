"""What was drawn of contracts' balances: each draw with its instant, read, and drawn under a lock, so that nothing goes
below zero.

Amounts are whole parts: minutes of hours, visits; what is given back is below zero. Days are the host location's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from backbone.log.tx import Tx
from backbone.postgres.connection import Connection


@dataclass(frozen=True, slots=True)
class Draw:
    """What was drawn of a balance, or given back, at an instant that was that day at the host location."""

    contract: str
    balance: str
    day: date
    at: datetime
    amount: int


async def lock(tx: Tx, contracts: Sequence[str]) -> dict[str, dict[date, dict[str, int]]]:
    """Contract → day → balance → what was drawn of it on that day, locked until the commit."""
    await tx.execute(
        "select pg_advisory_xact_lock(7423, h) from (select distinct hashtext(c) h from unnest(cast(:c as text[])) w(c)"
        " order by h) locks",
        {"c": list(contracts)},
    )
    rows = await tx.execute(
        "select contract, day, balance, sum(amount) from draws where contract = any(cast(:c as text[]))"
        " group by contract, day, balance",
        {"c": list(contracts)},
    )
    found: dict[str, dict[date, dict[str, int]]] = {}
    for contract, day, balance, amount in rows:
        found.setdefault(contract, {}).setdefault(day, {})[balance] = int(amount)
    return found


async def save(tx: Tx, draws: Sequence[Draw]) -> None:
    """Add these to what was drawn."""
    await tx.execute(
        "insert into draws (contract, balance, day, at, amount) select c, b, d, i, sum(a) from unnest(cast(:c as text[]),"
        " cast(:b as text[]), cast(:d as date[]), cast(:i as timestamptz[]), cast(:a as bigint[])) w(c, b, d, i, a)"
        " group by c, b, d, i on conflict (contract, balance, day, at) do update set amount = draws.amount + excluded.amount",
        {
            "c": [one.contract for one in draws], "b": [one.balance for one in draws], "d": [one.day for one in draws],
            "i": [one.at for one in draws], "a": [one.amount for one in draws],
        },
    )  # fmt: skip


async def drawn_of(c: Connection, contract: str, since: date, until: datetime | None) -> dict[str, int]:
    """Balance → what was drawn of it from that day on and up to that instant (None: so far), without a lock."""
    rows = await c.execute(
        "select balance, sum(amount) from draws where contract = :c and day >= :since"
        " and (cast(:until as timestamptz) is null or at <= :until) group by balance",
        {"c": contract, "since": since, "until": until},
    )
    return {row[0]: int(row[1]) for row in rows}
