"""`GET /v1/audit`: the seals, and whether what they sealed is still what it was."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter

from backbone.ground import Ground
from backbone.web.keys import Caller, require
from backbone.web.problem import Problem
from services.instants import write_instant

from .seals import verify


def routes(ground: Ground) -> APIRouter:
    """The route of the audit."""
    router = APIRouter(tags=["audit"])

    @router.get("/v1/audit")
    async def audit(caller: Annotated[Caller, require("manage")]) -> dict[str, Any]:
        """Every sealed day, read again from the first: `ok` where its facts still give the hash that sealed it."""
        if caller.bound:
            raise Problem(404, "Not found", "There is nothing at this path.")
        verdicts = await verify(ground.transactions)
        items = [
            {"day": one.seal.day.isoformat(), "sealed_at": write_instant(one.seal.sealed_at), "facts": one.seal.facts,
             "objects": one.seal.objects, "hash": one.seal.hash, "ok": one.why is None, "why": one.why}
            for one in verdicts
        ]  # fmt: skip
        return {"ok": all(item["ok"] for item in items), "items": items, "next": None}

    return router
