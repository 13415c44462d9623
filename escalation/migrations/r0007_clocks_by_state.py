"""Clocks of every state are found by when they are due, and what has no route yet among all that run."""

from __future__ import annotations

from backbone.postgres.indexes import build

revision = "escalation_0007"
down_revision = "escalation_0006"
branch_labels = None
depends_on = None

INDEXES = {
    "clock_state": "clock (state, due_at, id)",
    "clock_unrouted": "clock (started_at) where state = 'running' and name = 'unrouted'",
}


def upgrade() -> None:
    """Build the indexes while clocks run."""
    build(INDEXES, instead_of=["clock_running"])
