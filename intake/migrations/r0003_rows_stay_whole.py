"""Rows of some kilobytes are written as they are, and not compressed first."""

from __future__ import annotations

from alembic import op

from backbone.log.migration import keep_whole

revision = "intake_0003"
down_revision = "intake_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say so of the tables with JSON of that size; nothing is rewritten."""
    for statement in keep_whole("incident", "fact"):
        op.execute(statement)
