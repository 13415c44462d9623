"""The notifier's tables, as its migrations make them.

A test compares both: what one says, the other says.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from backbone.log.tables import log_tables

metadata = MetaData()
log_tables(metadata)
Index("subject_held", metadata.tables["subject"].c.subject, postgresql_where=text("held"))

incident = Table(
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

page = Table(
    "page",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("incident", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("happened", Text, nullable=False),
    Column("clocks", ARRAY(Text), nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("wants_ack", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("reached", Text),
    Column("step", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("next_at", DateTime(timezone=True)),
    Column("round_at", DateTime(timezone=True), nullable=False),
    Column("holder", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("acknowledged_by", Text),
    Column("ended", Text),
    Column("traceparent", Text),
    Column("under", Text),
    Column("grounds", ARRAY(Text), nullable=False, server_default="{}"),
    UniqueConstraint("incident", "purpose", "cause", "person", name="page_once"),
    CheckConstraint(
        "purpose in ('crisis-manager', 'duty-manager', 'engineer', 'executive', 'delivery-manager', 'administrator',"
        " 'cloud-operations', 'product-team', 'escalation')",
        name="page_purpose_known",
    ),
    CheckConstraint("side in ('provider', 'customer')", name="page_side_known"),
    CheckConstraint(
        "state in ('waiting', 'sending', 'sent', 'delivered', 'acknowledged', 'exhausted', 'cancelled')",
        name="page_state_known",
    ),
    CheckConstraint("reached in ('sent', 'delivered')", name="page_reached_known"),
    CheckConstraint("(state = 'sending') = (holder is not null)", name="page_is_held_while_sending"),
    CheckConstraint("state in ('waiting', 'sent', 'delivered') or next_at is null", name="page_rests_when_over"),
    CheckConstraint(
        "(state = 'acknowledged') = (acknowledged_at is not null and acknowledged_by is not null)",
        name="page_acknowledged_by_somebody",
    ),
    Index("page_due", "urgent", "next_at", postgresql_where=text("next_at is not null")),
    Index("page_sending", "holder", postgresql_where=text("holder is not null")),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("page", Uuid, ForeignKey("page.id"), nullable=False),
    Column("incident", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("repeat", Boolean, nullable=False),
    Column("provider_id", Text),
    CheckConstraint("outcome in ('sending', 'sent', 'delivered', 'failed')", name="attempt_outcome_known"),
    Index("attempt_page", "page"),
    Index("attempt_provider", "provider_id", postgresql_where=text("provider_id is not null")),
)

mailbox = Table(
    "mailbox",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("incident", Text, nullable=False),
    Column("page", Uuid, nullable=False),
    Column("person", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("mailbox_incident", "incident", "id"),
    Index("mailbox_person", "person", "id"),
)

sender = Table("sender", metadata, Column("holder", Text, primary_key=True), Column("beat", BigInteger, nullable=False))

secret = Table("secret", metadata, Column("name", Text, primary_key=True), Column("value", LargeBinary, nullable=False))
