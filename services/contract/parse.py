"""From JSON to the contract, and back: a work order with a fault makes no contract.

`to_json` gives the work order in api.md's shape; parsing that again gives the same contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from services.catalogue.work_order import WorkOrderTerms
from services.durations import parse_duration, write_duration
from services.faults import Fault, refuses
from services.roster.wire import instant

from .check import check
from .model import (
    Allocation,
    Booking,
    Contact,
    Contract,
    Designated,
    Event,
    Flex,
    Location,
    Solution,
    Term,
    Week,
)  # fmt: skip
from .wire import parse_week

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class ContractFaults(ValueError):
    """The work order has faults: it makes no contract. Not worth a retry; all of them are in `faults`."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{f.pointer}: {f.message}" for f in faults))
        self.faults = tuple(faults)


def parse(raw: object, terms: WorkOrderTerms) -> Contract:
    """The contract of a work order (parsed JSON). Raises ContractFaults, which names every fault."""
    faults = check(raw, terms)
    if refuses(faults):
        raise ContractFaults(faults)
    assert isinstance(raw, dict)
    return build(raw)


def build(raw: Mapping[str, Any]) -> Contract:
    """The contract of a work order that is known to be sound, such as one that was stored."""
    flex, designated, users = raw.get("flex"), raw.get("designated"), raw.get("office365_users")
    management = raw.get("management_hours")
    return Contract(
        number=raw["number"],
        customer=raw["customer"],
        term=Term(date.fromisoformat(raw["term"]["from"]), date.fromisoformat(raw["term"]["to"])),
        services=tuple(raw["services"]),
        locations=tuple(_location(x) for x in raw["locations"]),
        contacts=tuple(
            Contact(**{**x, "roles": tuple(x.get("roles") or ())}) for x in raw.get("contacts") or ()
        ),
        topology_on_file=raw.get("topology_on_file", False),
        events=tuple(_event(x) for x in raw.get("events") or ()),
        solutions=tuple(_solution(x) for x in raw.get("solutions") or ()),
        balances=dict(raw.get("balances") or {}),
        allows_prerelease=tuple(raw.get("allows_prerelease") or ()),
        flex=flex and Flex(flex["allowance"], tuple(Allocation(**x) for x in flex.get("allocations") or ())),
        bookings=tuple(_booking(x) for x in raw.get("bookings") or ()),
        office365_users=None if users is None else tuple(users),
        designated=designated and Designated(tuple(designated["products"]), designated["location"]),
        management_time_zone=management and management["time_zone"],
        delivery_manager=raw.get("delivery_manager"),
    )


def to_json(contract: Contract) -> dict[str, Any]:
    """The work order as `PUT /v1/contracts/{number}` takes it."""
    flex, designated = contract.flex, contract.designated
    found: dict[str, Any] = {
        "number": contract.number, "customer": contract.customer,
        "term": {"from": contract.term.starts.isoformat(), "to": contract.term.ends.isoformat()},
        "services": list(contract.services),
        "locations": [
            {
                "id": x.id, "role": x.role, "country": x.country, "region": x.region, "time_zone": x.time_zone,
                "languages": list(x.languages), "hours": _hours(x.hours),
                "holidays": [day.isoformat() for day in x.holidays],
            }
            for x in contract.locations
        ],
        "contacts": [
            {
                "id": x.id, "name": x.name, "roles": list(x.roles), "email": x.email, "phone": x.phone,
                "language": x.language, "location": x.location,
            }
            for x in contract.contacts
        ],
        "topology_on_file": contract.topology_on_file,
        "events": [
            {
                "id": x.id, "name": x.name, "starts_at": _z(x.starts_at), "ends_at": _z(x.ends_at),
                "confirmed_at": x.confirmed_at and _z(x.confirmed_at), "products": list(x.products),
                "solution": x.solution, "form": x.form, "details_on_file": x.details_on_file,
            }
            for x in contract.events
        ],
        "solutions": [
            {
                "id": x.id, "products": list(x.products),
                "exhibit": {c: {s: write_duration(t) for s, t in by.items()} for c, by in x.exhibit.items()},
            }
            for x in contract.solutions
        ],
        "balances": dict(contract.balances), "allows_prerelease": list(contract.allows_prerelease),
        "flex": flex and {
            "allowance": flex.allowance, "allocations": [{"to": a.to, "amount": a.amount} for a in flex.allocations],
        },
        "bookings": [
            {
                "id": x.id, "service": x.service, "location": x.location, "requested_on": x.requested_on.isoformat(),
                "starts_on": x.starts_on.isoformat(), "price": x.price,
            }
            for x in contract.bookings
        ],
    }  # fmt: skip
    if contract.office365_users is not None:
        found["office365_users"] = list(contract.office365_users)
    if designated is not None:
        found["designated"] = {"products": list(designated.products), "location": designated.location}
    if contract.management_time_zone is not None:
        found["management_hours"] = {"time_zone": contract.management_time_zone}
    if contract.delivery_manager is not None:
        found["delivery_manager"] = contract.delivery_manager
    return found


def _location(x: Mapping[str, Any]) -> Location:
    hours: Week | None = parse_week(x["hours"]) if x.get("hours") is not None else None  # type: ignore[assignment]
    return Location(
        x["id"], x["role"], x["country"], x["time_zone"], x.get("region"), tuple(x.get("languages") or ()), hours,
        tuple(sorted(date.fromisoformat(day) for day in x.get("holidays") or ())),
    )  # fmt: skip


def _event(x: Mapping[str, Any]) -> Event:
    confirmed = x.get("confirmed_at")
    return Event(
        x["id"], x.get("name") or x["id"], instant(x["starts_at"]), instant(x["ends_at"]),
        instant(confirmed) if confirmed else None, tuple(x.get("products") or ()), x.get("solution"), x.get("form"),
        x.get("details_on_file", True),
    )  # fmt: skip


def _solution(x: Mapping[str, Any]) -> Solution:
    exhibit: dict[str, dict[str, timedelta]] = {
        clock: {severity: parse_duration(target) for severity, target in by.items()}
        for clock, by in (x.get("exhibit") or {}).items()
    }
    return Solution(x["id"], tuple(x.get("products") or ()), exhibit)


def _booking(x: Mapping[str, Any]) -> Booking:
    return Booking(
        x["id"], x["service"], date.fromisoformat(x["requested_on"]), date.fromisoformat(x["starts_on"]),
        x.get("location"), x.get("price"),
    )  # fmt: skip


def _hours(week: Week | None) -> dict[str, list[list[str]]] | None:
    if week is None:
        return None
    return {
        day: [[f"{a // 60:02d}:{a % 60:02d}", f"{b // 60:02d}:{b % 60:02d}"] for a, b in windows]
        for day, windows in zip(_DAYS, week, strict=True)
        if windows
    }


def _z(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


