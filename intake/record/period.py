"""A period, asked for by instants, or by days as people say them: both its first and its last day belong to it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from services.instants import InstantOfOurTime


def _day(value: object) -> date:
    try:
        return datetime.strptime(str(value), "%Y-%m-%d").date()
    except ValueError:
        raise ValueError("is neither a day such as 2026-03-31 nor an instant with its offset") from None


#: An instant (RFC 3339), or a day such as `2026-03-31`, which is UTC's.
DayOrInstant = Annotated[InstantOfOurTime | Annotated[date, BeforeValidator(_day)], Field(union_mode="left_to_right")]


def first(of: date | None) -> datetime | None:
    """The first instant of what was asked for; None where nothing was."""
    return of if of is None or isinstance(of, datetime) else datetime.combine(of, time(), UTC)


def end(of: date | None) -> datetime | None:
    """The instant before which it ends: of a day the next midnight, of the last day that there is none."""
    if of is None or isinstance(of, datetime):
        return of
    return datetime.combine(of, time.max, UTC) + timedelta(microseconds=1) if of < date.max else None
