"""`GET /v1/mailbox`: what the built-in mailbox received, newest first.

A key that is bound to contracts is a customer's: the mailbox is not there for it. Who reads a page has its link, and
whoever has the link may acknowledge.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from backbone.ground import Ground
from backbone.web.keys import Caller, require
from backbone.web.paging import Cursor, Limit, encode_cursor
from backbone.web.problem import Problem
from notifier.mailbox import store
from notifier.pages.api import place
from services.instants import write_instant_if


def routes(ground: Ground) -> APIRouter:
    """The mailbox's route."""
    router = APIRouter(tags=["mailbox"])

    @router.get("/v1/mailbox")
    async def read_mailbox(
        caller: Annotated[Caller, require("view")],
        incident: Annotated[str | None, Query(max_length=100)] = None,
        to: Annotated[str | None, Query(max_length=200)] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        """Messages, newest first. `incident` is an id or a number, `to` a person's id."""
        if caller.bound:
            raise Problem(404, "Not found", "There is nothing at this path.")
        async with ground.transactions.listing() as connection:
            found = await store.newest(connection, incident=incident, person=to, before=place(cursor), limit=limit + 1)
        items = [
            {
                "id": str(row["id"]), "at": write_instant_if(row["at"]), "incident": row["incident"], "page": str(row["page"]),
                "to": row["person"], "channel": row["channel"], "subject": row["subject"], "text": row["text"],
            }
            for row in found[:limit]
        ]  # fmt: skip
        return {"items": items, "next": encode_cursor(items[-1]["id"]) if len(found) > limit else None}

    return router
