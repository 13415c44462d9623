"""Finds when somebody was last given a crisis, whatever became of it; an incident names what it was opened under."""

from __future__ import annotations

from alembic import op

revision = "router_0003"
down_revision = "router_0002"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "create index desk_idle on desk (crisis_manager, crisis_at) where crisis_manager is not null",
    """
update desk set doc = doc || jsonb_build_object(
    'contract_version', d.inputs -> 'contract' -> 'version', 'catalogue', d.inputs -> 'catalogue', 'rank', desk.rank)
from (select distinct on (subject) subject, inputs from decision order by subject, number desc) d
where d.subject = desk.subject
""",
)


def upgrade() -> None:
    """Add the index, and write into each desk what its last decision was made from."""
    for statement in _STATEMENTS:
        op.execute(statement)
