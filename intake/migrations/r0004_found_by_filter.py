"""Lists find what they are asked for, however long the record has become."""

from __future__ import annotations

from backbone.postgres.indexes import build

revision = "intake_0004"
down_revision = "intake_0003"
branch_labels = None
depends_on = None

INDEXES = {
    "incident_open": "incident (subject) where state <> 'closed'",
    "incident_needs_human": "incident (subject) where flags @> '{needs-human}'",
    "incident_reference": "incident (reference, subject) where reference is not null",
    "incident_owner": "incident (owner, subject) where owner is not null",
    "incident_queue": "incident (queue, subject) where queue is not null",
    "incident_severity": "incident (severity, subject) where severity is not null",
    "incident_updated": "incident (updated_at)",
}


def upgrade() -> None:
    """Build the indexes while reports are taken."""
    build(INDEXES)
