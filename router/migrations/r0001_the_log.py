"""What every stage has: the log, subjects, cursors, leases, dead letters, the directory."""

from __future__ import annotations

from alembic import op

from backbone.log.migration import statements

revision = "router_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the shared tables."""
    for statement in statements():
        op.execute(statement)
