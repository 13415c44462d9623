"""The SQL of proposals: opened and settled a batch at a time; one about the same is open at most."""

from __future__ import annotations

from collections.abc import Sequence

from backbone.log.tx import Tx

from .proposal import Proposal, Settled

_TYPES = {
    "id": "uuid", "incident": "text", "clock": "uuid", "about": "text", "towards": "text", "rule": "text",
    "reason": "text", "proposed_at": "timestamptz",
}  # fmt: skip


async def insert(tx: Tx, opened: Sequence[Proposal]) -> None:
    """Write them in one statement."""
    if opened:
        await tx.execute(
            f"insert into proposal (state, {', '.join(_TYPES)}) select 'open', w.* from unnest("
            + ", ".join(f"cast(:{column} as {kind}[])" for column, kind in _TYPES.items())
            + ") w",
            {column: [getattr(proposal, column) for proposal in opened] for column in _TYPES},
        )


async def settle(tx: Tx, settled: Sequence[Settled]) -> None:
    """End the open proposals of each incident, in one statement."""
    if settled:
        await tx.execute(
            "update proposal p set state = w.state, settled_at = w.at, settled_by = w.by, settled_reason = w.reason"
            " from unnest(cast(:i as text[]), cast(:s as text[]), cast(:a as timestamptz[]), cast(:b as text[]),"
            " cast(:r as text[])) w(incident, state, at, by, reason)"
            " where p.incident = w.incident and p.state = 'open'",
            {
                "i": [x.incident for x in settled],
                "s": [str(x.outcome) for x in settled],
                "a": [x.at for x in settled],
                "b": [x.by for x in settled],
                "r": [x.reason for x in settled],
            },
        )
