"""From JSON to the contract: a work order with a fault makes none.

A warning does not refuse; everything that does is told at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.catalogue.work_order import WorkOrderTerms
from services.durations import parse_duration
from services.faults import Fault, refuses
from services.roster.wire import instant

from .check import check
from .fields import week
from .model import Allocation, Booking, Contact, Contract, Designated, Event, Flex, Location, Solution, Term
from .write import to_json

__all__ = ["ContractFaults", "build", "parse", "to_json"]


class ContractFaults(ValueError):
    """The work order has faults: it makes no contract. Not worth a retry; `faults` has all of them, warnings too."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.message}" for fault in faults))
        self.faults = tuple(faults)


def parse(raw: object, terms: WorkOrderTerms) -> Contract:
    """The contract of a work order (parsed JSON), by the catalogue's page on work orders. Raises ContractFaults."""
    faults = check(raw, terms)
    if refuses(faults) or not isinstance(raw, dict):
        raise ContractFaults(faults)
    return build(raw)


def build(raw: Mapping[str, Any]) -> Contract:
    """The contract of a work order that was checked before, such as one that was stored.

    It is not checked again, since rules may have changed since it was taken.
    """
    flex, designated, management = raw.get("flex"), raw.get("designated"), raw.get("management_hours")
    users = raw.get("office365_users")
    return Contract(
        number=raw["number"],
        customer=raw["customer"],
        term=Term(date.fromisoformat(raw["term"]["from"]), date.fromisoformat(raw["term"]["to"])),
        services=tuple(raw["services"]),
        locations=tuple(_location(item) for item in raw["locations"]),
        contacts=tuple(_contact(item) for item in raw.get("contacts") or ()),
        topology_on_file=bool(raw.get("topology_on_file")),
        events=tuple(_event(item) for item in raw.get("events") or ()),
        solutions=tuple(_solution(item) for item in raw.get("solutions") or ()),
        balances=dict(raw.get("balances") or {}),
        allows_prerelease=tuple(raw.get("allows_prerelease") or ()),
        flex=_flex(flex) if flex is not None else None,
        bookings=tuple(_booking(item) for item in raw.get("bookings") or ()),
        office365_users=tuple(users) if users is not None else None,
        designated=Designated(tuple(designated["products"]), designated["location"]) if designated else None,
        management_time_zone=management["time_zone"] if management else None,
        delivery_manager=raw.get("delivery_manager"),
    )


def _location(raw: Mapping[str, Any]) -> Location:
    hours = raw.get("hours")
    return Location(
        id=raw["id"],
        role=raw["role"],
        country=raw["country"],
        time_zone=raw["time_zone"],
        region=raw.get("region"),
        languages=tuple(raw.get("languages") or ()),
        hours=week(hours) if hours is not None else None,
        holidays=tuple(sorted(date.fromisoformat(day) for day in raw.get("holidays") or ())),
    )


def _contact(raw: Mapping[str, Any]) -> Contact:
    return Contact(
        id=raw["id"],
        name=raw["name"],
        roles=tuple(raw.get("roles") or ()),
        email=raw.get("email"),
        phone=raw.get("phone"),
        language=raw.get("language"),
        location=raw.get("location"),
    )


def _event(raw: Mapping[str, Any]) -> Event:
    confirmed, on_file = raw.get("confirmed_at"), raw.get("details_on_file")
    return Event(
        id=raw["id"],
        name=raw.get("name") or raw["id"],
        starts_at=instant(raw["starts_at"]),
        ends_at=instant(raw["ends_at"]),
        confirmed_at=instant(confirmed) if confirmed is not None else None,
        products=tuple(raw.get("products") or ()),
        solution=raw.get("solution"),
        form=raw.get("form"),
        details_on_file=on_file is None or on_file,
    )


def _solution(raw: Mapping[str, Any]) -> Solution:
    exhibit = {
        clock: {str(severity): parse_duration(target) for severity, target in targets.items()}
        for clock, targets in (raw.get("exhibit") or {}).items()
    }
    return Solution(raw["id"], tuple(raw.get("products") or ()), exhibit)


def _flex(raw: Mapping[str, Any]) -> Flex:
    return Flex(raw["allowance"], tuple(Allocation(x["to"], x["amount"]) for x in raw.get("allocations") or ()))


def _booking(raw: Mapping[str, Any]) -> Booking:
    return Booking(
        id=raw["id"],
        service=raw["service"],
        requested_on=date.fromisoformat(raw["requested_on"]),
        starts_on=date.fromisoformat(raw["starts_on"]),
        location=raw.get("location"),
        price=raw.get("price"),
    )
