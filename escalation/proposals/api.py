"""`GET /v1/proposals`: downgrades that wait for a person's decision, and those that had it, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from backbone.ground import Ground
from backbone.web.keys import Caller, require
from backbone.web.paging import Cursor, Limit, decode_cursor, page_of
from escalation.reading import Where, uuid_at
from services.instants import write_instant_if

from . import queries
from .proposal import Outcome

View = Annotated[Caller, require("view")]


def routes(ground: Ground) -> APIRouter:
    """The route."""
    router = APIRouter(tags=["proposals"])

    @router.get("/v1/proposals")
    async def list_proposals(
        caller: View,
        state: Outcome | None = None,
        incident: Annotated[str | None, Query(max_length=100)] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        """Proposals, newest first. `incident` is an id or a number."""
        where = Where.seen_by(caller, incident)
        if state is not None:
            where.add("p.state = :state", state=state.value)
        if cursor is not None:
            where.add("p.id < :before", before=uuid_at(decode_cursor(cursor, str)[0]))
        async with ground.transactions.listing() as connection:
            found = await queries.newest(connection, where, limit + 1)
        page = page_of(found, limit, lambda row: (str(row[0]),))
        return {"items": [_shown(row) for row in page.items], "next": page.next}

    return router


def _shown(row: Sequence[Any]) -> dict[str, Any]:
    return {
        "id": str(row[0]), "incident": row[1], "number": row[2], "clock": row[3], "clock_id": str(row[4]),
        "about": row[5], "to": row[6], "rule": row[7], "reason": row[8], "state": row[9], "by": row[10],
        "settled_reason": row[11], "proposed_at": write_instant_if(row[12]), "settled_at": write_instant_if(row[13]),
    }  # fmt: skip
