"""What is closed by now has its instant of closure, so that what belongs to it can be removed after a while."""

from __future__ import annotations

from alembic import op

revision = "router_0008"
down_revision = "router_0007"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = (
    # Nobody wrote down when: it counts from now.
    "update desk set closed_at = now() where state = 'closed' and closed_at is null",
    "create index desk_closed on desk (closed_at) where closed_at is not null",
)


def upgrade() -> None:
    """Fill the column, and add its index."""
    for statement in STATEMENTS:
        op.execute(statement)
