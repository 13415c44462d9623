"""What was drawn of contracts' balances: read, and drawn under a lock, so that nothing goes below zero.

Amounts are whole parts: minutes of hours, visits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from backbone.log.tx import Tx
from backbone.postgres.connection import Connection

#: A work order's number and the first day of its term.
Term = tuple[str, date]


async def lock(tx: Tx, contracts: Sequence[str]) -> dict[Term, dict[str, int]]:
    """Contract and term → balance → what was drawn of it, locked until the commit."""
    await tx.execute(
        "select pg_advisory_xact_lock(7423, h) from (select distinct hashtext(c) h from unnest(cast(:c as text[])) w(c)"
        " order by h) locks",
        {"c": list(contracts)},
    )
    rows = await tx.execute(
        "select contract, term, balance, amount from drawn where contract = any(cast(:c as text[]))",
        {"c": list(contracts)},
    )
    found: dict[Term, dict[str, int]] = {}
    for contract, term, balance, amount in rows:
        found.setdefault((contract, term), {})[balance] = int(amount)
    return found


async def save(tx: Tx, rows: Sequence[tuple[str, date, str, int]]) -> None:
    """What is drawn by now: (contract, term, balance, amount)."""
    await tx.execute(
        "insert into drawn (contract, term, balance, amount) select c, t, b, a from unnest(cast(:c as text[]),"
        " cast(:t as date[]), cast(:b as text[]), cast(:a as bigint[])) w(c, t, b, a)"
        " on conflict (contract, term, balance) do update set amount = excluded.amount",
        {
            "c": [row[0] for row in rows], "t": [row[1] for row in rows], "b": [row[2] for row in rows],
            "a": [row[3] for row in rows],
        },
    )  # fmt: skip


async def drawn_of(c: Connection, contract: str, term: date) -> dict[str, int]:
    """Balance → what was drawn of it in the term, without a lock."""
    rows = await c.execute(
        "select balance, amount from drawn where contract = :c and term = :t", {"c": contract, "t": term}
    )
    return {row[0]: int(row[1]) for row in rows}
