"""`GET /v1/escalations`: who was told of what, newest first."""

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

View = Annotated[Caller, require("view")]


def routes(ground: Ground) -> APIRouter:
    """The route."""
    router = APIRouter(tags=["escalations"])

    @router.get("/v1/escalations")
    async def list_escalations(
        caller: View,
        incident: Annotated[str | None, Query(max_length=100)] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        """Escalations, newest first. `incident` is an id or a number. Whom we called is nothing that a customer is told."""
        where = Where.seen_by(caller, incident)
        if cursor is not None:
            where.add("e.id < :before", before=uuid_at(decode_cursor(cursor, str)[0]))
        async with ground.transactions.listing() as connection:
            found = [] if caller.bound else await queries.newest(connection, where, limit + 1)
        page = page_of(found, limit, lambda row: (str(row[0]),))
        return {"items": [_shown(row) for row in page.items], "next": page.next}

    return router


def _shown(row: Sequence[Any]) -> dict[str, Any]:
    names = (
        "id", "incident", "number", "clock", "clock_id", "role", "level", "reason", "rule", "policy", "policy_version",
        "state",
    )  # fmt: skip
    values = dict(zip(names, row, strict=False))
    return {
        **values,
        "id": str(values["id"]),
        "clock_id": str(values["clock_id"]) if values["clock_id"] is not None else None,
        "raised_at": write_instant_if(row[-1]),
    }
