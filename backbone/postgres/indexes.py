"""Indexes over tables that are full and in use: built beside the writers, who wait for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alembic import op


def build(indexes: Mapping[str, str], instead_of: Iterable[str] = ()) -> None:
    """Build indexes (name → `table (columns) where …`) in a revision of its own, then drop those that they replace.

    No transaction holds it together: what an earlier try has left, whole or broken off, is built anew.
    """
    with op.get_context().autocommit_block():
        for name, over in indexes.items():
            op.execute(f"drop index concurrently if exists {name}")
            op.execute(f"create index concurrently {name} on {over}")
        for name in instead_of:
            op.execute(f"drop index concurrently if exists {name}")
