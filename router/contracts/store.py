"""What was drawn of contracts' balances: read, and drawn under a lock, so that nothing goes below zero.

Amounts are whole parts: minutes of hours, visits.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.log.tx import Tx


async def lock(tx: Tx, contracts: Sequence[str]) -> dict[str, dict[str, int]]:
    """Contract → balance → what was drawn of it, locked until the commit."""
    await tx.execute(
        "select pg_advisory_xact_lock(7423, h) from (select distinct hashtext(c) h from unnest(cast(:c as text[])) w(c)"
        " order by h) locks",
        {"c": list(contracts)},
    )
    rows = await tx.execute(
        "select contract, balance, amount from drawn where contract = any(cast(:c as text[]))", {"c": list(contracts)}
    )
    found: dict[str, dict[str, int]] = {}
    for contract, balance, amount in rows:
        found.setdefault(contract, {})[balance] = int(amount)
    return found


async def save(tx: Tx, rows: Sequence[tuple[str, str, int]]) -> None:
    """What is drawn by now: (contract, balance, amount)."""
    await tx.execute(
        "insert into drawn (contract, balance, amount) select c, b, a from unnest(cast(:c as text[]), cast(:b as text[]),"
        " cast(:a as bigint[])) w(c, b, a) on conflict (contract, balance) do update set amount = excluded.amount",
        {"c": [row[0] for row in rows], "b": [row[1] for row in rows], "a": [row[2] for row in rows]},
    )


async def drawn_of(c: AsyncConnection, contract: str) -> dict[str, int]:
    """Balance → what was drawn of it, without a lock."""
    rows = await c.execute(text("select balance, amount from drawn where contract = :c"), {"c": contract})
    return {row[0]: int(row[1]) for row in rows}
