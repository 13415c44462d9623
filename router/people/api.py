"""People, rotations and overrides over HTTP, and the roster: who is on call, and where nobody is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime

from backbone.ground import Ground
from backbone.web.etag import etag, if_match
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, require
from backbone.web.paging import Cursor, Limit, decode_cursor, encode_cursor
from backbone.web.problem import Problem
from services.instants import write_instant
from services.roster import (
    Role,
    RosterFaults,
    gaps,
    on_call,
    parse_override,
    parse_person,
    parse_rotation,
    to_json,
)

from ..assignments.calls import Calls
from ..contracts.api import faulty

#: How far ahead the roster looks for hours in which nobody is on call.
AHEAD = timedelta(days=14)

#: Path, directory kind, parser, and the field that names the object.
_KINDS: tuple[tuple[str, str, Callable[[Any], Any], str], ...] = (
    ("people", "person", parse_person, "id"),
    ("rotations", "rotation", parse_rotation, "name"),
    ("overrides", "override", parse_override, "id"),
)


def routes(ground: Ground, calls: Calls) -> APIRouter:
    """The routes of people, rotations, overrides and the roster."""
    router = APIRouter(tags=["people"])
    for path, kind, parse, name in _KINDS:
        _add(router, ground, path, kind, parse, name)
    directory, time = ground.directory, ground.around.time

    @router.get("/v1/roster")
    async def roster(caller: Annotated[Caller, require("view")], at: AwareDatetime | None = None) -> dict[str, Any]:
        """Who is on call at an instant, by role, and where nobody is in the two weeks after it."""
        await directory.refresh()
        moment = at or time.now()
        found = calls.roster
        roles: tuple[Role, ...] = get_args(Role)
        needed: tuple[Role, ...] = ("crisis-manager", "engineer", "duty-manager")
        return {
            "at": write_instant(moment),
            "on_call": [
                {
                    "role": role,
                    "people": [
                        {"id": one.person.id, "name": one.person.name, "rotations": list(one.rotations)}
                        for one in on_call(found, role, moment)
                    ],
                }
                for role in roles
            ],
            "gaps": [
                {"role": gap.role, "from": write_instant(gap.start), "to": write_instant(gap.end)}
                for gap in gaps(found, needed, moment, moment + AHEAD)
            ],
        }

    return router


def _add(router: APIRouter, ground: Ground, path: str, kind: str, parse: Callable[[Any], Any], name: str) -> None:
    directory = ground.directory

    async def put(
        id: str, request: Request, response: Response, caller: Annotated[Caller, require("manage")],
        body: Annotated[Any, json_body()],
    ) -> dict[str, Any]:  # fmt: skip
        if caller.bound:
            raise Problem(404, "Not found", "There is nothing at this path.")
        given = {**body, name: id} if isinstance(body, dict) and name not in body else body
        try:
            value = parse(given)
        except RosterFaults as error:
            raise faulty(error.faults, title=f"The {kind} has faults") from error
        if getattr(value, name) != id:
            raise Problem(422, "Another name", f"The body says {getattr(value, name)}, the path {id}.")
        expected = if_match(request.scope)
        async with ground.transactions() as tx:
            version, changed = await directory.put(
                tx, kind, id, to_json(value), caller.name, judge=lambda last, _: expected.check(last)
            )
        await directory.refresh()
        response.status_code = 201 if version == 1 and changed else 200
        response.headers["ETag"] = etag(version)
        return to_json(value)

    async def read(id: str, response: Response, caller: Annotated[Caller, require("view", "manage")]) -> dict[str, Any]:
        await directory.refresh()
        found = directory.get(kind, id)
        if found is None or caller.bound:
            raise Problem(404, "Not found", f"There is no {kind} {id}.")
        response.headers["ETag"] = etag(found.version)
        return to_json(found.value)

    async def listed(
        caller: Annotated[Caller, require("view", "manage")], limit: Limit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        await directory.refresh()
        after = decode_cursor(cursor, str)[0] if cursor else ""
        found = [] if caller.bound else [s for s in directory.all(kind) if s.id > after][: limit + 1]
        more = len(found) > limit
        items = [to_json(s.value) for s in found[:limit]]
        return {"items": items, "next": encode_cursor(found[limit - 1].id) if more else None}

    async def remove(id: str, caller: Annotated[Caller, require("manage")]) -> Response:
        await directory.refresh()
        if directory.get(kind, id) is None or caller.bound:
            raise Problem(404, "Not found", f"There is no {kind} {id}.")
        async with ground.transactions() as tx:
            await directory.put(tx, kind, id, None, caller.name)
        await directory.refresh()
        return Response(status_code=204)

    put.__doc__ = f"Store a {kind}; 422 names every fault."
    read.__doc__ = f"One {kind}."
    listed.__doc__ = f"All of them: each {kind} as it is now."
    remove.__doc__ = f"Remove a {kind}; its history stays."
    router.add_api_route(f"/v1/{path}/{{id}}", put, methods=["PUT"], name=f"put-{kind}", operation_id=f"put-{kind}")
    router.add_api_route(f"/v1/{path}/{{id}}", read, methods=["GET"], name=f"read-{kind}", operation_id=f"read-{kind}")
    router.add_api_route(f"/v1/{path}", listed, methods=["GET"], name=f"list-{kind}", operation_id=f"list-{kind}")
    router.add_api_route(
        f"/v1/{path}/{{id}}", remove, methods=["DELETE"], name=f"remove-{kind}", operation_id=f"remove-{kind}"
    )
