"""What was drawn is kept draw by draw, each with its day and instant: what a term has drawn follows from its days.

A version before this one may still write `drawn` beside it: a trigger writes down what it adds.
"""

from __future__ import annotations

from alembic import op

revision = "router_0011"
down_revision = "router_0010"
branch_labels = None
depends_on = None

STATEMENTS: tuple[str, ...] = (
    """
    create table draws (
        contract text, balance text, day date, at timestamptz, amount bigint not null,
        primary key (contract, balance, day, at)
    )
    """,
    """
    create function drawn_is_a_draw() returns trigger language plpgsql as $$
    begin
        insert into draws (contract, balance, day, at, amount) values (
            new.contract, new.balance, greatest(new.term, (clock_timestamp() at time zone 'UTC')::date),
            clock_timestamp(), new.amount - case when tg_op = 'UPDATE' then old.amount else 0 end
        );
        return null;
    end $$
    """,
    "create trigger drawn_is_a_draw after insert or update on drawn for each row execute function drawn_is_a_draw()",
    # When it was is not known: by noon of the term's first day, which is that day wherever the host is.
    """
    insert into draws (contract, balance, day, at, amount)
    select contract, balance, term, (term + time '12:00') at time zone 'UTC', amount from drawn where amount > 0
    """,
)


def upgrade() -> None:
    """Make the table, and fill it from what was drawn so far."""
    for statement in STATEMENTS:
        op.execute(statement)
