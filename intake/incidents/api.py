"""Reading incidents, and reporting many at once. `POST /v1/incidents` itself is in `accept.py`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from backbone.ground import Ground
from backbone.web.etag import etag
from backbone.web.idempotency import idempotency_key
from backbone.web.items import Item
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, require
from backbone.web.openapi import heeds
from backbone.web.paging import Cursor, Limit, decode_cursor, encode_cursor
from backbone.web.problem import FieldError, Problem, problem_of, wrong
from backbone.web.request_id import current_trace
from services.catalogue.model import Catalogue
from services.instants import InstantOfOurTime
from services.report import REPORT

from ..board.waiting import Waiting
from ..record import store
from ..record.clocks_shown import shows_its_clocks
from ..record.record import Record
from .accept import Accept
from .accepted import Accepting
from .checks import accepting, report_of

MOST, BATCH_BYTES = 1_000, 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Incidents:
    """Finds the incidents that a caller may see."""

    ground: Ground
    waiting: Waiting

    async def find(self, id_: str, caller: Caller) -> Record:
        """The record of an id or number. Raises Problem 404, also for what the key may not see."""
        async with self.ground.transactions.reading() as connection:
            record = await store.find(connection, id_)
        if record is None or not caller.sees(record.contract):
            raise Problem(404, "Not found", f"There is no incident {id_}.")
        return record

    async def reread(self, id_: str, wait: float) -> Record | None:
        """The record as it is now, or once the router has spoken and its clocks run, `wait` seconds at most.

        None where it can't be read now.
        """

        async def read() -> Record:
            async with self.ground.transactions.reading() as connection:
                record = await store.find(connection, id_)
            if record is None:
                raise Problem(404, "Not found", f"There is no incident {id_}.")
            return record

        return await self.waiting.until(id_, read, shows_its_clocks, wait)


def routes(incidents: Incidents, accept: Accept, catalogue: Catalogue) -> APIRouter:
    """The routes of this subject."""
    router = APIRouter(tags=["incidents"])
    time = incidents.ground.around.time

    @router.post("/v1/incidents:batch", openapi_extra=heeds("Idempotency-Key"))
    async def report_many(
        request: Request,
        caller: Annotated[Caller, require("report")],
        items: Annotated[list[Item], json_body(REPORT, limit=BATCH_BYTES, seconds=30, items=MOST)],
    ) -> dict[str, Any]:
        """Report up to 1,000 incidents; one bad item hurts no other."""
        key = idempotency_key(request.scope)
        now = time.now()
        answers: list[dict[str, Any]] = [{} for _ in items]
        good: list[tuple[int, Accepting]] = []
        for index, sent in enumerate(items):
            try:
                report = report_of(sent, catalogue, now)
                each = f"{key}#{index}" if key is not None else None
                good.append((index, accepting(report, caller, catalogue, now, each, current_trace())))
            except Problem as problem:
                answers[index] = _refused(problem)
            if index % 50 == 49:
                await asyncio.sleep(0)
        outcomes = await accept.many([item for _, item in good])
        for n, ((index, item), outcome) in enumerate(zip(good, outcomes, strict=True)):
            if n % 50 == 49:
                await asyncio.sleep(0)
            if isinstance(outcome, BaseException):
                answers[index] = _refused(problem_of(outcome) if isinstance(outcome, Exception) else Problem(500))
                continue
            try:
                status, record = await accept.settle(item, outcome, 0, caller)
                answers[index] = {"status": status, "incident": record, "problem": None}
            except Exception as error:  # noqa: BLE001 (one bad item hurts no other)
                answers[index] = _refused(problem_of(error))
        return {"items": answers}

    @router.get("/v1/incidents/{id}")
    async def read_incident(id: str, caller: Annotated[Caller, require("view")], response: Response) -> dict[str, Any]:
        """One incident, by id or number."""
        record = await incidents.find(id, caller)
        response.headers["ETag"] = etag(record.version)
        return record.to_json(caller)

    @router.get("/v1/incidents")
    async def list_incidents(
        caller: Annotated[Caller, require("view")],
        limit: Limit = 50,
        cursor: Cursor = None,
        state: Annotated[str | None, Query()] = None,
        severity: str | None = None,
        queue: str | None = None,
        contract: str | None = None,
        flag: str | None = None,
        reference: str | None = None,
        owner: str | None = None,
        opened_after: InstantOfOurTime | None = None,
        updated_after: InstantOfOurTime | None = None,
    ) -> dict[str, Any]:
        """Incidents, newest first."""
        if state is not None and state not in ("open", "resolved", "closed"):
            raise wrong([FieldError("/query/state", "is not a state: open, resolved or closed")])
        before = decode_cursor(cursor, str)[0] if cursor else None
        where = {
            "state": state, "severity": severity, "queue": queue, "contract": contract, "flag": flag,
            "reference": reference, "owner": owner, "opened_after": opened_after, "updated_after": updated_after,
            "contracts": sorted(caller.contracts) if caller.contracts is not None else None,
        }  # fmt: skip
        async with incidents.ground.transactions.listing() as connection:
            records = await store.listed(connection, where, before, limit + 1)
        more = len(records) > limit
        shown = records[:limit]
        return {
            "items": [record.to_json(caller) for record in shown],
            "next": encode_cursor(shown[-1].id) if more else None,
        }

    return router


def _refused(problem: Problem) -> dict[str, Any]:
    return {"status": problem.status, "incident": None, "problem": problem.to_dict()}
