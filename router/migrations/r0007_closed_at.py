"""Since when an incident is closed, so that what belongs to it can be removed after a while."""

from __future__ import annotations

from alembic import op

revision = "router_0007"
down_revision = "router_0006"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = (
    "alter table desk add column closed_at timestamptz",
    # Nobody wrote down when: what is closed by now counts from now.
    "update desk set closed_at = now() where state = 'closed'",
    "create index desk_closed on desk (closed_at) where closed_at is not null",
)


def upgrade() -> None:
    """Add the column, and its index."""
    for statement in STATEMENTS:
        op.execute(statement)
