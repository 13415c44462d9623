"""The SQL of the secret that signs links.

It is made once, and the same for all replicas.
"""

from __future__ import annotations

from backbone.log.tx import Tx


async def secret(tx: Tx, made: bytes) -> bytes:
    """The secret that is kept: `made`, where there was none."""
    await tx.execute("insert into secret (name, value) values ('ack', :v) on conflict do nothing", {"v": made})
    row = await tx.execute("select value from secret where name = 'ack'")
    return bytes(row.scalar_one())
