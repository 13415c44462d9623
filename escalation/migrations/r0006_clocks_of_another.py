"""Whose promise a clock was, where its incident has come under another contract since."""

from __future__ import annotations

from alembic import op

revision = "escalation_0006"
down_revision = "escalation_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no row is rewritten, and a version that does not know it leaves it as it is."""
    op.execute("alter table clock add column under text")
