"""What a work order's arithmetic costs or gives, over HTTP: cancelling, converting credits, asking for a service.

Asking never books anything out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter
from pydantic import BeforeValidator, ConfigDict

from backbone.ground import Ground
from backbone.web.json_body import json_body
from backbone.web.keys import Caller, require
from backbone.web.problem import FieldError, Problem
from services.catalogue.model import Catalogue
from services.contract.charges import Converted, cancellation, convert
from services.contract.entitlement import host_date
from services.contract.fields import day
from services.planned import planned

from .seen import Contracts


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelling:
    """The day on which a booking would be cancelled or moved."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    on: Annotated[date, BeforeValidator(day)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A service that is planned and booked."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    service: str


def routes(ground: Ground, catalogue: Catalogue) -> APIRouter:
    """The routes of charges and conversions."""
    router = APIRouter(tags=["contracts"])
    contracts = Contracts(ground)

    @router.post("/v1/contracts/{number}/bookings/{id}/cancellation")
    async def cancel(
        number: str, id: str, caller: Annotated[Caller, require("manage")],
        body: Annotated[Cancelling, json_body(Cancelling)],
    ) -> dict[str, Any]:  # fmt: skip
        """What cancelling or moving a booking on that day may cost at most (CANCEL-14); null: it has no price."""
        contract = await contracts.of(number, caller)
        booking = next((booking for booking in contract.bookings if booking.id == id), None)
        if booking is None:
            raise Problem(404, "Not found", f"The contract {number} has no booking {id}.")
        charge = cancellation(booking, catalogue.work_order, body.on)
        return {"charge_up_to": charge.charge_up_to, "rule": charge.rule}

    @router.post("/v1/contracts/{number}/credits:convert")
    async def convert_credits(
        number: str, caller: Annotated[Caller, require("manage")], body: Annotated[Any, json_body()]
    ) -> dict[str, Any]:
        """Proactive credits of one listed location as units of another, at a rate (CREDITS); 409 elsewhere."""
        contract = await contracts.of(number, caller)
        credits, origin, goal, rate = _conversion(body)
        found = convert(contract, catalogue.work_order, credits, origin, goal, rate)
        if not isinstance(found, Converted):
            raise Problem(409, "Not provided for", found.reason, rule=found.rule)
        return {"units": found.units, "rule": found.rule}

    @router.post("/v1/contracts/{number}/requests")
    async def request_service(
        number: str, caller: Annotated[Caller, require("view", "report", "work", "manage")],
        body: Annotated[Asking, json_body(Asking)],
    ) -> dict[str, Any]:  # fmt: skip
        """A request for what is planned and booked, not reported: what it is and whom to ask; nothing is booked."""
        contract = await contracts.of(number, caller)
        answer = planned(body.service, contract, catalogue, host_date(contract, ground.around.time.now()))
        if answer is None:
            known = ", ".join(catalogue.proactive.get("services", {}))
            raise Problem(
                422, "Bad fields", f"{body.service} can't be booked.",
                errors=[FieldError("/service", f"is not a service to book; these are: {known}")],
            )  # fmt: skip
        return answer

    return router


_FIELDS = ("credits", "from", "to", "rate")
#: More credits than this, or a higher rate, is a slip of the finger.
_MOST = 10**12


def _conversion(body: Any) -> tuple[float, str, str, float]:
    """Credits, from, to, rate. Raises Problem 422 with every fault."""
    if not isinstance(body, dict):
        raise Problem(422, "Bad fields", "Send an object.", errors=[FieldError("", "is not an object")])
    errors = [FieldError(f"/{name}", "is not a field here") for name in body if name not in _FIELDS]
    for name, least in (("credits", "not below zero"), ("rate", "above zero")):
        value = body.get(name)
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else -1
        if not number >= 0 or (name == "rate" and number == 0):
            errors.append(FieldError(f"/{name}", f"is not a number {least}"))
        elif number > _MOST:
            errors.append(FieldError(f"/{name}", f"is above {_MOST}, the most that is taken"))
    for name in ("from", "to"):
        if not isinstance(body.get(name), str):
            errors.append(FieldError(f"/{name}", "is not the id of a location"))
    if errors:
        raise Problem(422, "Bad fields", "; ".join(f"{e.pointer} {e.message}" for e in errors), errors=errors)
    return body["credits"], body["from"], body["to"], body["rate"]
