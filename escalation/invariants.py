"""What must hold of promises, as counts of what breaks it: gauges that must be 0."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from backbone.ground import Ground
from backbone.stage import Invariant
from escalation.clocks.clock import UNROUTED

#: How long anything may be overdue.
_LATE = timedelta(seconds=60)

_COUNTS = {
    "accepted_without_a_route": f"select count(*) from clock where state = 'running' and name = '{UNROUTED}'"
    " and started_at < :late",
    "clock_past_due_still_running": "select count(*) from clock where state = 'running' and due_at < :late",
    # In two halves, as the index is.
    "clock_not_looked_at": "select (select count(*) from clock where urgent and next_at < :late)"
    " + (select count(*) from clock where not urgent and next_at < :late)",
    # What is open leads to the incidents, never the other way round: those that ended are many.
    "clock_running_of_an_ended_incident": "select count(*) from clock c where state = 'running'"
    " and (select i.state <> 'open' from incident i where i.id = c.incident)",
    "proposal_open_of_an_ended_incident": "select count(*) from proposal p where state = 'open'"
    " and (select i.state <> 'open' from incident i where i.id = p.incident)",
}


def invariants(ground: Ground) -> Mapping[str, Invariant]:
    """The stage's invariants by name."""

    def counting(sql: str) -> Invariant:
        async def count() -> int:
            late = ground.around.time.now() - _LATE
            async with ground.transactions.reading() as connection:
                rows = await connection.execute(sql, {"late": late} if ":late" in sql else {})
                return int(rows.scalar_one())

        return count

    return {name: counting(sql) for name, sql in _COUNTS.items()}
