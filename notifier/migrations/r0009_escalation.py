"""A page to a crisis manager that is an escalation's, and not the assignment's."""

from __future__ import annotations

from alembic import op

revision = "notifier_0009"
down_revision = "notifier_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Allow the purpose; what is there was allowed before."""
    op.execute(
        "alter table page drop constraint page_purpose_known, add constraint page_purpose_known check (purpose in"
        " ('crisis-manager', 'duty-manager', 'engineer', 'executive', 'delivery-manager', 'administrator',"
        " 'cloud-operations', 'product-team', 'escalation'))"
    )
