"""What was claimed with an `Idempotency-Key`: who did not hear the answer claims again, and gets the same incident."""

from __future__ import annotations

from alembic import op

revision = "router_0009"
down_revision = "router_0008"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = (
    """
    create table claimed (
        sender text not null,
        key text not null,
        subject text not null,
        digest bytea not null,
        forget_at timestamptz not null,
        primary key (sender, key)
    )
    """,
    "create index claimed_forget on claimed (forget_at)",
)


def upgrade() -> None:
    """Make the table."""
    for statement in STATEMENTS:
        op.execute(statement)
