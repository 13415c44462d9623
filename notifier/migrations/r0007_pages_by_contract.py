"""A customer's pages are found by its incidents."""

from __future__ import annotations

from backbone.postgres.indexes import build

revision = "notifier_0007"
down_revision = "notifier_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build the index while pages leave."""
    build({"incident_contract": "incident (contract)"})
