"""The desk's SQL: loaded and saved by the batch; each decision is kept with what it was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from backbone.log.tx import Tx

from .desk import DESK, Desk


async def load(tx: Tx, subjects: Sequence[str]) -> dict[str, Desk]:
    """The desks of locked incidents."""
    rows = await tx.execute(
        "select subject, doc::text from desk where subject = any(cast(:s as text[]))", {"s": list(subjects)}
    )
    return {row[0]: DESK.validate_json(row[1]) for row in rows}


async def save(tx: Tx, desks: Sequence[Desk], ranks: Mapping[str, int]) -> None:
    """Write desks back in one statement; those without a decision are not on the desk yet."""
    ready = [desk for desk in desks if desk.decision is not None]
    if not ready:
        return
    rows: list[tuple[Any, ...]] = []
    for desk in ready:
        decision = desk.decision
        assert decision is not None
        due = next((c.due_at for c in decision.clocks if c.name == "first_response"), None)
        rows.append(
            (
                desk.subject, desk.incident_number, desk.state, desk.contract, decision.queue, decision.severity,
                ranks.get(decision.severity, 99), decision.language, due, desk.submitted_at, desk.owner,
                desk.crisis_manager, desk.crisis_at, DESK.dump_json(desk).decode(),
            )
        )  # fmt: skip
    names = ("s", "n", "st", "c", "q", "sev", "r", "l", "d", "o", "ow", "cm", "ca", "doc")
    await tx.execute(
        "insert into desk (subject, incident_number, state, contract, queue, severity, rank, language, due_at, opened_at,"
        " owner, crisis_manager, crisis_at, doc) select s, n, st, c, q, sev, r, l, d, o, ow, cm, ca, doc::jsonb from"
        " unnest(cast(:s as text[]), cast(:n as text[]), cast(:st as text[]), cast(:c as text[]), cast(:q as text[]),"
        " cast(:sev as text[]), cast(:r as int[]), cast(:l as text[]), cast(:d as timestamptz[]),"
        " cast(:o as timestamptz[]), cast(:ow as text[]), cast(:cm as text[]), cast(:ca as timestamptz[]),"
        " cast(:doc as text[])) w(s, n, st, c, q, sev, r, l, d, o, ow, cm, ca, doc) on conflict (subject) do update set"
        " state = excluded.state, contract = excluded.contract, queue = excluded.queue, severity = excluded.severity,"
        " rank = excluded.rank, language = excluded.language, due_at = excluded.due_at, owner = excluded.owner,"
        " crisis_manager = excluded.crisis_manager, crisis_at = excluded.crisis_at, doc = excluded.doc",
        {name: [row[index] for row in rows] for index, name in enumerate(names)},
    )


async def keep(tx: Tx, decisions: Sequence[tuple[str, int, datetime, str, str]]) -> None:
    """Keep decisions: (subject, number, at, inputs JSON, decision JSON)."""
    if not decisions:
        return
    await tx.execute(
        "insert into decision (subject, number, at, inputs, decision) select s, n, a, i::jsonb, d::jsonb from"
        " unnest(cast(:s as text[]), cast(:n as int[]), cast(:a as timestamptz[]), cast(:i as text[]),"
        " cast(:d as text[])) w(s, n, a, i, d)",
        {
            "s": [d[0] for d in decisions],
            "n": [d[1] for d in decisions],
            "a": [d[2] for d in decisions],
            "i": [d[3] for d in decisions],
            "d": [d[4] for d in decisions],
        },
    )


async def loads(tx: Tx) -> dict[str, tuple[int, datetime | None]]:
    """Crisis manager → (open incidents, when the last one came)."""
    rows = await tx.execute(
        "select crisis_manager, count(*) filter (where state = 'open'), max(crisis_at) from desk"
        " where crisis_manager is not null and state = 'open' group by crisis_manager"
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def draw(tx: Tx, contract: str) -> dict[str, int]:
    """What was drawn of a contract's balances, locked until the commit."""
    await tx.execute("select pg_advisory_xact_lock(7423, hashtext(:c))", {"c": contract})
    rows = await tx.execute("select balance, amount from drawn where contract = :c", {"c": contract})
    return {row[0]: int(row[1]) for row in rows}


async def set_drawn(tx: Tx, contract: str, balance: str, amount: int) -> None:
    """What is drawn by now."""
    await tx.execute(
        "insert into drawn (contract, balance, amount) values (:c, :b, :a)"
        " on conflict (contract, balance) do update set amount = excluded.amount",
        {"c": contract, "b": balance, "a": amount},
    )


async def drawn_of(c: AsyncConnection, contract: str) -> dict[str, int]:
    """What was drawn of a contract's balances, in whole parts."""
    rows = await c.execute(text("select balance, amount from drawn where contract = :c"), {"c": contract})
    return {row[0]: int(row[1]) for row in rows}
