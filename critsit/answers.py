"""What a running critsit answers, as far as several commands read it, and how the shape of an answer is checked.

What only one command reads stands beside it. Another shape is not critsit's answer; what is beside it is passed on.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Annotated, Any, NotRequired, TypeVar, cast

from pydantic import AfterValidator, TypeAdapter
from pydantic_core import from_json

# pydantic takes no other before Python 3.12.
from typing_extensions import TypedDict

T = TypeVar("T")


def _instant(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("an instant has an offset")
    return text


#: An instant that is reckoned with.
Instant = Annotated[str, AfterValidator(_instant)]

#: Any object: what it holds is not read.
Object = dict[str, Any]


class Place(TypedDict):
    """Where something is wrong in what was sent."""

    pointer: str
    message: str
    rule: NotRequired[str | None]


class Problem(TypedDict):
    """A refusal (RFC 9457)."""

    title: str
    detail: NotRequired[str | None]
    rule: NotRequired[str | None]
    errors: NotRequired[list[Place]]
    faults: NotRequired[list[Place]]


class Page(TypedDict):
    """A piece of a list; `next` is where it goes on."""

    items: list[Any]
    next: NotRequired[str | None]


class Identified(TypedDict):
    """Whatever goes by its id."""

    id: str


class Contract(TypedDict):
    """A work order."""

    number: str
    locations: list[Identified]


class Named(TypedDict):
    """Who is the crisis manager."""

    name: str


class Clock(TypedDict):
    """A clock of a record."""

    name: str
    side: str
    state: str
    due_at: Instant
    rule: str | None


class Call(TypedDict):
    """A page of a record."""

    to: str
    state: str
    attempt_count: int


class Record(TypedDict):
    """An incident; what the router has not said yet is null."""

    id: str
    number: str
    severity: str | None
    service: str | None
    queue: str | None
    coverage: str | None
    crisis_manager: Named | None
    flags: list[str]
    because: list[str]
    clocks: list[Clock]
    pages: list[Call]


def parsed(text: bytes | str) -> Any:
    """What JSON says. Raises ValueError where it is none, or holds what nobody could print."""
    return from_json(text, allow_inf_nan=False)


def shaped(value: Any, shape: type[T]) -> T:
    """The very value, where it has that shape. Raises ValueError where it has another."""
    _adapter(cast(Any, shape)).validate_python(value, strict=True)
    return cast(T, value)


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)
