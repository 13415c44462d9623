"""Which clocks could not be acted on, so that a human is asked for once, and told once that it goes on."""

from __future__ import annotations

from alembic import op

revision = "escalation_0005"
down_revision = "escalation_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the mark; no row is rewritten, and a version that does not know it leaves it as it is."""
    op.execute("alter table clock add column stuck boolean not null default false")
