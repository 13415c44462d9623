"""Keys over HTTP: made (the key itself is shown once), listed, revoked. What is stored is a hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import uuid_utils.compat as uuid_utils
from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from backbone.ground import Ground
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, new_key, require
from backbone.web.paging import Cursor, Limit, decode_cursor, encode_cursor
from backbone.web.problem import Problem
from services.report import Name


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
    directory = ground.directory

    def whole(caller: Caller) -> None:
        if caller.bound:
            raise Problem(404, "Not found", "There is nothing at this path.")

    @router.post("/v1/keys", status_code=201)
    async def create(
        caller: Annotated[Caller, require("manage")], body: Annotated[NewKey, json_body(NewKey)]
    ) -> dict[str, Any]:
        """Make a key; `key` is in this answer and nowhere else."""
        whole(caller)
        key, hashed = new_key()
        id_ = str(uuid_utils.uuid7())
        contracts = list(body.contracts) if body.contracts is not None else None
        shown = {"name": body.name, "scopes": sorted(set(body.scopes)), "contracts": contracts}
        async with ground.transactions() as tx:
            await directory.put(tx, "key", id_, {**shown, "hash": hashed}, caller.name)
        await directory.refresh()
        return {"id": id_, **shown, "key": key}

    @router.get("/v1/keys")
    async def listed(
        caller: Annotated[Caller, require("manage")], limit: Limit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        """The keys, without what would let anybody use them."""
        whole(caller)
        await directory.refresh()
        after = decode_cursor(cursor, str)[0] if cursor else ""
        found = [s for s in directory.all("key") if s.id > after][: limit + 1]
        more = len(found) > limit
        items = [{"id": s.id, **{k: v for k, v in s.body.items() if k != "hash"}} for s in found[:limit]]
        return {"items": items, "next": encode_cursor(found[limit - 1].id) if more else None}

    @router.delete("/v1/keys/{id}", status_code=204)
    async def revoke(id: str, caller: Annotated[Caller, require("manage")]) -> Response:
        """From now on the key is not known."""
        whole(caller)
        await directory.refresh()
        if directory.get("key", id) is None:
            raise Problem(404, "Not found", f"There is no key {id}.")
        async with ground.transactions() as tx:
            await directory.put(tx, "key", id, None, caller.name)
        await directory.refresh()
        return Response(status_code=204)

    return router
