"""Seals of days, and facts that nobody changes or takes away."""

from __future__ import annotations

from alembic import op

revision = "intake_0002"
down_revision = "intake_0001"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
create table seal (
    day date not null primary key,
    sealed_at timestamptz not null,
    position bigint not null,
    change bigint not null,
    facts integer not null,
    objects integer not null,
    hash text not null constraint seal_hash_is_sha256 check (hash ~ '^[0-9a-f]{64}$')
)
""",
    """
create trigger fact_is_never_changed before update or delete on fact
for each statement execute function outbox_is_never_changed()
""",
)


def upgrade() -> None:
    """Add them."""
    for statement in _STATEMENTS:
        op.execute(statement)
