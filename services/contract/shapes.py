"""The shapes of a work order's pieces: api.md's JSON, its fields one by one, unknown ones refused.

A field that is wrong hides no other: what could be read is handed on, and every fault is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.faults import Fault, faults_of_shape, pointer

from .fields import (
    Amount,
    Country,
    Day,
    Flag,
    Glob,
    Hours,
    Id,
    Instant,
    Mail,
    Number,
    OrderNumber,
    Spoken,
    Target,
    TimeZone,
)  # fmt: skip


class Shape:
    """The fields of one kind of object; a field that is not needed may be absent or null."""

    def __init__(self, needed: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> None:
        self.needed = tuple(needed)
        self.fields = {name: TypeAdapter(kind) for name, kind in {**needed, **(optional or {})}.items()}

    def read(self, raw: object, where: str, faults: list[Fault]) -> Mapping[str, Any]:
        """The fields of `raw` that could be read; the faults of the others are added to `faults`."""
        if not isinstance(raw, dict):
            faults.append(Fault(where, None, "fault", "is not an object"))
            return {}
        found: dict[str, Any] = {}
        for name, value in raw.items():
            field = self.fields.get(name) if isinstance(name, str) else None
            here = where + pointer(str(name))
            if field is None:
                faults.append(Fault(here, None, "fault", f"{name!r} is not a field here"))
            elif value is not None or name in self.needed:
                read_field(field, value, here, faults, found, name)
        faults += [Fault(where + pointer(name), None, "fault", "is missing") for name in self.needed if name not in raw]
        return found


def read_field(
    field: TypeAdapter[Any], value: object, where: str, faults: list[Fault], found: dict[str, Any], name: str
) -> None:
    """Puts the value into `found` where it can be read, else its faults into `faults`."""
    try:
        found[name] = field.validate_python(value)
    except ValidationError as error:
        faults += faults_of_shape(error, where)
    except RecursionError:
        faults.append(Fault(where, None, "fault", "is nested too deep"))


TERM = Shape({"from": Day, "to": Day})

LOCATION = Shape(
    {"id": Id, "role": Id, "country": Country, "time_zone": TimeZone},
    {"region": Id, "languages": tuple[Spoken, ...], "hours": Hours, "holidays": tuple[Day, ...]},
)

CONTACT = Shape(
    {"id": Id, "name": Id},
    {"roles": tuple[Id, ...], "email": Mail, "phone": Number, "language": Spoken, "location": Id},
)

EVENT = Shape(
    {"id": Id, "starts_at": Instant, "ends_at": Instant},
    {"name": Id, "confirmed_at": Instant, "products": tuple[Glob, ...], "solution": Id, "form": Id,
     "details_on_file": Flag},
)  # fmt: skip

SOLUTION = Shape({"id": Id}, {"products": tuple[Glob, ...], "exhibit": Any})

FLEX = Shape({"allowance": Amount}, {"allocations": list[Any]})

ALLOCATION = Shape({"to": Id, "amount": Amount})

BOOKING = Shape(
    {"id": Id, "service": Id, "requested_on": Day, "starts_on": Day},
    {"location": Id, "price": Amount},
)

DESIGNATED = Shape({"products": tuple[Glob, ...], "location": Id})

MANAGEMENT = Shape({"time_zone": TimeZone})

#: The work order itself. What has a shape of its own is only named here, and read apart: no locations are no host.
WORK_ORDER = Shape(
    {"number": OrderNumber, "customer": Id, "term": Any, "services": tuple[Id, ...]},
    {"locations": Any, "contacts": Any, "topology_on_file": Flag, "events": Any, "solutions": Any, "balances": Any,
     "allows_prerelease": tuple[Glob, ...], "flex": Any, "bookings": Any, "office365_users": tuple[Mail, ...],
     "designated": Any, "management_hours": Any, "delivery_manager": Id},
)  # fmt: skip

TARGET: TypeAdapter[Any] = TypeAdapter(Target)
AMOUNT: TypeAdapter[Any] = TypeAdapter(Amount)
