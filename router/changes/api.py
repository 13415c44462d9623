"""`GET /v1/changes`: who changed which contract, person, rotation, override, key or catalogue, when, and what of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from backbone.directory import store
from backbone.directory.changed import changed
from backbone.ground import Ground
from backbone.web.keys import Caller, require
from backbone.web.paging import Cursor, Limit, decode_cursor, encode_cursor
from backbone.web.problem import Problem
from services.instants import write_instant

_LAST = 2**63 - 1
Filter = Annotated[str | None, Query(max_length=200)]


def routes(ground: Ground) -> APIRouter:
    """The route of the changes."""
    router = APIRouter(tags=["changes"])

    @router.get("/v1/changes")
    async def list_changes(
        caller: Annotated[Caller, require("manage")], kind: Filter = None, id: Filter = None,
        limit: Limit = 50, cursor: Cursor = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Every change of the directory, the latest first; `what` has each place that is another than before."""
        if caller.bound:
            raise Problem(404, "Not found", "There is nothing at this path.")
        before = decode_cursor(cursor, int)[0] if cursor else _LAST
        async with ground.transactions.reading() as connection:
            rows = await store.versions(connection, kind, id, before, limit + 1)
        items = [
            {"kind": kind_, "id": id_, "version": version, "by": by, "at": write_instant(at),
             "removed": body is None, "what": list(changed(_open(kind_, last), _open(kind_, body)))}
            for _, kind_, id_, version, by, at, body, last in rows[:limit]
        ]  # fmt: skip
        return {"items": items, "next": encode_cursor(rows[limit - 1][0]) if len(rows) > limit else None}

    return router


def _open(kind: str, body: Any) -> Any:
    """What is shown of an object: of a key all but its hash; a catalogue is its version, and `/v1/catalogue` has it."""
    if kind == "key" and body is not None:
        return {name: value for name, value in body.items() if name != "hash"}
    return None if kind == "catalogue" else body
