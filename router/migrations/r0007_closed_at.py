"""Since when an incident is closed. The column alone: who adds one holds up everybody, so nothing else goes along."""

from __future__ import annotations

from alembic import op

revision = "router_0007"
down_revision = "router_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.execute("alter table desk add column closed_at timestamptz")
