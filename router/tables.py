"""The router's tables, as SQLAlchemy knows them; a test compares them with the migrated database."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import JSONB

from backbone.log.tables import log_tables

metadata = MetaData()
log_tables(metadata)

decision = Table(
    "decision",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("inputs", JSONB, nullable=False),
    Column("decision", JSONB, nullable=False),
    CheckConstraint("number > 0", name="decision_number_counts_from_one"),
)

desk = Table(
    "desk",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("incident_number", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("contract", Text),
    Column("queue", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("owner", Text),
    Column("crisis_manager", Text),
    Column("crisis_at", DateTime(timezone=True)),
    Column("doc", JSONB, nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    CheckConstraint("state in ('open', 'resolved', 'closed')", name="desk_state"),
)
Index("desk_queue", desk.c.queue, desk.c.due_at, desk.c.subject,
      postgresql_where=text("state = 'open' and owner is null"))  # fmt: skip
Index("desk_open", desk.c.queue, desk.c.due_at, desk.c.subject,
      postgresql_where=text("state = 'open'"))  # fmt: skip
Index("desk_crisis", desk.c.crisis_manager,
      postgresql_where=text("state = 'open' and crisis_manager is not null"))  # fmt: skip
Index("desk_idle", desk.c.crisis_manager, desk.c.crisis_at,
      postgresql_where=text("crisis_manager is not null"))  # fmt: skip
Index("desk_closed", desk.c.closed_at, postgresql_where=text("closed_at is not null"))

draws = Table(
    "draws",
    metadata,
    Column("contract", Text, primary_key=True),
    Column("balance", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("at", DateTime(timezone=True), primary_key=True),
    Column("amount", BigInteger, nullable=False),
)

# Where a version before `draws` draws beside this one; a trigger writes it down there too.
drawn = Table(
    "drawn",
    metadata,
    Column("contract", Text, primary_key=True),
    Column("term", Date, primary_key=True),
    Column("balance", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    CheckConstraint("amount >= 0", name="drawn_is_not_below_zero"),
)

called = Table(
    "called",
    metadata,
    Column("person", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)

claimed = Table(
    "claimed",
    metadata,
    Column("sender", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("forget_at", DateTime(timezone=True), nullable=False),
)
Index("claimed_forget", claimed.c.forget_at)
