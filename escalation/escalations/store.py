"""The SQL of escalations: appended a batch at a time, never changed."""

from __future__ import annotations

from collections.abc import Sequence

from backbone.log.tx import Tx

from .escalation import Escalation

_TYPES = {
    "id": "uuid", "incident": "text", "clock": "uuid", "clock_name": "text", "role": "text", "level": "int",
    "reason": "text", "rule": "text", "policy": "text", "policy_version": "int", "raised_at": "timestamptz",
}  # fmt: skip


async def insert(tx: Tx, raised: Sequence[Escalation]) -> None:
    """Write them in one statement."""
    if raised:
        await tx.execute(
            f"insert into escalation ({', '.join(_TYPES)}) select * from unnest("
            + ", ".join(f"cast(:{column} as {kind}[])" for column, kind in _TYPES.items())
            + ")",
            {column: [getattr(escalation, column) for escalation in raised] for column in _TYPES},
        )
