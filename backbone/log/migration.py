"""The statements that make the shared tables of a stage: called by each stage's first migration.

An event is never updated, and `seq` is commit order: the trigger takes the stage's lock before a number is given.
"""

from __future__ import annotations

#: A row of up to 8 KiB stays whole. PostgreSQL compresses from 2 KiB on, which costs more than all else of writing it.
WHOLE = "toast_tuple_target = 8160"

SUBJECT = """
create table subject (
    subject text primary key,
    heard jsonb not null default '{}',
    said integer not null default 0,
    urgent boolean not null default false,
    held boolean not null default false
) with (fillfactor = 70)
"""

STATEMENTS: tuple[str, ...] = (
    """
create table outbox (
    seq bigint generated always as identity (cache 1) not null,
    event_id uuid not null,
    subject text not null,
    sequence integer not null constraint outbox_sequence_counts_from_one check (sequence > 0),
    urgent boolean not null,
    type text not null,
    payload jsonb not null,
    headers jsonb not null,
    after jsonb not null,
    occurred_at timestamptz not null
) partition by range (occurred_at)
""",
    "create table outbox_default partition of outbox default",
    "create index outbox_lane on outbox (urgent, seq)",
    "create index outbox_subject on outbox (subject, sequence)",
    """
create function outbox_in_commit_order() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(7420, hashtext(tg_table_schema));
    return null;
end $$
""",
    """
create trigger outbox_in_commit_order before insert on outbox
for each statement execute function outbox_in_commit_order()
""",
    """
create function outbox_is_never_changed() returns trigger language plpgsql as $$
begin
    raise exception 'what was said is never changed';
end $$
""",
    """
create trigger outbox_is_never_changed before update on outbox
for each statement execute function outbox_is_never_changed()
""",
    """
create table cursor (
    reader text not null,
    source text not null,
    lane text not null,
    position bigint not null default 0,
    primary key (reader, source, lane)
) with (fillfactor = 50)
""",
    """
create table lease (
    name text primary key,
    holder text not null,
    number bigint not null,
    beat bigint not null
) with (fillfactor = 50)
""",
    """
create table dead_letter (
    id bigint generated always as identity primary key,
    source text not null,
    subject text not null,
    sequence integer not null,
    type text not null,
    event jsonb not null,
    error text not null,
    held_at timestamptz not null,
    constraint dead_letter_once unique (source, subject, sequence)
)
""",
    """
create table directory (
    kind text not null,
    id text not null,
    version integer not null constraint directory_version_counts_from_one check (version > 0),
    body jsonb,
    by text not null,
    stored_at timestamptz not null,
    change bigint generated always as identity not null,
    primary key (kind, id, version)
)
""",
    "create index directory_change on directory (change)",
    """
create function directory_in_commit_order() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(7421, hashtext(tg_table_schema));
    return null;
end $$
""",
    """
create trigger directory_in_commit_order before insert on directory
for each statement execute function directory_in_commit_order()
""",
)


def statements(*, subjects: bool = True) -> tuple[str, ...]:
    """All of them, in order; without the subject table where the stage declares its own."""
    return (SUBJECT, *STATEMENTS) if subjects else STATEMENTS


#: A version of an object stays what it was: seals, replays and the history of changes rest on it.
KEEP_VERSIONS = """
create trigger directory_is_never_changed before update or delete on directory
for each statement execute function outbox_is_never_changed()
"""


def keep_whole(*tables: str) -> tuple[str, ...]:
    """The statements for these tables and for the log; what is there already stays as it is, and so do the log's days."""
    return tuple(f"alter table {table} set ({WHOLE})" for table in (*tables, "outbox_default"))
