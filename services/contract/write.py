"""A contract as the work order that it came from: api.md's JSON.

Parsing what is written here gives the same contract again.
"""

from __future__ import annotations

from typing import Any

from services.durations import write_duration
from services.instants import write_instant

from .fields import WEEKDAYS
from .model import Booking, Contact, Contract, Event, Flex, Location, Solution, Week


def to_json(contract: Contract) -> dict[str, Any]:
    """The work order as `PUT /v1/contracts/{number}` takes it; fields that may be absent are, where nothing is said."""
    found: dict[str, Any] = {
        "number": contract.number,
        "customer": contract.customer,
        "term": {"from": contract.term.starts.isoformat(), "to": contract.term.ends.isoformat()},
        "services": list(contract.services),
        "locations": [_location(location) for location in contract.locations],
        "contacts": [_contact(contact) for contact in contract.contacts],
        "topology_on_file": contract.topology_on_file,
        "events": [_event(event) for event in contract.events],
        "solutions": [_solution(solution) for solution in contract.solutions],
        "balances": dict(contract.balances),
        "allows_prerelease": list(contract.allows_prerelease),
        "flex": _flex(contract.flex) if contract.flex is not None else None,
        "bookings": [_booking(booking) for booking in contract.bookings],
    }
    if contract.office365_users is not None:
        found["office365_users"] = list(contract.office365_users)
    if contract.designated is not None:
        found["designated"] = {
            "products": list(contract.designated.products),
            "location": contract.designated.location,
        }
    if contract.management_time_zone is not None:
        found["management_hours"] = {"time_zone": contract.management_time_zone}
    if contract.delivery_manager is not None:
        found["delivery_manager"] = contract.delivery_manager
    return found


def _location(location: Location) -> dict[str, Any]:
    return {
        "id": location.id,
        "role": location.role,
        "country": location.country,
        "region": location.region,
        "time_zone": location.time_zone,
        "languages": list(location.languages),
        "hours": _hours(location.hours) if location.hours is not None else None,
        "holidays": [day.isoformat() for day in location.holidays],
    }


def _hours(week: Week) -> dict[str, list[list[str]]]:
    return {
        day: [[_clock(start), _clock(end)] for start, end in windows]
        for day, windows in zip(WEEKDAYS, week, strict=True)
        if windows
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.id,
        "name": contact.name,
        "roles": list(contact.roles),
        "email": contact.email,
        "phone": contact.phone,
        "language": contact.language,
        "location": contact.location,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "name": event.name,
        "starts_at": write_instant(event.starts_at),
        "ends_at": write_instant(event.ends_at),
        "confirmed_at": write_instant(event.confirmed_at) if event.confirmed_at is not None else None,
        "products": list(event.products),
        "solution": event.solution,
        "form": event.form,
        "details_on_file": event.details_on_file,
    }


def _solution(solution: Solution) -> dict[str, Any]:
    exhibit = {
        clock: {severity: write_duration(target) for severity, target in targets.items()}
        for clock, targets in solution.exhibit.items()
    }
    return {"id": solution.id, "products": list(solution.products), "exhibit": exhibit}


def _flex(flex: Flex) -> dict[str, Any]:
    allocations = [{"to": allocation.to, "amount": allocation.amount} for allocation in flex.allocations]
    return {"allowance": flex.allowance, "allocations": allocations}


def _booking(booking: Booking) -> dict[str, Any]:
    return {
        "id": booking.id,
        "service": booking.service,
        "location": booking.location,
        "requested_on": booking.requested_on.isoformat(),
        "starts_on": booking.starts_on.isoformat(),
        "price": booking.price,
    }
