"""Rows of some kilobytes are written as they are, and not compressed first."""

from __future__ import annotations

from alembic import op

from backbone.log.migration import keep_whole

revision = "router_0005"
down_revision = "router_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say so of the tables with JSON of that size; nothing is rewritten."""
    for statement in keep_whole("decision", "desk"):
        op.execute(statement)
