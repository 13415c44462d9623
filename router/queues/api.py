"""Queues over HTTP: what waits, and claims: the one that is due first, and never to two people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import ConfigDict

from backbone.ground import Ground
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, require
from backbone.web.paging import Cursor, Limit, decode_cursor, encode_cursor
from services.catalogue.model import Catalogue
from services.instants import write_instant_if
from services.report import Language, Name

from ..assignments.calls import Calls
from ..decisions import store as decisions
from . import store


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who claims; with `languages`, only what is in one of them."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    by: Name
    languages: tuple[Language, ...] | None = None


def routes(ground: Ground, catalogue: Catalogue, calls: Calls) -> APIRouter:
    """The routes of queues."""
    router = APIRouter(tags=["queues"])

    @router.get("/v1/queues")
    async def list_queues(caller: Annotated[Caller, require("view")]) -> dict[str, Any]:
        """Every queue, with how many wait and when the first is due."""
        async with ground.transactions.reading() as connection:
            counted = await store.counts(connection, _contracts(caller))
        names = dict.fromkeys([s.queue for s in catalogue.services] + [catalogue.review.queue] + sorted(counted))
        items = [
            {"name": name, "open": counted.get(name, (0, 0, None))[0], "waiting": counted.get(name, (0, 0, None))[1],
             "next_due_at": counted.get(name, (0, 0, None))[2]}
            for name in names
        ]  # fmt: skip
        return {"items": items, "next": None}

    @router.get("/v1/queues/{name:path}/incidents")
    async def read_queue(
        name: str, caller: Annotated[Caller, require("view")], limit: Limit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        """The open incidents of a queue, the one that is due first first."""
        offset = int(decode_cursor(cursor, int)[0]) if cursor else 0
        async with ground.transactions.reading() as connection:
            rows = await store.waiting(connection, name, _contracts(caller), offset, limit + 1)
        more = len(rows) > limit
        return {"items": rows[:limit], "next": encode_cursor(offset + limit) if more else None}

    @router.post("/v1/queues/{name:path}/claims", response_model=None)
    async def claim(
        name: str, caller: Annotated[Caller, require("work")], body: Annotated[Claim, json_body(Claim)]
    ) -> Response:
        """Own the open incident of the queue that is due first; 204 where the queue is empty."""
        languages = None if body.languages is None else [tag.split("-")[0].lower() for tag in body.languages]
        async with ground.transactions() as tx:
            subject = await store.pick(tx, name, languages, _contracts(caller))
            if subject is None:
                return Response(status_code=204)
            await tx.lock([subject], make=False)
            desk = (await decisions.load(tx, [subject]))[subject]
            person = calls.roster.person(body.by)
            calls.claimed(tx, desk, body.by, person.name if person else body.by)
            await decisions.save(tx, [desk], catalogue.rank)
            due = (
                next((c.due_at for c in desk.decision.clocks if c.name == "first_response"), None)
                if desk.decision
                else None
            )
        return JSONResponse(
            {"incident": subject, "number": desk.incident_number,
             "owner": {"id": body.by, "name": person.name if person else body.by},
             "due_at": write_instant_if(due)}
        )  # fmt: skip

    return router


def _contracts(caller: Caller) -> list[str] | None:
    return sorted(caller.contracts) if caller.contracts is not None else None
