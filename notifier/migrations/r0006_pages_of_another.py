"""Under which contract a page was, where its incident has come under another one since."""

from __future__ import annotations

from alembic import op

revision = "notifier_0006"
down_revision = "notifier_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no row is rewritten, and a version that does not know it leaves it as it is."""
    op.execute("alter table page add column under text")
