"""The log, the incidents' record, the keys that make a repeat harmless, and the facts of the other stages."""

from __future__ import annotations

from alembic import op

from backbone.log.migration import statements

revision = "intake_0001"
down_revision = None
branch_labels = None
depends_on = None

_OWN = (
    """
create table incident (
    subject text primary key,
    number bigint generated always as identity (cache 1) not null constraint incident_number unique,
    heard jsonb not null default '{}',
    said integer not null default 1,
    urgent boolean not null,
    held boolean not null default false,
    sender text not null,
    reference text,
    state text not null default 'open' constraint incident_state check (state in ('open', 'resolved', 'closed')),
    version integer not null default 1,
    contract text,
    severity text,
    queue text,
    owner text,
    flags text[] not null default '{}',
    opened_at timestamptz not null,
    updated_at timestamptz not null,
    closed_at timestamptz,
    report jsonb not null,
    view jsonb not null
) with (fillfactor = 80)
""",
    "create index incident_contract on incident (contract, subject)",
    """
create table remembered (
    sender text not null,
    kind text not null constraint remembered_kind check (kind in ('key', 'reference')),
    value text not null,
    subject text not null,
    digest bytea not null,
    remembered_at timestamptz not null,
    forget_at timestamptz,
    primary key (sender, kind, value)
)
""",
    "create index remembered_forget on remembered (forget_at) where forget_at is not null",
    """
create table fact (
    position bigint not null primary key,
    subject text not null,
    stage text not null,
    sequence integer not null,
    type text not null,
    at timestamptz not null,
    payload jsonb not null,
    constraint fact_once unique (subject, stage, sequence)
)
""",
    """
create trigger fact_in_commit_order before insert on fact
for each statement execute function outbox_in_commit_order()
""",
)


def upgrade() -> None:
    """Make everything of intake's."""
    for statement in (*statements(subjects=False), *_OWN):
        op.execute(statement)
