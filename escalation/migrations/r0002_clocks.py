"""Clocks, what is known of an incident, policies, escalations, proposals."""

from __future__ import annotations

from alembic import op

revision = "escalation_0002"
down_revision = "escalation_0001"
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
    "create index incident_contract on incident (contract)",
    """
create table clock (
    id uuid primary key,
    incident text not null,
    name text not null,
    side text not null,
    state text not null,
    started_at timestamptz not null,
    warn_at timestamptz not null,
    due_at timestamptz not null,
    next_at timestamptz,
    target text not null,
    calendar text not null,
    rule text not null,
    repeats boolean not null,
    urgent boolean not null,
    silent boolean not null,
    cause text not null,
    decision integer not null,
    severity text,
    level integer not null,
    warned_at timestamptz,
    met_at timestamptz,
    met_by text,
    breached_at timestamptz,
    superseded_at timestamptz,
    reason text,
    constraint clock_side_known check (side in ('provider', 'customer')),
    constraint clock_state_known check (state in ('running', 'met', 'breached', 'superseded')),
    constraint clock_due_after_start check (due_at >= started_at),
    constraint clock_rests_when_over check (
        state = 'running' or (state = 'breached' and met_at is null) or next_at is null),
    constraint clock_is_watched_while_running check (state <> 'running' or next_at is not null),
    constraint clock_met_at_some_time check (state <> 'met' or (met_at is not null and met_at <= due_at)),
    constraint clock_met_late_after_due check (state <> 'breached' or met_at is null or met_at > due_at),
    constraint clock_breached_at_some_time check (state <> 'breached' or breached_at is not null),
    constraint clock_superseded_at_some_time check ((state = 'superseded') = (superseded_at is not null))
) with (fillfactor = 70)
""",
    "create index clock_next_urgent on clock (next_at) where next_at is not null and urgent",
    "create index clock_next_ordinary on clock (next_at) where next_at is not null and not urgent",
    "create index clock_incident on clock (incident)",
    "create index clock_due on clock (due_at, id)",
    "create index clock_running on clock (due_at, id) where state = 'running'",
    """
create function clock_target_is_never_moved() returns trigger language plpgsql as $$
begin
    if (new.id, new.incident, new.name, new.side, new.started_at, new.warn_at, new.due_at, new.target, new.calendar,
        new.rule, new.repeats) is distinct from (old.id, old.incident, old.name, old.side, old.started_at, old.warn_at,
        old.due_at, old.target, old.calendar, old.rule, old.repeats) then
        raise exception 'a promise is never moved: close the clock and start another';
    end if;
    return new;
end $$
""",
    """
create trigger clock_target_is_never_moved before update on clock
for each row execute function clock_target_is_never_moved()
""",
    """
create table policy (
    name text not null,
    version integer not null constraint policy_version_counts_from_one check (version > 0),
    body jsonb not null,
    by text not null,
    stored_at timestamptz not null,
    change bigint generated always as identity not null,
    primary key (name, version)
)
""",
    "create index policy_change on policy (change)",
    """
create function policy_is_never_changed() returns trigger language plpgsql as $$
begin
    raise exception 'a version of a policy is never changed: store another';
end $$
""",
    """
create trigger policy_is_never_changed before update or delete on policy
for each row execute function policy_is_never_changed()
""",
    """
create table escalation (
    id uuid primary key,
    incident text not null,
    clock uuid references clock,
    clock_name text,
    role text not null,
    level integer not null constraint escalation_level_counts_from_one check (level > 0),
    reason text not null,
    rule text,
    policy text not null,
    policy_version integer not null,
    raised_at timestamptz not null
)
""",
    "create index escalation_incident on escalation (incident, id)",
    """
create table proposal (
    id uuid primary key,
    incident text not null,
    clock uuid not null references clock,
    about text not null,
    towards text not null,
    rule text not null,
    reason text not null,
    state text not null,
    proposed_at timestamptz not null,
    settled_at timestamptz,
    settled_by text,
    settled_reason text,
    constraint proposal_about_known check (about in ('severity', 'coverage')),
    constraint proposal_state_known check (state in ('open', 'accepted', 'rejected', 'withdrawn')),
    constraint proposal_is_settled_at_some_time check ((state = 'open') = (settled_at is null))
)
""",
    "create unique index proposal_open_once on proposal (incident, about) where state = 'open'",
    "create index proposal_incident on proposal (incident, id)",
)


def upgrade() -> None:
    """Make escalation's own tables."""
    for statement in STATEMENTS:
        op.execute(statement)
