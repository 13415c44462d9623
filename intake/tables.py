"""Intake's tables, as SQLAlchemy knows them; a test compares them with the migrated database."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from backbone.log.tables import log_tables, subject_columns

metadata = MetaData()
log_tables(metadata, subjects=False)

incident = Table(
    "incident",
    metadata,
    *subject_columns(),
    Column("number", BigInteger, Identity(always=True, cache=1), nullable=False),
    Column("sender", Text, nullable=False),
    Column("reference", Text),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("contract", Text),
    Column("severity", Text),
    Column("queue", Text),
    Column("owner", Text),
    Column("flags", ARRAY(Text), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("report", JSONB, nullable=False),
    Column("view", JSONB, nullable=False),
    UniqueConstraint("number", name="incident_number"),
    CheckConstraint("state in ('open', 'resolved', 'closed')", name="incident_state"),
    Index("incident_contract", "contract", "subject"),
    Index("incident_open", "subject", postgresql_where=text("state <> 'closed'")),
    Index("incident_needs_human", "subject", postgresql_where=text("flags @> '{needs-human}'")),
    Index("incident_reference", "reference", "subject", postgresql_where=text("reference is not null")),
    Index("incident_owner", "owner", "subject", postgresql_where=text("owner is not null")),
    Index("incident_queue", "queue", "subject", postgresql_where=text("queue is not null")),
    Index("incident_severity", "severity", "subject", postgresql_where=text("severity is not null")),
    Index("incident_updated", "updated_at"),
)

remembered = Table(
    "remembered",
    metadata,
    Column("sender", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("stood", LargeBinary, nullable=False, server_default=""),
    Column("remembered_at", DateTime(timezone=True), nullable=False),
    Column("forget_at", DateTime(timezone=True)),
    CheckConstraint("kind in ('key', 'reference')", name="remembered_kind"),
)
Index("remembered_forget", remembered.c.forget_at, postgresql_where=remembered.c.forget_at.isnot(None))

fact = Table(
    "fact",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("payload", JSONB, nullable=False),
    UniqueConstraint("subject", "stage", "sequence", name="fact_once"),
)

seal = Table(
    "seal",
    metadata,
    Column("day", Date, primary_key=True),
    Column("sealed_at", DateTime(timezone=True), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("change", BigInteger, nullable=False),
    Column("facts", Integer, nullable=False),
    Column("objects", Integer, nullable=False),
    Column("hash", Text, nullable=False),
    CheckConstraint("hash ~ '^[0-9a-f]{64}$'", name="seal_hash_is_sha256"),
)
