"""The dead letters of a stage over HTTP: look, replay, discard. Every stage has the same three routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Request
from pydantic import ConfigDict, StringConstraints, TypeAdapter

from ..log import dead_letters
from ..web.body import LIMIT, SECONDS
from ..web.json_body import JsonBody
from ..web.keys import Caller, require
from ..web.paging import Cursor, Limit, decode_cursor, encode_cursor
from ..web.problem import Problem
from .runner import RunningStage


def _whole(caller: Annotated[Caller, require("manage")]) -> Caller:
    """A key bound to contracts has no business with what is set aside."""
    if caller.bound:
        raise Problem(404, "Not found", "There is nothing at this path.")
    return caller


Manager = Annotated[Caller, Depends(_whole)]
Words = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=1_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Who passes over a letter, else the key's name, and for what reason."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    by: Words | None = None
    reason: Words | None = None


async def _why(request: Request) -> Why:
    """What the body says of it; nothing where there is none."""
    if "transfer-encoding" not in request.headers and request.headers.get("content-length", "0") == "0":
        return Why()
    why: Why = await JsonBody(TypeAdapter(Why), LIMIT, SECONDS)(request)
    return why


Reason = Annotated[Why, Depends(_why)]


def dead_letter_routes(running: RunningStage) -> APIRouter:
    """`/v1/{stage}/dead-letters` and what can be done to one."""
    name = running.stage.name
    router = APIRouter(tags=["dead letters"], prefix=f"/v1/{name}/dead-letters")

    @router.get("", name=f"{name}-dead-letters")
    async def listed(caller: Manager, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
        """What could not be handled, oldest first."""
        after = decode_cursor(cursor, int)[0] if cursor else 0
        async with running.ground.transactions.reading() as connection:
            rows = await dead_letters.listed(connection, after, limit + 1)
        more = len(rows) > limit
        items = rows[:limit]
        return {"items": items, "next": encode_cursor(items[-1]["id"]) if more else None}

    async def again(id_: int, *, discard: bool, by: str, reason: str = "") -> dict[str, Any]:
        try:
            left = await running.replay(id_, discard=discard, by=by, reason=reason)
        except dead_letters.NotTheFirst:
            raise Problem(
                409, "Not the first", "An earlier letter of the same subject stands before it: settle that one first."
            ) from None
        if left is None:
            raise Problem(404, "Not found", f"There is no dead letter {id_}.")
        return {"left": left}

    @router.post("/{id}/replay", name=f"{name}-replay")
    async def replay(id: int, caller: Manager) -> dict[str, Any]:
        """Hear it again, and what came after it; answers how many letters of its subject are left."""
        return await again(id, discard=False, by=caller.name)

    @router.post("/{id}/discard", name=f"{name}-discard")
    async def discard(id: int, caller: Manager, why: Reason) -> dict[str, Any]:
        """Pass over it for good, and hear what came after it. The timeline tells who did that, and why."""
        return await again(id, discard=True, by=why.by or caller.name, reason=why.reason or "")

    return router
