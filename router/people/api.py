"""People, rotations and overrides over HTTP: put, read, listed, removed.

Nobody's mistake in a roster leaves nobody on call unseen: what has no meaning is refused, each fault with its pointer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from backbone.ground import Ground
from backbone.web.etag import etag
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, require
from backbone.web.openapi import heeds
from backbone.web.paging import Cursor, Limit
from backbone.web.problem import FieldError, Problem
from services.roster import RosterFaults, parse_override, parse_person, parse_rotation, to_json

from ..objects import NEW, Objects, faulty, missing


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: its path, its name in the directory, its parser, and the field that names it."""

    path: str
    kind: str
    parse: Callable[[Any], Any]
    key: str


KINDS = (
    Kind("people", "person", parse_person, "id"),
    Kind("rotations", "rotation", parse_rotation, "name"),
    Kind("overrides", "override", parse_override, "id"),
)


def routes(ground: Ground) -> APIRouter:
    """The routes of people, rotations and overrides."""
    router = APIRouter(tags=["people"])
    for kind in KINDS:
        _add(router, kind, Objects(ground, kind.kind))
    return router


def _add(router: APIRouter, kind: Kind, objects: Objects) -> None:
    async def put(
        id: str, request: Request, response: Response, caller: Annotated[Caller, require("manage")],
        body: Annotated[Any, json_body()],
    ) -> dict[str, Any]:  # fmt: skip
        _whole(caller, kind, id)
        written = to_json(_read(kind, id, body))
        await objects.put(id, written, caller.name, request, response)
        return written

    async def read(id: str, response: Response, caller: Annotated[Caller, require("view", "manage")]) -> dict[str, Any]:
        _whole(caller, kind, id)
        found = await objects.get(id)
        response.headers["ETag"] = etag(found.version)
        return to_json(found.value)

    async def listed(
        caller: Annotated[Caller, require("view", "manage")], limit: Limit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        return await objects.page(limit, cursor, lambda one: to_json(one.value), lambda _: not caller.bound)

    async def remove(id: str, request: Request, caller: Annotated[Caller, require("manage")]) -> Response:
        _whole(caller, kind, id)
        return await objects.remove(id, caller.name, request)

    put.__doc__ = f"Store a {kind.kind}: 201 where it is new, else 200; 422 names every fault."
    read.__doc__ = f"One {kind.kind}."
    listed.__doc__ = f"Every {kind.kind} as it is now."
    remove.__doc__ = f"Remove a {kind.kind}; its history stays."
    one = f"/v1/{kind.path}/{{id}}"
    for endpoint, path, method, status in (
        (put, one, "PUT", 200), (read, one, "GET", 200), (listed, f"/v1/{kind.path}", "GET", 200),
        (remove, one, "DELETE", 204),
    ):  # fmt: skip
        name = f"{endpoint.__name__}-{kind.kind}"
        router.add_api_route(
            path, endpoint, methods=[method], name=name, operation_id=name, status_code=status,
            responses=NEW if method == "PUT" else None,
            openapi_extra=heeds("If-Match") if method in ("PUT", "DELETE") else None,
        )  # fmt: skip


def _read(kind: Kind, id_: str, body: Any) -> Any:
    """The value; a body may leave out the name that stands in the path. Raises Problem 422."""
    given = {**body, kind.key: id_} if isinstance(body, dict) and kind.key not in body else body
    try:
        value = kind.parse(given)
    except RosterFaults as error:
        raise faulty(error.faults, f"The {kind.kind} has faults") from error
    named = getattr(value, kind.key)
    if named != id_:
        raise Problem(
            422, "Another name", f"The body says {named}, the path {id_}.",
            errors=[FieldError(f"/{kind.key}", f"is not {id_}, which the path names")],
        )  # fmt: skip
    return value


def _whole(caller: Caller, kind: Kind, id_: str) -> None:
    """The provider's people are nothing that a customer's key sees."""
    if caller.bound:
        raise missing(kind.kind, id_)
