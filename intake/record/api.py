"""What the record can be asked: the timeline, the explanation, a replay, the stream, the month's attainment."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic_core import from_json, to_json

from backbone.loops.breath import Breath
from backbone.web.accept import asks_for
from backbone.web.etag import if_match
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, require
from backbone.web.openapi import heeds
from backbone.web.paging import Cursor, Limit, decode_cursor, page_of
from backbone.web.problem import Problem
from backbone.web.sse import EventStream, last_event_id
from events.assignments import IncidentRouted
from services.catalogue.model import Catalogue
from services.contract.model import Contract
from services.decision import adapter, but_for_words
from services.explain import explain_clock, explain_decision
from services.instants import write_instant

from ..actions.bodies import Replay
from ..board.stream import Streams
from ..incidents.api import Incidents
from ..incidents.store import number_of
from . import store
from .attainment import Attained, Attainment
from .past import Past
from .period import DayOrInstant, end, first
from .record import is_for
from .standing import running, standing
from .summary import by_whom, is_for_customer, summary
from .told import as_told

#: Incidents whose promises are added up at once.
_PAGE = 200


def routes(incidents: Incidents, past: Past, streams: Streams) -> APIRouter:
    """The routes of the record."""
    router = APIRouter(tags=["record"])
    ground = incidents.ground

    @router.get("/v1/incidents/{id}/timeline")
    async def timeline(
        id: str, caller: Annotated[Caller, require("view")], limit: Limit = 200, cursor: Cursor = None
    ) -> dict[str, Any]:
        """Every fact of all stages about it, in order; a customer's key sees what is meant for the customer."""
        record = await incidents.find(id, caller)
        after = decode_cursor(cursor, int)[0] if cursor else 0
        shown: list[tuple[int, dict[str, Any]]] = []
        async with ground.transactions.reading() as connection:
            while len(shown) <= limit:
                rows = await store.timeline(connection, record.id, after, limit + 1)
                shown += [(row[0], item) for row in rows if (item := _item(row, caller)) is not None]
                if len(rows) <= limit:
                    break
                after = rows[-1][0]
        page = page_of(shown[: limit + 1], limit, lambda one: (one[0],))
        return {"items": [item for _, item in page.items], "next": page.next}

    @router.get("/v1/incidents/{id}/explanation")
    async def explanation(id: str, caller: Annotated[Caller, require("view")]) -> dict[str, Any]:
        """Why it is due when it is: every decision and clock, with its rules and arithmetic."""
        record = await incidents.find(id, caller)
        decisions, clocks, ran = [], [], record.view.get("clocks", [])
        terms: dict[int | None, tuple[Contract | None, Catalogue, str | None]] = {}
        last: tuple[Contract | None, Catalogue, str | None] = None, past.frozen.loaded, None
        for at, routed, report in await past.decisions(record.id, caller):
            contract, catalogue = await past.contract(routed), await past.catalogue_of(routed)
            last = terms[routed.number] = contract, catalogue, routed.decision.terms.location
            decisions.append(
                explain_decision(
                    routed.decision, report, contract, catalogue, at=at, cause=routed.inputs.cause,
                    clocks_from=routed.inputs.clocks_from, reopened_at=routed.inputs.reopened_at,
                    instead=standing(routed.decision, routed.number, at, ran) if routed.number > 1 else None,
                )
            )  # fmt: skip
            decisions[-1]["inputs"] |= _inputs(routed)
        for clock in (clock for clock in ran if is_for(clock, caller)):
            ran_so = running(clock)
            contract, catalogue, location = terms.get(clock.get("decision"), last)
            clocks.append(
                explain_clock(ran_so, contract, catalogue, location=location, until=ran_so.met_at, gone=_gone(clock))
                | {"state": clock["state"]}
            )
        told = [d["text"] for d in decisions] or ["It has been taken, and nobody has decided on it yet."]
        text = "\n".join([f"{record.number}: {record.report['title']}", *told])
        return {"incident": record.id, "text": text, "decisions": decisions, "clocks": clocks}

    @router.post("/v1/incidents/{id}/replay", openapi_extra=heeds("If-Match"))
    async def replay(
        id: str,
        request: Request,
        caller: Annotated[Caller, require("work")],
        body: Annotated[Replay, json_body(Replay)],
    ) -> dict[str, Any]:
        """Decide again from the frozen inputs: does it come out the same? Stores nothing; 409 before the first decision."""
        record = await incidents.find(id, caller)
        if_match(request.scope).check(record.version)
        decided = await past.decisions(record.id, caller)
        if not decided:
            raise Problem(409, "Not in this state", "Nobody has decided on it yet: there is nothing to decide again.")
        differences: list[dict[str, Any]] = []
        for _, routed, report in decided:
            before = adapter().dump_python(but_for_words(routed.decision), mode="json")
            now = adapter().dump_python(but_for_words(await past.again(routed, report)), mode="json")
            differences += [
                {"decision": routed.number, "field": name, "was": before[name], "would_be": now[name]}
                for name in before
                if before[name] != now[name]
            ]
        return {"agrees": not differences, "differences": differences}

    @router.get(
        "/v1/stream", response_class=Response, openapi_extra=heeds("Last-Event-ID"),
        responses={200: {"description": "Facts, as they are heard.", "content": {EventStream.media_type: {}}}},
    )  # fmt: skip
    async def stream(
        request: Request,
        caller: Annotated[Caller, require("view")],
        incident: str | None = None,
        type: Annotated[list[str] | None, Query()] = None,
    ) -> Response:
        """The same facts, live (server-sent events)."""
        subject = (await incidents.find(incident, caller)).id if incident is not None else None
        types = frozenset(name for one in type for name in one.split(",")) if type else None
        reader, first, past = await streams.open(request.scope, caller, subject, types, last_event_id(request.scope))
        return EventStream(reader, first=first, past=past)

    @router.get("/v1/attainment", responses={200: {"content": {"application/json": {}, "text/csv": {}}}})
    async def read_attainment(
        request: Request,
        caller: Annotated[Caller, require("view")],
        contract: str | None = None,
        from_: Annotated[DayOrInstant | None, Query(alias="from")] = None,
        to: DayOrInstant | None = None,
    ) -> Response:
        """Met and breached, per clock and severity: what is sent to the customer at the month's end.

        `from` and `to` are days (UTC), both included, or instants: a promise that was kept counts when it was kept, one
        that was broken when it was due, whenever its incident was opened. The watch for a first decision is no promise.
        """
        allowed = sorted(caller.contracts) if caller.contracts is not None else None
        since, until = first(from_), end(to)
        where = {"contract": contract, "contracts": allowed, "updated_from": since, "opened_before": until}
        found, breath, watch = Attained(since, until), Breath(), past.frozen.loaded.later.unrouted.clock
        before: str | None = None
        while True:
            async with ground.transactions.listing() as connection:
                rows = await store.settled(connection, where, before, _PAGE)
            for id_, number, severity, clocks in rows:
                theirs = [clock for clock in from_json(clocks) if is_for(clock, caller) and clock["name"] != watch]
                found.add(id_, number_of(number), severity, theirs)
                await breath()
            if len(rows) < _PAGE:
                break
            before = rows[-1][0]
        items = found.items()
        if asks_for(request.scope, "text/csv", instead_of="application/json"):
            return Response(_csv(items), media_type="text/csv; charset=utf-8")
        return Response(to_json({"items": items}), media_type="application/json")

    return router


def _item(row: Any, caller: Caller) -> dict[str, Any] | None:
    _, _, stage, type_, at, _, *_ = row
    data = as_told(caller, row)
    if data is None:
        return None
    return {
        "at": write_instant(at), "stage": stage, "type": type_, "by": by_whom(stage, data),
        "visibility": "customer" if is_for_customer(type_, data) else "internal",
        "summary": summary(type_, data), "data": data,
    }  # fmt: skip


def _inputs(routed: IncidentRouted) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(routed.to_json())["inputs"]
    return found


def _gone(clock: dict[str, Any]) -> tuple[datetime, str] | None:
    """When a clock was superseded, and why."""
    if clock["state"] != "superseded" or not clock.get("stopped_at"):
        return None
    return datetime.fromisoformat(clock["stopped_at"]), clock.get("reason") or "other terms"


def _csv(items: Iterable[Attainment]) -> str:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["clock", "severity", "met", "breached", "incident", "number", "rule", "due_at", "met_at", "reason"])
    for item in items:
        rows.writerow([item.clock, item.severity, item.met, item.breached, "", "", "", "", "", ""])
        for breach in item.breaches:
            rows.writerow(
                [item.clock, item.severity, "", "", breach["incident"], breach["number"], breach["rule"],
                 breach["due_at"], breach["met_at"] or "", breach["reason"]]
            )  # fmt: skip
    return out.getvalue()
