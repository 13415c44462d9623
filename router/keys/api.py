"""Keys over HTTP: made (the key itself is shown once), listed, revoked. What is stored is a hash.

A key that is bound to contracts makes none, or it could make one that is not. Made again with the same `Idempotency-Key` it
is the same key, and what nobody keeps is not shown again: who did not hear it revokes it and makes another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import uuid_utils.compat as uuid_utils
from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field
from pydantic_core import to_json

from backbone.directory.directory import Stored
from backbone.ground import Ground
from backbone.web.etag import etag
from backbone.web.idempotency import conflict, idempotency_key
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, new_key, require
from backbone.web.openapi import heeds
from backbone.web.paging import Cursor, Limit
from backbone.web.problem import Problem
from services.report import Name

from ..objects import Objects
from ..repeats.store import remember, remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """What a new key may do, and, bound to contracts, what it may see."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    name: Name
    scopes: Annotated[tuple[Literal["report", "work", "manage", "view"], ...], Field(min_length=1)]
    contracts: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None


def routes(ground: Ground) -> APIRouter:
    """The routes of keys."""
    router = APIRouter(tags=["keys"])
    objects = Objects(ground, "key")

    @router.post(
        "/v1/keys", status_code=201, openapi_extra=heeds("Idempotency-Key"),
        responses={200: {"description": "It was made before with this Idempotency-Key: `key` is null."}},
    )  # fmt: skip
    async def create(
        request: Request, response: Response, caller: Annotated[Caller, require("manage")],
        body: Annotated[NewKey, json_body(NewKey)],
    ) -> dict[str, Any]:  # fmt: skip
        """Make a key; `key` is in this answer and nowhere else: null where it was made before with this Idempotency-Key."""
        _whole(caller)
        contracts = list(body.contracts) if body.contracts is not None else None
        wanted = {"name": body.name, "scopes": sorted(set(body.scopes)), "contracts": contracts}
        asked, digest = idempotency_key(request.scope), hashlib.sha256(to_json(wanted)).digest()
        key, hashed = new_key()
        id_, made_by = str(uuid_utils.uuid7()), f"{caller.id} makes keys"
        async with ground.transactions() as tx:
            known = await remembered(tx, made_by, asked) if asked is not None else None
            if known is None:
                version, _ = await ground.directory.put(tx, "key", id_, {**wanted, "hash": hashed}, caller.name)
                if asked is not None:
                    await remember(tx, made_by, asked, id_, digest)
        response.headers["Cache-Control"] = "no-store"
        if known is not None:
            if known[1] != digest:
                raise conflict("the key was used before, for another key")
            response.status_code = 200
            return {**_shown(await objects.get(known[0])), "key": None}
        await ground.directory.refresh()
        response.headers["ETag"] = etag(version)
        return {"id": id_, **wanted, "key": key}

    @router.get("/v1/keys")
    async def listed(
        caller: Annotated[Caller, require("manage")], limit: Limit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        """The keys, without what would let anybody use them."""
        _whole(caller)
        return await objects.page(limit, cursor, _shown, lambda _: True)

    @router.delete("/v1/keys/{id}", status_code=204)
    async def revoke(id: str, request: Request, caller: Annotated[Caller, require("manage")]) -> Response:
        """From now on the key is not known."""
        _whole(caller)
        return await objects.remove(id, caller.name, request)

    return router


def _shown(key: Stored) -> dict[str, Any]:
    return {"id": key.id, **{name: value for name, value in key.body.items() if name != "hash"}}


def _whole(caller: Caller) -> None:
    if caller.bound:
        raise Problem(404, "Not found", "There is nothing at this path.")
