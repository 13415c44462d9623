"""The sheet that faults are written on, and how a piece of a work order is read without stopping at its faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from services.catalogue.work_order import WorkOrderTerms
from services.faults import Fault, Level, faults_of_shape, pointer

T = TypeVar("T")

FIELDS = (
    "number", "customer", "term", "services", "locations", "contacts", "topology_on_file", "events", "solutions",
    "balances", "allows_prerelease", "flex", "bookings", "office365_users", "designated", "management_hours",
    "delivery_manager",
)  # fmt: skip


@cache
def _adapter(shape: type[T]) -> TypeAdapter[T]:
    return TypeAdapter(shape)


@dataclass(slots=True)
class Sheet:
    """Collects the faults of one work order."""

    terms: WorkOrderTerms
    faults: list[Fault] = field(default_factory=list)

    def fault(self, where: str, rule: str | None, message: str, level: Level = "fault") -> None:
        """Write one down."""
        self.faults.append(Fault(where, rule, level, message))

    def top(self, raw: object) -> Mapping[str, Any] | None:
        """The work order's fields; unknown ones are faults."""
        if not isinstance(raw, dict):
            self.fault("", None, "a work order is an object with number, customer, term, services and locations")
            return None
        for name in raw:
            if name not in FIELDS:
                self.fault(pointer(str(name)), None, f"{name!r} is not a field of a work order")
        return raw

    def read(self, shape: type[T], raw: object, where: str) -> T | None:
        """A piece in its shape; None, and its faults, where it does not have it."""
        try:
            return _adapter(shape).validate_python(raw)
        except ValidationError as error:
            self.faults += faults_of_shape(error, where)
            return None
        except RecursionError:
            self.fault(where, None, "is nested too deep")
            return None

    def items(self, fields: Mapping[str, Any], name: str, shape: type[T]) -> Iterator[tuple[str, T]]:
        """The well-shaped items of a list with their pointers; an id that comes twice is the second one's fault."""
        raw = fields.get(name)
        if raw is None:
            return
        if not isinstance(raw, list | tuple):
            self.fault(pointer(name), None, "is not a list")
            return
        seen: set[object] = set()
        for index, item in enumerate(raw):
            where = pointer(name, index)
            id_ = item.get("id") if isinstance(item, dict) else None
            if isinstance(id_, str):
                if id_ in seen:
                    self.fault(where + "/id", None, f"the id {id_!r} is there twice")
                seen.add(id_)
            piece = self.read(shape, item, where)
            if piece is not None:
                yield where, piece

    def location_ids(self, fields: Mapping[str, Any]) -> set[str]:
        """The ids of the locations that are listed, whatever else is wrong with them."""
        raw = fields.get("locations")
        found = raw if isinstance(raw, list | tuple) else []
        return {item["id"] for item in found if isinstance(item, dict) and isinstance(item.get("id"), str)}
