"""How an instant is written everywhere outside: RFC 3339 in UTC, with a Z."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic_core import to_json


def write_instant(at: datetime) -> str:
    """An aware instant, such as `2026-03-20T10:45:00Z`."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return to_json(utc).decode()[1:-1]


def write_instant_if(at: datetime | None) -> str | None:
    """The same, and None for what has not happened."""
    return None if at is None else write_instant(at)
