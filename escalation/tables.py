"""Escalation's tables, as the migrations leave them; a test compares the two.

No row of `clock` is ever given another target: a trigger refuses it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from backbone.log.tables import log_tables

metadata = MetaData()
log_tables(metadata)

Table(
    "incident",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", Text, nullable=False),
    Column("contract", Text),
    Column("state", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    CheckConstraint("state in ('open', 'resolved', 'closed')", name="incident_state_known"),
    Index("incident_number", "number"),
    Index("incident_contract", "contract"),
    Index("incident_closed", "closed_at", postgresql_where=text("closed_at is not null")),
)

Table(
    "clock",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("incident", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("warn_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("next_at", DateTime(timezone=True)),
    Column("target", Text, nullable=False),
    Column("calendar", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("repeats", Boolean, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("silent", Boolean, nullable=False),
    Column("cause", Text, nullable=False),
    Column("decision", Integer, nullable=False),
    Column("severity", Text),
    Column("level", Integer, nullable=False),
    Column("warned_at", DateTime(timezone=True)),
    Column("met_at", DateTime(timezone=True)),
    Column("met_by", Text),
    Column("breached_at", DateTime(timezone=True)),
    Column("superseded_at", DateTime(timezone=True)),
    Column("reason", Text),
    Column("stuck", Boolean, nullable=False, server_default=text("false")),
    Column("under", Text),
    CheckConstraint("side in ('provider', 'customer')", name="clock_side_known"),
    CheckConstraint("state in ('running', 'met', 'breached', 'superseded')", name="clock_state_known"),
    CheckConstraint("due_at >= started_at", name="clock_due_after_start"),
    CheckConstraint(
        "state = 'running' or (state = 'breached' and met_at is null) or next_at is null", name="clock_rests_when_over"
    ),
    CheckConstraint("state <> 'running' or next_at is not null", name="clock_is_watched_while_running"),
    CheckConstraint("state <> 'met' or (met_at is not null and met_at <= due_at)", name="clock_met_at_some_time"),
    CheckConstraint("state <> 'breached' or met_at is null or met_at > due_at", name="clock_met_late_after_due"),
    CheckConstraint("state <> 'breached' or breached_at is not null", name="clock_breached_at_some_time"),
    CheckConstraint("(state = 'superseded') = (superseded_at is not null)", name="clock_superseded_at_some_time"),
    Index("clock_next_urgent", "next_at", postgresql_where=text("next_at is not null and urgent")),
    Index("clock_next_ordinary", "next_at", postgresql_where=text("next_at is not null and not urgent")),
    Index("clock_incident", "incident"),
    Index("clock_due", "due_at", "id"),
    Index("clock_state", "state", "due_at", "id"),
    Index("clock_unrouted", "started_at", postgresql_where=text("state = 'running' and name = 'unrouted'")),
)

Table(
    "policy",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", JSONB, nullable=False),
    Column("by", Text, nullable=False),
    Column("stored_at", DateTime(timezone=True), nullable=False),
    Column("change", BigInteger, Identity(always=True), nullable=False),
    CheckConstraint("version > 0", name="policy_version_counts_from_one"),
    Index("policy_change", "change"),
)

Table(
    "escalation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("incident", Text, nullable=False),
    Column("clock", Uuid, ForeignKey("clock.id")),
    Column("clock_name", Text),
    Column("role", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rule", Text),
    Column("policy", Text, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("raised_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("level > 0", name="escalation_level_counts_from_one"),
    Index("escalation_incident", "incident", "id"),
    Index("escalation_clock", "clock"),
)

Table(
    "proposal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("incident", Text, nullable=False),
    Column("clock", Uuid, ForeignKey("clock.id"), nullable=False),
    Column("about", Text, nullable=False),
    Column("towards", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("settled_at", DateTime(timezone=True)),
    Column("settled_by", Text),
    Column("settled_reason", Text),
    CheckConstraint("about in ('severity', 'coverage')", name="proposal_about_known"),
    CheckConstraint("state in ('open', 'accepted', 'rejected', 'withdrawn')", name="proposal_state_known"),
    CheckConstraint("(state = 'open') = (settled_at is null)", name="proposal_is_settled_at_some_time"),
    Index("proposal_open_once", "incident", "about", unique=True, postgresql_where=text("state = 'open'")),
    Index("proposal_incident", "incident", "id"),
    Index("proposal_clock", "clock"),
)
