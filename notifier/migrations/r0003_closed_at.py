"""Since when an incident is closed, so that what belongs to it can be removed after a while."""

from __future__ import annotations

from alembic import op

revision = "notifier_0003"
down_revision = "notifier_0002"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = (
    "alter table incident add column closed_at timestamptz",
    # Nobody wrote down when: what is closed by now counts from now.
    "update incident set closed_at = now() where state = 'closed'",
    "create index incident_closed on incident (closed_at) where closed_at is not null",
)


def upgrade() -> None:
    """Add the column, and its index."""
    for statement in STATEMENTS:
        op.execute(statement)
