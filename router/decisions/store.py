"""The desk's SQL: loaded and saved by the batch; each decision is kept with what it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backbone.log.tx import Tx

from .desk import DESK, Desk


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision and what it was made from, as JSON."""

    subject: str
    number: int
    at: datetime
    inputs: str
    decision: str


async def load(tx: Tx, subjects: Sequence[str]) -> dict[str, Desk]:
    """The desks of locked incidents."""
    rows = await tx.execute(
        "select subject, doc::text from desk where subject = any(cast(:s as text[]))", {"s": list(subjects)}
    )
    return {row[0]: DESK.validate_json(row[1]) for row in rows}


async def save(tx: Tx, desks: Sequence[Desk]) -> None:
    """Write desks back in one statement; those without a decision are not on the desk yet.

    What is closed counts its days from when it was first heard to be.
    """
    rows: list[tuple[Any, ...]] = [
        (
            desk.subject, desk.incident_number, desk.state, desk.contract, desk.decision.queue, desk.decision.severity,
            desk.rank, desk.decision.language, desk.due_at, desk.submitted_at, desk.owner, desk.crisis_manager,
            desk.crisis_at, DESK.dump_json(desk).decode(),
        )
        for desk in desks
        if desk.decision is not None
    ]  # fmt: skip
    if not rows:
        return
    names = ("s", "n", "st", "c", "q", "sev", "r", "l", "d", "o", "ow", "cm", "ca", "doc")
    await tx.execute(
        "insert into desk (subject, incident_number, state, contract, queue, severity, rank, language, due_at, opened_at,"
        " owner, crisis_manager, crisis_at, doc, closed_at) select s, n, st, c, q, sev, r, l, d, o, ow, cm, ca, doc::jsonb,"
        " case when st = 'closed' then cast(:now as timestamptz) end from"
        " unnest(cast(:s as text[]), cast(:n as text[]), cast(:st as text[]), cast(:c as text[]), cast(:q as text[]),"
        " cast(:sev as text[]), cast(:r as int[]), cast(:l as text[]), cast(:d as timestamptz[]),"
        " cast(:o as timestamptz[]), cast(:ow as text[]), cast(:cm as text[]), cast(:ca as timestamptz[]),"
        " cast(:doc as text[])) w(s, n, st, c, q, sev, r, l, d, o, ow, cm, ca, doc) on conflict (subject) do update set"
        " state = excluded.state, contract = excluded.contract, queue = excluded.queue, severity = excluded.severity,"
        " rank = excluded.rank, language = excluded.language, due_at = excluded.due_at, owner = excluded.owner,"
        " crisis_manager = excluded.crisis_manager, crisis_at = excluded.crisis_at, doc = excluded.doc,"
        " closed_at = case when excluded.state = 'closed' then coalesce(desk.closed_at, excluded.closed_at) end",
        {name: [row[index] for row in rows] for index, name in enumerate(names)} | {"now": tx.now},
    )


async def keep(tx: Tx, decisions: Sequence[Kept]) -> None:
    """Keep decisions."""
    if not decisions:
        return
    await tx.execute(
        "insert into decision (subject, number, at, inputs, decision) select s, n, a, i::jsonb, d::jsonb from"
        " unnest(cast(:s as text[]), cast(:n as int[]), cast(:a as timestamptz[]), cast(:i as text[]),"
        " cast(:d as text[])) w(s, n, a, i, d)",
        {
            "s": [one.subject for one in decisions],
            "n": [one.number for one in decisions],
            "a": [one.at for one in decisions],
            "i": [one.inputs for one in decisions],
            "d": [one.decision for one in decisions],
        },
    )
