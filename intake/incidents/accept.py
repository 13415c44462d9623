"""`POST /v1/incidents`: the one hot route, answered in front of FastAPI. 201 once it is durable, never before.

Its checks are the functions that FastAPI's dependencies call elsewhere; it has no twin behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic_core import to_json
from starlette.types import Receive, Scope, Send

from backbone.time_source import TimeSource
from backbone.web.body import read_body
from backbone.web.etag import etag
from backbone.web.idempotency import conflict, idempotency_key
from backbone.web.keys import Caller, authorize
from backbone.web.openapi import heeds
from backbone.web.prefer import wait_of
from backbone.web.problem import Problem, Unavailable
from backbone.web.request_id import current_trace
from services.catalogue.model import Catalogue
from services.report import REPORT

from ..record.record import Record, fresh
from .accepted import Accepting, Conflict, Outcome, Repeated, Taken
from .checks import accepting, read_report
from .group_commit import GroupCommit

#: Reads the record again: (id, seconds to wait for the route). None where it can't be read now.
Reread = Callable[[str, float], Awaitable[Record | None]]


class Accept:
    """Takes incidents by HTTP: one, or many at once."""

    def __init__(self, commit: GroupCommit, catalogue: Catalogue, time: TimeSource, reread: Reread) -> None:
        self._commit = commit
        self._catalogue = catalogue
        self._time = time
        self._reread = reread

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI route."""
        caller = await authorize(scope, "report")
        key = idempotency_key(scope)
        body = await read_body(scope, receive)
        now = self._time.now()
        report = read_report(body, self._catalogue, now)
        item = accepting(report, caller, self._catalogue, now, key, current_trace())
        status, record = await self.settle(item, await self._commit.take(item), wait_of(scope), caller)
        payload = to_json(record)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(payload)).encode()),
            (b"etag", etag(record["version"]).encode()),
            (b"location", f"/v1/incidents/{record['id']}".encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": payload})

    async def settle(
        self, item: Accepting, outcome: Outcome, wait: float, caller: Caller
    ) -> tuple[int, dict[str, Any]]:
        """The status and the record that answer the caller's report.

        Raises Problem 409 on a conflict of keys, 404 where what was there before is no longer the caller's to see,
        Unavailable where that can't be read.
        """
        match outcome:
            case Taken(id_, number):
                if wait and (routed := await self._reread(id_, wait)) is not None and _is_theirs(routed, caller):
                    return 201, routed.to_json(caller)
                return 201, fresh(id_, number, item.report, item.submitted, item.received)
            case Repeated(id_):
                if (there := await self._reread(id_, wait)) is None:
                    raise Unavailable(f"the record of {id_} can't be read here")
                if not _is_theirs(there, caller):
                    raise Problem(404, "Not found", f"There is no incident {id_}.")
                return 200, there.to_json(caller)
            case Conflict(id_, why):
                raise conflict(why, id_)

    async def many(self, items: list[Accepting]) -> list[Outcome | BaseException]:
        """Take many; one bad item hurts no other. Equal keys in one call are repeats of the first."""
        return await asyncio.gather(*(self._commit.take(item) for item in items), return_exceptions=True)


def _is_theirs(record: Record, caller: Caller) -> bool:
    """Whether who sent the report may read its record: also one that belongs to no contract."""
    return record.contract is None or caller.sees(record.contract)


def describe_accept(schema: dict[str, Any]) -> None:
    """Declare the hot route in the OpenAPI, by hand."""
    problem = {"description": "A problem (RFC 9457).", "content": {"application/problem+json": {}}}
    schema["paths"].setdefault("/v1/incidents", {})["post"] = {
        "summary": "Report an incident. 201 once it is durable.",
        "operationId": "report_incident",
        "tags": ["incidents"],
        "x-scope": "report",
        **heeds("Idempotency-Key", "Prefer"),
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": REPORT.json_schema(ref_template="#/components/schemas/{model}")}
            },
        },
        "responses": {
            "201": {"description": "Taken: the record.", "content": {"application/json": {}}},
            "200": {"description": "Was there already: the record as it is now.", "content": {"application/json": {}}},
            **{str(status): problem for status in (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
        },
    }
