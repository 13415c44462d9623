"""A version of a contract, a person or a key that was written down is neither changed nor taken away."""

from __future__ import annotations

from alembic import op

from backbone.log.migration import KEEP_VERSIONS

revision = "router_0012"
down_revision = "router_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the trigger; who changed any did so by hand."""
    op.execute(KEEP_VERSIONS)
