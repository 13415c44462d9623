"""Many things in one body, `{"items": [...]}`: what a parser can read is judged thing by thing.

One bad thing hurts no other: only a body that can't be read as such a list is refused as a whole.
"""

from __future__ import annotations

import json
from math import inf
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from .body import is_harmless, parse_any, unstorable
from .pointer import pointer
from .problem import FieldError, Problem, bad_fields, together, wrong

T = TypeVar("T")


class Item(NamedTuple):
    """One thing, as plain JSON values. `harmless`: the bytes showed that all of it can be kept.

    `unread`: why it can't be read, and has no value.
    """

    value: Any
    harmless: bool
    unread: Problem | None = None

    def parse(self, adapter: TypeAdapter[T]) -> T:
        """The thing as the adapter's type.

        Raises Problem: 400 for too many levels and for what can't be read, 422 with pointers into the thing.
        """
        if self.unread is not None:
            raise self.unread
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
    try:
        document, is_read = parse_any(body), True
    except Problem as problem:
        document, is_read = {"items": _roughly(body, problem)}, False
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
    if not is_read:
        return [_alone(item) for item in items]
    harmless = is_harmless(body)
    return [Item(item, harmless) for item in items]


def _roughly(body: bytes, problem: Problem) -> list[Any]:
    """The things of a body that a text or a number spoils: half a character, NaN. Raises `problem` where there are none."""
    try:
        document = json.loads(body.decode("utf-8", "surrogateescape"), parse_int=_whole_number)
    except (ValueError, RecursionError):
        raise problem from None
    match document:
        case {"items": list(items), **others} if not others:
            return items
    raise problem


def _whole_number(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # longer than Python reads
        return inf


def _alone(item: Any) -> Item:
    """A thing that was read roughly, judged by the parser that reads every body."""
    body = json.dumps(item).encode()
    try:
        return Item(parse_any(body), is_harmless(body))
    except Problem as problem:
        return Item(None, False, problem)
