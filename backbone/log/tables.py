"""The tables that every stage has, declared once: its log, its subjects, cursors, leases, dead letters, directory.

They must say the same as `migration.py`; a test compares them with a migrated database.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB


def log_tables(metadata: MetaData, *, subjects: bool = True) -> None:
    """Declare the shared tables in `metadata`; `subjects=False` where the stage has a subject table of its own."""
    Table(
        "outbox",
        metadata,
        Column("seq", BigInteger, Identity(always=True, cache=1), nullable=False),
        Column("event_id", Uuid, nullable=False),
        Column("subject", Text, nullable=False),
        Column("sequence", Integer, nullable=False),
        Column("urgent", Boolean, nullable=False),
        Column("type", Text, nullable=False),
        Column("payload", JSONB, nullable=False),
        Column("headers", JSONB, nullable=False),
        Column("after", JSONB, nullable=False),
        Column("occurred_at", DateTime(timezone=True), nullable=False),
        CheckConstraint("sequence > 0", name="outbox_sequence_counts_from_one"),
        Index("outbox_lane", "urgent", "seq"),
        Index("outbox_subject", "subject", "sequence"),
        postgresql_partition_by="RANGE (occurred_at)",
    )
    if subjects:
        Table("subject", metadata, *subject_columns())
    Table(
        "cursor",
        metadata,
        Column("reader", Text, primary_key=True),
        Column("source", Text, primary_key=True),
        Column("lane", Text, primary_key=True),
        Column("position", BigInteger, nullable=False, server_default="0"),
    )
    Table(
        "lease",
        metadata,
        Column("name", Text, primary_key=True),
        Column("holder", Text, nullable=False),
        Column("number", BigInteger, nullable=False),
        Column("beat", BigInteger, nullable=False),
    )
    Table(
        "dead_letter",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("source", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("sequence", Integer, nullable=False),
        Column("type", Text, nullable=False),
        Column("event", JSONB, nullable=False),
        Column("error", Text, nullable=False),
        Column("held_at", DateTime(timezone=True), nullable=False),
        UniqueConstraint("source", "subject", "sequence", name="dead_letter_once"),
    )
    Table(
        "directory",
        metadata,
        Column("kind", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        Column("version", Integer, primary_key=True),
        Column("body", JSONB, nullable=True),
        Column("by", Text, nullable=False),
        Column("stored_at", DateTime(timezone=True), nullable=False),
        Column("change", BigInteger, Identity(always=True), nullable=False),
        CheckConstraint("version > 0", name="directory_version_counts_from_one"),
        Index("directory_change", "change"),
    )


def subject_columns() -> tuple[Column[object], ...]:
    """What a stage keeps of each subject: how far it heard the others, how much it said, whether it is held."""
    return (
        Column("subject", Text, primary_key=True),
        Column("heard", JSONB, nullable=False, server_default="{}"),
        Column("said", Integer, nullable=False, server_default="0"),
        Column("urgent", Boolean, nullable=False, server_default="false"),
        Column("held", Boolean, nullable=False, server_default="false"),
    )
