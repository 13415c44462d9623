"""The SQL of repeats: which `Idempotency-Key` was used by whom, for what."""

from __future__ import annotations

from backbone.log.tx import Tx
from backbone.web.idempotency import KEPT


async def remembered(tx: Tx, sender: str, key: str) -> tuple[str, bytes] | None:
    """(subject, digest) that the sender's key was used for. Of two at once the second waits until the first is done."""
    await tx.execute(
        "select pg_advisory_xact_lock(hashtextextended(cast(:s as text) || ' ' || cast(:k as text), 0))",
        {"s": sender, "k": key},
    )
    row = (
        await tx.execute(
            "select subject, digest from claimed where sender = :s and key = :k and forget_at >= :now",
            {"s": sender, "k": key, "now": tx.now},
        )
    ).first()
    return (row[0], bytes(row[1])) if row is not None else None


async def remember(tx: Tx, sender: str, key: str, subject: str, digest: bytes) -> None:
    """Remember what came of a key that `remembered` did not know; some of those whose time is over go."""
    await tx.execute(
        "delete from claimed where (sender, key) in"
        " (select sender, key from claimed where forget_at < :now limit 100 for update skip locked)",
        {"now": tx.now},
    )
    await tx.execute(
        "insert into claimed (sender, key, subject, digest, forget_at) values (:s, :k, :i, :d, :f)"
        " on conflict (sender, key) do update set subject = excluded.subject, digest = excluded.digest,"
        " forget_at = excluded.forget_at",
        {"s": sender, "k": key, "i": subject, "d": digest, "f": tx.now + KEPT},
    )
