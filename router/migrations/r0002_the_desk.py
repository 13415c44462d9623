"""Decisions, the state of each incident at the router, and what was drawn from balances."""

from __future__ import annotations

from alembic import op

revision = "router_0002"
down_revision = "router_0001"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
create table decision (
    subject text not null,
    number integer not null constraint decision_number_counts_from_one check (number > 0),
    at timestamptz not null,
    inputs jsonb not null,
    decision jsonb not null,
    primary key (subject, number)
)
""",
    """
create table desk (
    subject text primary key,
    incident_number text not null,
    state text not null constraint desk_state check (state in ('open', 'resolved', 'closed')),
    contract text,
    queue text not null,
    severity text not null,
    rank integer not null,
    language text not null,
    due_at timestamptz,
    opened_at timestamptz not null,
    owner text,
    crisis_manager text,
    crisis_at timestamptz,
    doc jsonb not null
) with (fillfactor = 80)
""",
    "create index desk_queue on desk (queue, due_at, subject) where state = 'open' and owner is null",
    "create index desk_crisis on desk (crisis_manager) where state = 'open' and crisis_manager is not null",
    """
create table drawn (
    contract text not null,
    balance text not null,
    amount bigint not null constraint drawn_is_not_below_zero check (amount >= 0),
    primary key (contract, balance)
)
""",
)


def upgrade() -> None:
    """Make the router's own tables."""
    for statement in _STATEMENTS:
        op.execute(statement)
