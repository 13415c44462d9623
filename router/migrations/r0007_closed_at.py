"""Since when an incident is closed, also where a router that does not know of it writes the state alone.

The column and its trigger: who adds one holds up everybody, so nothing else goes along.
"""

from __future__ import annotations

from alembic import op

revision = "router_0007"
down_revision = "router_0006"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = (
    "alter table desk add column closed_at timestamptz",
    """
create function desk_is_closed_since() returns trigger language plpgsql as $$
begin
    new.closed_at := case when new.state = 'closed' then now() end;
    return new;
end $$
""",
    """
create trigger desk_is_closed_since before insert or update on desk
for each row when ((new.state = 'closed') <> (new.closed_at is not null)) execute function desk_is_closed_since()
""",
)


def upgrade() -> None:
    """Add the column, and what keeps it."""
    for statement in STATEMENTS:
        op.execute(statement)
