"""What a record showed when an action was taken: asked for again with the same key, it waits for what follows that."""

from __future__ import annotations

from alembic import op

revision = "intake_0006"
down_revision = "intake_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what was taken before nothing is waited for."""
    op.execute("alter table remembered add column stood bytea not null default ''")
