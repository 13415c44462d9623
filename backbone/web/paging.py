"""Lists by cursor: `?limit=&cursor=` in, `{"items": […], "next": …}` out.

A cursor is opaque and says where the last page ended; one that we did not make is a 422, never a 500.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic_core import from_json, to_json

from .problem import FieldError, wrong

T = TypeVar("T")
Row = TypeVar("Row")

DEFAULT = 50
MOST = 200

#: `limit` and `cursor` as a route's parameters.
Limit = Annotated[int, Query(ge=1, le=MOST, description="Items on a page.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the page before.")]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page. `next` is the cursor of the following one, None on the last."""

    items: Sequence[T]
    next: str | None = None


def encode_cursor(*place: str | int | None) -> str:
    """The cursor for a place: the sort values of the last item on the page."""
    return urlsafe_b64encode(to_json(place)).rstrip(b"=").decode()


def decode_cursor(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """The place of a cursor, whose values have to be of `kinds`. Raises Problem 422 for one that we did not make."""
    try:
        place = from_json(urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except ValueError:
        raise bad_cursor() from None
    if not isinstance(place, list) or len(place) != len(kinds):
        raise bad_cursor()
    for value, kind in zip(place, kinds, strict=True):
        if type(value) is not kind:
            raise bad_cursor()
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise bad_cursor()
        if isinstance(value, str) and "\x00" in value:
            raise bad_cursor()
    return tuple(place)


def bad_cursor() -> Exception:
    """422: not a cursor of ours."""
    return wrong([FieldError("/query/cursor", "is not a cursor that was given out here")])


def page_of(rows: Sequence[Row], limit: int, place: Callable[[Row], tuple[str | int | None, ...]]) -> Page[Row]:
    """A page out of `limit + 1` rows, read to see whether there are more."""
    if len(rows) <= limit:
        return Page(rows)
    kept = rows[:limit]
    return Page(kept, encode_cursor(*place(kept[-1])))
