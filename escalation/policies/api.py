"""`PUT|GET /v1/policies/{name}`: ladders, and every version that they ever had.

A key that is bound to contracts is a customer's: our ladders are not there for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from backbone.ground import Ground
from backbone.web.etag import etag, if_match
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, require
from backbone.web.openapi import heeds
from backbone.web.paging import Cursor, Limit, decode_cursor, page_of
from backbone.web.problem import FieldError, Problem, wrong
from services.catalogue.model import Catalogue
from services.instants import write_instant_if

from . import store
from .policy import DEFAULT, PolicyFaults, parse, shipped, to_json

Manage = Annotated[Caller, require("manage")]
View = Annotated[Caller, require("view")]
PolicyName = Annotated[str, Path(max_length=120)]


def routes(ground: Ground, catalogue: Catalogue) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["policies"])

    async def versions(name: str) -> list[store.Row]:
        async with ground.transactions.reading() as connection:
            found = await store.history(connection, name)
        return [*found, _shipped()] if name == DEFAULT else found

    @router.get("/v1/policies")
    async def list_policies(caller: View, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
        """The policies in force, by name; the one that ships among them until another of its name is stored."""
        if caller.bound:
            return {"items": [], "next": None}
        after = decode_cursor(cursor, str)[0] if cursor is not None else ""
        async with ground.transactions.reading() as connection:
            rows = await store.listed(connection, after, limit + 1)
            stored = any(row[0] == DEFAULT for row in rows) or bool(await store.history(connection, DEFAULT))
        if not stored and after < DEFAULT:
            rows = sorted([*rows, _shipped()], key=lambda row: row[0])
        page = page_of(rows[: limit + 1], limit, lambda row: (row[0],))
        return {"items": [_shown(row) for row in page.items], "next": page.next}

    @router.get("/v1/policies/{name}")
    async def get_policy(caller: View, name: PolicyName, response: Response) -> dict[str, Any]:
        """One policy as it is now."""
        found = [] if caller.bound else await versions(name)
        if not found:
            raise _missing()
        response.headers["ETag"] = etag(found[0][1])
        return _shown(found[0])

    @router.get("/v1/policies/{name}/history")
    async def get_history(caller: View, name: PolicyName) -> dict[str, Any]:
        """Every version: who stored what, when; newest first."""
        found = [] if caller.bound else await versions(name)
        if not found:
            raise _missing()
        return {"items": [_shown(row) for row in found], "next": None}

    @router.put("/v1/policies/{name}", openapi_extra=heeds("If-Match"))
    async def put_policy(
        caller: Manage, name: PolicyName, request: Request, response: Response, body: Annotated[Any, json_body()]
    ) -> dict[str, Any]:
        """Store a policy. Incidents that are open keep the one that they were reported under."""
        if caller.bound:
            raise _missing()
        given = {"name": name, **body} if isinstance(body, dict) else body
        try:
            policy = parse(given, catalogue)
        except PolicyFaults as refused:
            raise wrong(FieldError(fault.pointer, fault.message) for fault in refused.faults) from None
        if policy.name != name:
            raise wrong([FieldError("/name", f"is not the name in the address, {name!r}")])
        wanted = if_match(request.scope)
        async with ground.transactions() as tx:
            await store.lock(tx)
            known = await store.history(tx.connection, name)
            wanted.check(known[0][1] if known else 0)
            shown = to_json(policy)
            if not known or known[0][2] != shown:
                await store.insert(tx, name, (known[0][1] if known else 0) + 1, shown, caller.name)
                known = await store.history(tx.connection, name)
        response.headers["ETag"] = etag(known[0][1])
        return _shown(known[0])

    return router


def _shipped() -> store.Row:
    return DEFAULT, 0, to_json(shipped()), "critsit", None


def _shown(row: store.Row) -> dict[str, Any]:
    _, version, body, by, stored_at = row
    at: datetime | None = stored_at
    return {**body, "version": version, "by": by, "at": write_instant_if(at)}


def _missing() -> Problem:
    return Problem(404, "Not found", "There is no such policy.")
