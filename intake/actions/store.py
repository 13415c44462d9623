"""The SQL of repeats: which key was used by whom, for what."""

from __future__ import annotations

from typing import NamedTuple

from backbone.log.tx import Tx
from backbone.web.idempotency import KEPT


class Used(NamedTuple):
    """What a key was used for. `stood` is what the record showed then of what follows; empty where nothing does."""

    incident: str
    digest: bytes
    stood: bytes


async def remembered(tx: Tx, sender: str, key: str) -> Used | None:
    """What the sender's key was used for, within its time."""
    row = (
        await tx.execute(
            "select subject, digest, stood from remembered where sender = :s and kind = 'key' and value = :v"
            " and (forget_at is null or forget_at >= :now)",
            {"s": sender, "v": key, "now": tx.now},
        )
    ).first()
    return Used(row[0], bytes(row[1]), bytes(row[2])) if row is not None else None


async def remember(tx: Tx, sender: str, key: str, used: Used) -> bool:
    """Remember a key for a day. False where it was used meanwhile: of two at once the second waits, and is refused."""
    done = await tx.execute(
        "insert into remembered (sender, kind, value, subject, digest, stood, remembered_at, forget_at)"
        " values (:s, 'key', :v, :i, :d, :stood, :now, :f) on conflict (sender, kind, value) do update"
        " set subject = excluded.subject, digest = excluded.digest, stood = excluded.stood,"
        " remembered_at = excluded.remembered_at, forget_at = excluded.forget_at"
        " where remembered.forget_at < excluded.remembered_at returning 1",
        {
            "s": sender, "v": key, "i": used.incident, "d": used.digest, "stood": used.stood, "now": tx.now,
            "f": tx.now + KEPT,
        },
    )  # fmt: skip
    return bool(done)
