"""Contracts over HTTP: put and read, checked, asked for balances, charges and conversions; simulations; the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, ConfigDict

from backbone.ground import Ground
from backbone.web.etag import etag, if_match
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, require
from backbone.web.paging import Cursor, Limit, decode_cursor, encode_cursor
from backbone.web.problem import FieldError, Problem
from services.catalogue.model import Catalogue
from services.catalogue.public import public
from services.contract.balances import balances
from services.contract.charges import Converted, cancellation, convert
from services.contract.check import check
from services.contract.model import Contract
from services.contract.parse import ContractFaults, parse
from services.contract.write import to_json
from services.faults import Fault
from services.instants import write_instant
from services.simulate import SimulationFaults, simulate

from ..decisions.store import drawn_of

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """The day on which a booking would be cancelled."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    on: date


def faulty(faults: Any, status: int = 422, title: str = "The work order has faults") -> Problem:
    """The problem that names every fault, each with its rule."""
    found = [f for f in faults if f.level == "fault"]
    return Problem(
        status, title, "; ".join(f"{f.pointer or '/'}: {f.message}" for f in found)[:2000],
        errors=[FieldError(f.pointer, f.message, f.rule) for f in found], faults=[fault_json(f) for f in faults],
    )  # fmt: skip


def fault_json(fault: Fault) -> dict[str, Any]:
    """A fault in api.md's shape."""
    return {"pointer": fault.pointer, "rule": fault.rule, "level": fault.level, "message": fault.message}


def routes(ground: Ground, catalogue: Catalogue) -> APIRouter:
    """The routes of contracts and of what they are read by."""
    router = APIRouter(tags=["contracts"])
    directory, time = ground.directory, ground.around.time

    async def stored(number: str, caller: Caller) -> Contract:
        await directory.refresh()
        found = directory.get("contract", number)
        if found is None or not caller.sees(number):
            raise Problem(404, "Not found", f"There is no contract {number}.")
        contract: Contract = found.value
        return contract

    @router.put("/v1/contracts/{number}")
    async def put_contract(
        number: str, request: Request, response: Response,
        caller: Annotated[Caller, require("manage")], body: Annotated[Any, json_body()],
    ) -> dict[str, Any]:  # fmt: skip
        """Store a work order as a new version; 422 names every fault at once."""
        if not caller.sees(number):
            raise Problem(404, "Not found", f"There is no contract {number}.")
        try:
            contract = parse(body, catalogue.work_order)
        except ContractFaults as error:
            raise faulty(error.faults) from error
        if contract.number != number:
            raise Problem(
                422, "Another number", f"The work order says {contract.number}, the path {number}.",
                errors=[FieldError("/number", f"is not {number}, which the path names")],
            )  # fmt: skip
        expected = if_match(request.scope)
        async with ground.transactions() as tx:
            version, changed = await directory.put(
                tx, "contract", number, to_json(contract), caller.name, judge=lambda last, _: expected.check(last)
            )
        await directory.refresh()
        response.status_code = 201 if version == 1 and changed else 200
        response.headers["ETag"] = etag(version)
        return to_json(contract)

    @router.get("/v1/contracts/{number}")
    async def read_contract(
        number: str, response: Response, caller: Annotated[Caller, require("view", "manage")]
    ) -> dict[str, Any]:
        """The work order as it is now."""
        contract = await stored(number, caller)
        response.headers["ETag"] = etag(directory.version("contract", number))
        return to_json(contract)

    @router.get("/v1/contracts")
    async def list_contracts(
        caller: Annotated[Caller, require("view", "manage")], limit: Limit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        """The work orders, by number."""
        await directory.refresh()
        after = decode_cursor(cursor, str)[0] if cursor else ""
        found = [s for s in directory.all("contract") if s.id > after and caller.sees(s.id)][: limit + 1]
        more = len(found) > limit
        return {
            "items": [to_json(s.value) for s in found[:limit]],
            "next": encode_cursor(found[limit - 1].id) if more else None,
        }

    @router.get("/v1/contracts/{number}/history")
    async def history(number: str, caller: Annotated[Caller, require("manage")]) -> dict[str, Any]:
        """Every version: who stored it, when, and what it said."""
        await stored(number, caller)
        return {"items": await directory.history("contract", number), "next": None}

    @router.post("/v1/contracts:check")
    async def check_contract(
        caller: Annotated[Caller, require("manage")], body: Annotated[Any, json_body()]
    ) -> dict[str, Any]:
        """Every fault and warning of a work order; nothing is stored."""
        faults = check(body, catalogue.work_order)
        return {"ok": not any(f.level == "fault" for f in faults), "faults": [fault_json(f) for f in faults]}

    @router.get("/v1/contracts/{number}/balances")
    async def read_balances(
        number: str, caller: Annotated[Caller, require("view", "manage")], at: AwareDatetime | None = None
    ) -> dict[str, Any]:
        """What is left of the balances, and when it lapses."""
        contract = await stored(number, caller)
        moment = at or time.now()
        async with ground.transactions.reading() as connection:
            drawn = await drawn_of(connection, number)
        items = [b.to_json() for b in balances(contract, catalogue.work_order, drawn, moment)]
        return {"at": write_instant(moment), "items": items}

    @router.post("/v1/contracts/{number}/bookings/{id}/cancellation")
    async def cancel(
        number: str, id: str, caller: Annotated[Caller, require("manage")],
        body: Annotated[Cancellation, json_body(Cancellation)],
    ) -> dict[str, Any]:  # fmt: skip
        """What cancelling or moving a booking on that day may cost (CANCEL-14); nothing is booked out by asking."""
        contract = await stored(number, caller)
        booking = next((b for b in contract.bookings if b.id == id), None)
        if booking is None:
            raise Problem(404, "Not found", f"The contract {number} has no booking {id}.")
        charge = cancellation(booking, catalogue.work_order, body.on)
        return {"charge_up_to": charge.charge_up_to, "rule": charge.rule}

    @router.post("/v1/contracts/{number}/credits:convert")
    async def convert_credits(
        number: str, caller: Annotated[Caller, require("manage")], body: Annotated[Any, json_body()]
    ) -> dict[str, Any]:
        """Proactive credits at the current rate (CREDITS), between listed locations only."""
        contract = await stored(number, caller)
        credits, origin, goal, rate = _conversion(body)
        found = convert(contract, catalogue.work_order, credits, origin, goal, rate)
        if not isinstance(found, Converted):
            raise Problem(409, "Not provided for", found.reason, rule=found.rule)
        return {"units": found.units, "rule": found.rule}

    @router.get("/v1/catalogue")
    async def read_catalogue(caller: Annotated[Caller, require("view", "report", "work", "manage")]) -> dict[str, Any]:
        """The services on sale and their terms."""
        return public(catalogue)

    @router.post("/v1/simulations")
    async def simulations(
        caller: Annotated[Caller, require("view", "manage")], body: Annotated[Any, json_body()]
    ) -> dict[str, Any]:
        """What would be decided; nothing is stored, nobody is paged."""
        await directory.refresh()

        def contract_of(number: str) -> Contract | None:
            found = directory.get("contract", number)
            return found.value if found is not None and caller.sees(number) else None

        try:
            return simulate(body, catalogue, contract_of, now=time.now())
        except SimulationFaults as error:
            raise faulty(error.faults, title="That can't be simulated") from error

    return router


def _conversion(body: Any) -> tuple[float, str, str, float]:
    if not isinstance(body, dict):
        raise Problem(422, "Bad fields", "Send an object.", errors=[FieldError("", "is not an object")])
    errors = [
        FieldError(f"/{name}", "is not a field here") for name in body if name not in ("credits", "from", "to", "rate")
    ]
    for name in ("credits", "rate"):
        value = body.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1e12:
            errors.append(FieldError(f"/{name}", "is not a number above 0"))
    for name in ("from", "to"):
        if not isinstance(body.get(name), str):
            errors.append(FieldError(f"/{name}", "is not the id of a location"))
    if errors:
        raise Problem(422, "Bad fields", "; ".join(f"{e.pointer} {e.message}" for e in errors), errors=errors)
    return body["credits"], body["from"], body["to"], body["rate"]
