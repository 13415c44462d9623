"""How an instant is read and written everywhere outside: RFC 3339; written in UTC, with a Z."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import to_json

_RFC_3339 = re.compile(r"[0-9]{4}(-[0-9]{2}){2}[Tt][0-9]{2}(:[0-9]{2}){2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")


def _rfc_3339(value: object) -> str:
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("is not an instant with its offset, for example 2026-01-05T09:00:00Z")
    return value


def _of_our_time(at: datetime) -> datetime:
    if not 1970 <= at.year < 2200:
        raise ValueError("is not in these centuries")
    return at


#: RFC 3339, with the offset that it was sent with.
Instant = Annotated[AwareDatetime, BeforeValidator(_rfc_3339)]
#: The same as a parameter: what stands at the edge of the calendar can be added to by nobody.
InstantOfOurTime = Annotated[Instant, AfterValidator(_of_our_time)]


def write_instant(at: datetime) -> str:
    """An aware instant, such as `2026-03-20T10:45:00Z`."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return to_json(utc).decode()[1:-1]


def write_instant_if(at: datetime | None) -> str | None:
    """The same, and None for what has not happened."""
    return None if at is None else write_instant(at)
