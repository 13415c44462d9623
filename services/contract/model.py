"""A work order as one frozen value: parsed, checked, and never changed; a change makes a new version.

The names are those of the work order's JSON; instants are aware UTC, dates are the host location's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

#: Opening windows of a weekday: (start, end) in minutes from local midnight, 1,440 is the day's end.
Windows = tuple[tuple[int, int], ...]

#: Windows by weekday, Monday first; a weekday without any is closed.
Week = tuple[Windows, Windows, Windows, Windows, Windows, Windows, Windows]


@dataclass(frozen=True, slots=True)
class Term:
    """First and last day, both included, at the host location (TERM)."""

    starts: date
    ends: date


@dataclass(frozen=True, slots=True)
class Location:
    """A support location: `role` is `host` or `downstream`. `hours` None: the default on the country's working days."""

    id: str
    role: str
    country: str
    time_zone: str
    region: str | None = None
    languages: tuple[str, ...] = ()
    hours: Week | None = None
    holidays: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """One of the customer's people. At least one of e-mail and phone (E.164) is there."""

    id: str
    name: str
    roles: tuple[str, ...]
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event under management (AEM-*): [starts_at, ends_at), the products as globs, the form that marks requests."""

    id: str
    name: str
    starts_at: datetime
    ends_at: datetime
    confirmed_at: datetime | None
    products: tuple[str, ...]
    solution: str | None = None
    form: str | None = None
    details_on_file: bool = True


@dataclass(frozen=True, slots=True)
class Solution:
    """A mission-critical solution (MISSION): its product globs, and its exhibit: clock → severity → target."""

    id: str
    products: tuple[str, ...]
    exhibit: Mapping[str, Mapping[str, timedelta]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Allocation:
    """A part of the flex allowance and what it buys."""

    to: str
    amount: float


@dataclass(frozen=True, slots=True)
class Flex:
    """The flex allowance (FLEX-*), in the contract's currency."""

    allowance: float
    allocations: tuple[Allocation, ...] = ()


@dataclass(frozen=True, slots=True)
class Booking:
    """A scheduled proactive or enhanced service (REQUEST-60, CANCEL-14)."""

    id: str
    service: str
    requested_on: date
    starts_on: date
    location: str | None = None
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Designated:
    """Designated engineering (DSE): product globs, one location."""

    products: tuple[str, ...]
    location: str


@dataclass(frozen=True)
class Contract:
    """A work order. `office365_users` None: all of the customer's users."""

    number: str
    customer: str
    term: Term
    services: tuple[str, ...]
    locations: tuple[Location, ...]
    contacts: tuple[Contact, ...] = ()
    topology_on_file: bool = False
    events: tuple[Event, ...] = ()
    solutions: tuple[Solution, ...] = ()
    balances: Mapping[str, float] = field(default_factory=dict)
    allows_prerelease: tuple[str, ...] = ()
    flex: Flex | None = None
    bookings: tuple[Booking, ...] = ()
    office365_users: tuple[str, ...] | None = None
    designated: Designated | None = None
    management_time_zone: str | None = None
    delivery_manager: str | None = None

    @cached_property
    def by_address(self) -> Mapping[str, tuple[Contact, ...]]:
        """The contacts by e-mail (case folded) and by phone."""
        found: dict[str, tuple[Contact, ...]] = {}
        for contact in self.contacts:
            for address in (contact.email, contact.phone):
                if address:
                    found[address.casefold()] = (*found.get(address.casefold(), ()), contact)
        return found

    @cached_property
    def host(self) -> Location:
        """The host location; a checked contract has exactly one (MULTI)."""
        return next(location for location in self.locations if location.role == "host")

    def location(self, id_: str | None) -> Location | None:
        """The location of that id, if the contract lists it."""
        return next((location for location in self.locations if location.id == id_), None)

    def bought(self, service: str) -> bool:
        """Whether the work order has the service."""
        return service in self.services
