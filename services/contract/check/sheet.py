"""The sheet that faults are written on, and how a piece of a work order is read without stopping at its faults.

What could be read is checked, whatever stands beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.catalogue.work_order import WorkOrderTerms
from services.contract.shapes import Shape
from services.faults import Fault, Level, pointer


@dataclass(slots=True)
class Sheet:
    """Collects the faults of one work order, `raw`, against the terms of the catalogue."""

    terms: WorkOrderTerms
    raw: Mapping[str, Any]
    faults: list[Fault] = field(default_factory=list)

    def fault(self, where: str, rule: str | None, message: str, level: Level = "fault") -> None:
        """Writes one down."""
        self.faults.append(Fault(where, rule, level, message))

    def read(self, shape: Shape, raw: object, where: str) -> Mapping[str, Any]:
        """The fields of a piece that could be read; the others' faults are written down."""
        return shape.read(raw, where, self.faults)

    def list_of(self, name: str) -> list[object]:
        """The items of a list of the work order, none where it is absent; a fault where it is no list."""
        raw = self.raw.get(name)
        if raw is None:
            return []
        if isinstance(raw, list | tuple):
            return list(raw)
        self.fault(pointer(name), None, "is not a list")
        return []

    def items(self, name: str, shape: Shape) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Each item of a list, as far as it could be read, with its pointer; an id twice is the second one's fault."""
        seen: set[str] = set()
        for index, raw in enumerate(self.list_of(name)):
            where = pointer(name, index)
            item = self.read(shape, raw, where)
            id_ = item.get("id")
            if id_ in seen:
                self.fault(where + "/id", None, f"the id {id_!r} is there twice")
            elif id_ is not None:
                seen.add(id_)
            yield where, item

    def known(self, words: object, where: str, what: str, known: Collection[str]) -> None:
        """Writes down each word of a list, or the one word, that is none of the known ones."""
        for index, word in enumerate(words if isinstance(words, list | tuple) else [words]):
            if isinstance(word, str) and word not in known:
                here = where + pointer(index) if isinstance(words, list | tuple) else where
                self.fault(here, None, f"{word!r} is not {what}; these are: {', '.join(known)}")

    def listed(self, location: object, where: str) -> None:
        """Writes down a location that the work order does not list."""
        if isinstance(location, str) and location not in self._location_ids():
            self.fault(where, None, f"{location!r} is not a location of this work order")

    def _location_ids(self) -> set[object]:
        raw = self.raw.get("locations")
        found = raw if isinstance(raw, list | tuple) else ()
        return {item["id"] for item in found if isinstance(item, dict) and isinstance(item.get("id"), str)}
