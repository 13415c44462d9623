"""A page keeps the trace of what it was asked for by: what becomes of it belongs to that."""

from __future__ import annotations

from alembic import op

revision = "notifier_0005"
down_revision = "notifier_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.execute("alter table page add column traceparent text")
