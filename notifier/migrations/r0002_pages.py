"""Pages, their attempts, the mailbox, who is sending, and what is known of an incident to put it into words."""

from __future__ import annotations

from alembic import op

revision = "notifier_0002"
down_revision = "notifier_0001"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = (
    """
create table incident (
    id text primary key,
    number text not null,
    contract text,
    state text not null,
    body jsonb not null,
    constraint incident_state_known check (state in ('open', 'resolved', 'closed'))
) with (fillfactor = 70)
""",
    "create index incident_number on incident (number)",
    """
create table page (
    id uuid primary key,
    incident text not null,
    purpose text not null,
    side text not null,
    person text not null,
    name text not null,
    cause text not null,
    reason text not null,
    happened text not null,
    clocks text[] not null,
    urgent boolean not null,
    wants_ack boolean not null,
    state text not null,
    reached text,
    step integer not null,
    round integer not null,
    tries integer not null,
    attempts integer not null,
    channel text not null,
    next_at timestamptz,
    round_at timestamptz not null,
    holder text,
    created_at timestamptz not null,
    acknowledged_at timestamptz,
    acknowledged_by text,
    ended text,
    constraint page_once unique (incident, purpose, cause, person),
    constraint page_purpose_known check (purpose in ('crisis-manager', 'duty-manager', 'engineer', 'executive',
        'delivery-manager', 'administrator', 'cloud-operations', 'product-team')),
    constraint page_side_known check (side in ('provider', 'customer')),
    constraint page_state_known check (state in ('waiting', 'sending', 'sent', 'delivered', 'acknowledged', 'exhausted',
        'cancelled')),
    constraint page_reached_known check (reached in ('sent', 'delivered')),
    constraint page_is_held_while_sending check ((state = 'sending') = (holder is not null)),
    constraint page_rests_when_over check (state in ('waiting', 'sent', 'delivered') or next_at is null),
    constraint page_acknowledged_by_somebody check (
        (state = 'acknowledged') = (acknowledged_at is not null and acknowledged_by is not null))
) with (fillfactor = 70)
""",
    "create index page_due on page (urgent, next_at) where next_at is not null",
    "create index page_sending on page (holder) where holder is not null",
    """
create table attempt (
    id uuid primary key,
    page uuid not null references page,
    incident text not null,
    channel text not null,
    address text not null,
    at timestamptz not null,
    outcome text not null,
    detail text not null,
    repeat boolean not null,
    provider_id text,
    constraint attempt_outcome_known check (outcome in ('sending', 'sent', 'delivered', 'failed'))
)
""",
    "create index attempt_page on attempt (page)",
    "create index attempt_provider on attempt (provider_id) where provider_id is not null",
    """
create table mailbox (
    id uuid primary key,
    at timestamptz not null,
    incident text not null,
    page uuid not null,
    person text not null,
    channel text not null,
    subject text not null,
    text text not null
)
""",
    "create index mailbox_incident on mailbox (incident, id)",
    "create index mailbox_person on mailbox (person, id)",
    """
create table sender (
    holder text primary key,
    beat bigint not null
) with (fillfactor = 50)
""",
    """
create table secret (
    name text primary key,
    value bytea not null
)
""",
    "create index subject_held on subject (subject) where held",
)


def upgrade() -> None:
    """Make the notifier's own tables."""
    for statement in STATEMENTS:
        op.execute(statement)
