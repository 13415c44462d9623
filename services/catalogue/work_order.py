"""What the catalogue says of work orders: which words they may use, and which arithmetic they must obey.

Data, not code: another support organisation brings its own numbers and keeps these checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Ruled:
    """A check that is nothing but its rule."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    rule: str


@dataclass(frozen=True, slots=True)
class Hosts:
    """How many host locations a work order has."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    exactly: int
    rule: str


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance that is bought in advance, in `unit`s, and the rule that draws it down.

    Drawn in whole parts, `parts` of them to a unit (minutes of an hour), so that nothing is lost by rounding; announced
    once `announce_percent` of it is drawn.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    rule: str
    unit: str
    parts: int
    announce_percent: int


@dataclass(frozen=True, slots=True)
class ExcludedCountries:
    """Countries that need a work order of their own."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    rule: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """How long before something a thing must be done."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    rule: str
    before: timedelta


@dataclass(frozen=True, slots=True)
class Days:
    """A number of days, and its rule."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    rule: str
    days: int


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Fewer days before the first one than these cost up to a percentage of the price."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    rule: str
    days: int
    up_to_percent: int


@dataclass(frozen=True, slots=True)
class Limited:
    """Purposes that together get at most a percentage of the allowance."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    to: tuple[str, ...]
    percent: int
    rule: str


@dataclass(frozen=True, slots=True)
class RefusedPurposes:
    """Purposes that get nothing of the allowance."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    to: tuple[str, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class FlexTerms:
    """What the flex allowance may buy."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    to: tuple[str, ...]
    limited: Limited
    refused: RefusedPurposes
    allocate: Ruled
    lapse: Ruled


@dataclass(frozen=True, slots=True)
class BookingTerms:
    """When services are asked for, cancelled and billed."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    ask_before_end: Days
    cancel_before: Cancellation
    billed_from: Days


@dataclass(frozen=True, slots=True)
class WorkOrderTerms:
    """The catalogue's page on work orders. `severities`, `bookable` and `per_location`, the services that are booked for
    one location each, come from its other pages."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    services: tuple[str, ...]
    contact_roles: tuple[str, ...]
    clocks: tuple[str, ...]
    balances: dict[str, Balance]
    hosts: Hosts
    excluded_countries: ExcludedCountries
    addresses: Ruled
    term: Ruled
    event_confirmation: Notice
    flex: FlexTerms
    bookings: BookingTerms
    credits: Ruled
    severities: tuple[str, ...] = ()
    bookable: tuple[str, ...] = field(default_factory=tuple)
    per_location: frozenset[str] = frozenset()


_TERMS: TypeAdapter[WorkOrderTerms] = TypeAdapter(WorkOrderTerms)


def work_order_terms(raw: Any) -> WorkOrderTerms:
    """The terms from their YAML. Raises pydantic's ValidationError."""
    return _TERMS.validate_python(raw)
