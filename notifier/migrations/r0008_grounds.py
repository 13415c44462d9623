"""What keeps a page wanted, each of its matters by itself."""

from __future__ import annotations

from alembic import op

revision = "notifier_0008"
down_revision = "notifier_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no row is rewritten, and one without any is judged by its reason and its clocks, as before."""
    op.execute("alter table page add column grounds text[] not null default '{}'")
