"""Work orders over HTTP: put and read, their history, checked, and what is left of their balances.

Nothing faulty is stored; every version of what was stored stays, with who stored it and when.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from backbone.ground import Ground
from backbone.web.etag import etag
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, require
from backbone.web.openapi import heeds
from backbone.web.paging import Cursor, Limit
from backbone.web.problem import FieldError, Problem
from services.catalogue.model import Catalogue
from services.contract.balances import balances
from services.contract.charges import last_day_to_ask, shortfall_billed_from
from services.contract.check import check
from services.contract.parse import ContractFaults, parse
from services.contract.write import to_json
from services.instants import InstantOfOurTime, write_instant

from ..objects import NEW, Objects, fault_json, faulty
from .seen import Contracts
from .store import drawn_of


def routes(ground: Ground, catalogue: Catalogue) -> APIRouter:
    """The routes of work orders."""
    router = APIRouter(tags=["contracts"])
    objects, contracts = Objects(ground, "contract"), Contracts(ground)

    @router.put("/v1/contracts/{number}", responses=NEW, openapi_extra=heeds("If-Match"))
    async def put_contract(
        number: str, request: Request, response: Response,
        caller: Annotated[Caller, require("manage")], body: Annotated[Any, json_body()],
    ) -> dict[str, Any]:  # fmt: skip
        """Store a work order: 201 where it is new, else 200; 422 names every fault at once; the ETag is its version."""
        contracts.allow(number, caller)
        try:
            contract = parse(body, catalogue.work_order)
        except ContractFaults as error:
            raise faulty(error.faults, "The work order has faults") from error
        if contract.number != number:
            raise Problem(
                422, "Another number", f"The work order says {contract.number}, the path {number}.",
                errors=[FieldError("/number", f"is not {number}, which the path names")],
            )  # fmt: skip
        written = to_json(contract)
        await objects.put(number, written, caller.name, request, response)
        return written

    @router.get("/v1/contracts/{number}")
    async def read_contract(
        number: str, response: Response, caller: Annotated[Caller, require("view", "manage")]
    ) -> dict[str, Any]:
        """The work order as it is now; the ETag is its version."""
        stored = await contracts.stored(number, caller)
        response.headers["ETag"] = etag(stored.version)
        return to_json(stored.value)

    @router.get("/v1/contracts")
    async def list_contracts(
        caller: Annotated[Caller, require("view", "manage")], limit: Limit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        """The work orders, by number."""
        return await objects.page(limit, cursor, lambda stored: to_json(stored.value), caller.sees)

    @router.get("/v1/contracts/{number}/history")
    async def history(number: str, caller: Annotated[Caller, require("manage")]) -> dict[str, Any]:
        """Every version: who stored it, when, and what it said."""
        await contracts.stored(number, caller)
        versions = await ground.directory.history("contract", number)
        return {"items": [{**one, "at": write_instant(one["at"])} for one in versions], "next": None}

    @router.post("/v1/contracts:check")
    async def check_contract(
        caller: Annotated[Caller, require("manage")], body: Annotated[Any, json_body()]
    ) -> dict[str, Any]:
        """Every fault and warning of a work order; nothing is stored."""
        faults = check(body, catalogue.work_order)
        return {"ok": not any(f.level == "fault" for f in faults), "faults": [fault_json(f) for f in faults]}

    @router.get("/v1/contracts/{number}/balances")
    async def read_balances(
        number: str, caller: Annotated[Caller, require("view", "manage")], at: InstantOfOurTime | None = None
    ) -> dict[str, Any]:
        """What is left of the balances at an instant, and when it lapses (TERM, FLEX-LAPSE); until when services are
        asked for (REQUEST-60), and from when a shortfall is billed (SAB-30)."""
        contract = await contracts.of(number, caller)
        moment = at or ground.around.time.now()
        async with ground.transactions.reading() as connection:
            drawn = await drawn_of(connection, number, contract.term.starts, at)
        items = [balance.to_json() for balance in balances(contract, catalogue.work_order, drawn, moment)]
        terms = catalogue.work_order
        asked, billed = last_day_to_ask(contract, terms), shortfall_billed_from(contract, terms)
        return {
            "at": write_instant(moment), "items": items,
            "ask_by": {"on": asked.isoformat(), "rule": terms.bookings.ask_before_end.rule},
            "shortfall_billed_from": {
                "on": [day.isoformat() for day in billed], "rule": terms.bookings.billed_from.rule,
            },
        }  # fmt: skip

    return router
