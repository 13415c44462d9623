"""Finds the open incidents of a queue, owned or not, without reading those that are closed."""

from __future__ import annotations

from alembic import op

revision = "router_0006"
down_revision = "router_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.execute("create index desk_open on desk (queue, due_at, subject) where state = 'open'")
