"""What was drawn is drawn in a term: an order that is renewed under its number begins anew."""

from __future__ import annotations

from alembic import op

revision = "router_0004"
down_revision = "router_0003"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "alter table drawn add column term date",
    """
update drawn set term = coalesce((
    select (d.body -> 'term' ->> 'from')::date from directory d
    where d.kind = 'contract' and d.id = drawn.contract and d.body is not null order by d.version desc limit 1
), date '2000-01-01')
""",
    "alter table drawn drop constraint drawn_pkey",
    "alter table drawn add primary key (contract, term, balance)",
)


def upgrade() -> None:
    """Name the term in each row, by the order as it is now."""
    for statement in _STATEMENTS:
        op.execute(statement)
