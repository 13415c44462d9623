"""What must hold of the record, as counts of what breaks it: gauges that must be 0."""

from __future__ import annotations

from collections.abc import Mapping

from backbone.ground import Ground
from backbone.log.invariants import LATE
from backbone.stage import Invariant

from .project import NEEDS_HUMAN

_UNFLAGGED = (
    "select count(distinct d.subject) from dead_letter d where d.held_at < :late"
    " and (select not i.flags @> array[cast(:flag as text)] from incident i where i.subject = d.subject)"
)


def invariants(ground: Ground) -> Mapping[str, Invariant]:
    """The stage's invariants by name."""

    async def unflagged() -> int:
        values = {"late": ground.around.time.now() - LATE, "flag": NEEDS_HUMAN}
        async with ground.transactions.reading() as connection:
            return int((await connection.execute(_UNFLAGGED, values)).scalar_one())

    return {"dead_letter_without_a_flag": unflagged}
