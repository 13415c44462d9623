"""Objects of the directory over HTTP: put with `If-Match` judged under the lock, read, listed by id, removed.

Of two changes to the same version one is refused; a removed object that is put again is new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from backbone.directory.directory import Stored
from backbone.ground import Ground
from backbone.web.etag import etag, if_match
from backbone.web.paging import decode_cursor, encode_cursor
from backbone.web.problem import FieldError, Problem
from services.faults import Fault

#: What a PUT answers besides its 200, for the OpenAPI.
NEW: dict[int | str, dict[str, Any]] = {201: {"description": "It is new."}}


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of one kind."""

    ground: Ground
    kind: str

    async def put(self, id_: str, body: Any, by: str, request: Request, response: Response) -> None:
        """Store a version: 201 where there was none, 200 else; the ETag is the version. Raises Problem 412."""
        asked = if_match(request.scope)
        was_there = False

        def judge(version: int, last: Any) -> None:
            nonlocal was_there
            was_there = last is not None
            asked.check(version)

        async with self.ground.transactions() as tx:
            version, _ = await self.ground.directory.put(tx, self.kind, id_, body, by, judge=judge)
        await self.ground.directory.refresh()
        response.status_code = 200 if was_there else 201
        response.headers["ETag"] = etag(version)

    async def get(self, id_: str) -> Stored:
        """The object as it is now. Raises Problem 404."""
        await self.ground.directory.refresh()
        found = self.ground.directory.get(self.kind, id_)
        if found is None:
            raise missing(self.kind, id_)
        return found

    async def page(
        self, limit: int, cursor: str | None, shown: Callable[[Stored], Any], seen: Callable[[str], bool]
    ) -> dict[str, Any]:
        """A page of those that the caller sees, by id. Raises Problem 422 for a strange cursor."""
        await self.ground.directory.refresh()
        after = decode_cursor(cursor, str)[0] if cursor else ""
        found = [one for one in self.ground.directory.all(self.kind) if one.id > after and seen(one.id)]
        more = len(found) > limit
        return {
            "items": [shown(one) for one in found[:limit]],
            "next": encode_cursor(found[limit - 1].id) if more else None,
        }

    async def remove(self, id_: str, by: str, request: Request) -> Response:
        """Remove it; its history stays. Raises Problem 404, 412."""
        asked = if_match(request.scope)

        def judge(version: int, last: Any) -> None:
            if last is None:
                raise missing(self.kind, id_)
            asked.check(version)

        async with self.ground.transactions() as tx:
            await self.ground.directory.put(tx, self.kind, id_, None, by, judge=judge)
        await self.ground.directory.refresh()
        return Response(status_code=204)


def missing(kind: str, id_: str) -> Problem:
    """There is no such object, or it is not there for the caller."""
    return Problem(404, "Not found", f"There is no {kind} {id_}.")


def faulty(faults: Sequence[Fault], title: str) -> Problem:
    """The problem that names every fault, each with its pointer and its rule; its own rule where they all share one."""
    found = [fault for fault in faults if fault.level == "fault"]
    rules = {fault.rule for fault in found}
    return Problem(
        422, title, "; ".join(f"{fault.pointer or '/'}: {fault.message}" for fault in found)[:2000],
        errors=[FieldError(fault.pointer, fault.message, fault.rule) for fault in found],
        rule=rules.pop() if len(rules) == 1 else None,
        faults=[fault_json(fault) for fault in faults],
    )  # fmt: skip


def fault_json(fault: Fault) -> dict[str, Any]:
    """A fault in api.md's shape."""
    return {"pointer": fault.pointer, "rule": fault.rule, "level": fault.level, "message": fault.message}
