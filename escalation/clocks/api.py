"""`GET /v1/clocks`: what is promised, by when, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from backbone.ground import Ground
from backbone.web.keys import Caller, require
from backbone.web.paging import Cursor, Limit, decode_cursor, page_of
from escalation.reading import Where, instant_at, uuid_at
from services.instants import InstantOfOurTime, write_instant_if

from . import queries
from .clock import Clock, State

View = Annotated[Caller, require("view")]


def routes(ground: Ground) -> APIRouter:
    """The route."""
    router = APIRouter(tags=["clocks"])

    @router.get("/v1/clocks")
    async def list_clocks(
        caller: View,
        state: State | None = None,
        side: Literal["provider", "customer"] | None = None,
        due_before: InstantOfOurTime | None = None,
        incident: Annotated[str | None, Query(max_length=100)] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        """Clocks in the order in which they are due. `incident` is an id or a number."""
        where = Where.seen_by(caller, incident)
        if state is not None:
            where.add("c.state = :state", state=state.value)
        if side is not None:
            where.add("c.side = :side", side=side)
        if due_before is not None:
            where.add("c.due_at < :due_before", due_before=due_before)
        if cursor is not None:
            due, id_ = decode_cursor(cursor, str, str)
            where.add("(c.due_at, c.id) > (:after_due, :after_id)", after_due=instant_at(due), after_id=uuid_at(id_))
        async with ground.transactions.listing() as connection:
            found = await queries.due_first(connection, where, limit + 1)
        page = page_of(found, limit, lambda item: (item[0].due_at.isoformat(), str(item[0].id)))
        return {"items": [shown(clock, number) for clock, number in page.items], "next": page.next}

    return router


def shown(clock: Clock, number: str) -> dict[str, Any]:
    """A clock as api.md shows it in an incident's record, with its incident."""
    stopped = clock.met_at if clock.met_at is not None else clock.superseded_at
    return {
        "id": str(clock.id), "incident": clock.incident, "number": number, "name": clock.name, "side": clock.side,
        "state": clock.state.value, "severity": clock.severity, "started_at": write_instant_if(clock.started_at),
        "warn_at": write_instant_if(clock.warn_at), "due_at": write_instant_if(clock.due_at), "target": clock.target,
        "calendar": clock.calendar, "rule": clock.rule, "stopped_at": write_instant_if(stopped),
        "warned_at": write_instant_if(clock.warned_at),
        "met_at": write_instant_if(clock.met_at), "met_by": clock.met_by,
        "breached_at": write_instant_if(clock.breached_at),
        "reason": clock.reason,
    }  # fmt: skip
