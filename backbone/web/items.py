"""Many things in one body, `{"items": [...]}`: what a parser can read is judged thing by thing.

One bad thing hurts no other: only a body that can't be read as such a list is refused as a whole.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from .body import is_harmless, parse_any, unstorable
from .pointer import pointer
from .problem import FieldError, bad_fields, together, wrong

T = TypeVar("T")


class Item(NamedTuple):
    """One thing, as plain JSON values. `harmless`: the body's bytes showed that all of it can be kept."""

    value: Any
    harmless: bool

    def parse(self, adapter: TypeAdapter[T]) -> T:
        """The thing as the adapter's type. Raises Problem: 400 for too many levels, 422 with pointers into the thing."""
        faults = [] if self.harmless else unstorable(self.value)
        try:
            value = adapter.validate_python(self.value)
        except ValidationError as error:
            raise together(bad_fields(error), faults) from None
        if faults:
            raise wrong(faults)
        return value


def parse_items(body: bytes, most: int) -> list[Item]:
    """The things. Raises Problem: 400 where it is no JSON that can be read, 422 where it is no list of `most` at most."""
    document = parse_any(body)
    if not isinstance(document, dict):
        raise wrong([FieldError("", 'is no object: send {"items": [...]}')])
    faults = [FieldError(pointer(name), "is not a field here") for name in document if name != "items"]
    items = document.get("items")
    if not isinstance(items, list):
        raise wrong([*faults, FieldError("/items", "is not a list" if "items" in document else "is missing")])
    if len(items) > most:
        faults.append(FieldError("/items", f"has {len(items)} items: {most} at most"))
    if faults:
        raise wrong(faults)
    harmless = is_harmless(body)
    return [Item(item, harmless) for item in items]
