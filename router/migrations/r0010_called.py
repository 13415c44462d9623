"""When a crisis was last given to each crisis manager, also where it has gone on to somebody else since."""

from __future__ import annotations

from alembic import op

revision = "router_0010"
down_revision = "router_0009"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = (
    "create table called (person text primary key, at timestamptz not null)",
    """
    insert into called (person, at)
    select crisis_manager, max(crisis_at) from desk where crisis_manager is not null group by crisis_manager
    """,
)


def upgrade() -> None:
    """Make the table, and fill it from who has one now."""
    for statement in STATEMENTS:
        op.execute(statement)
