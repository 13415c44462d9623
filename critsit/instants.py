"""Days and instants on the command line: `2026-03-20` or RFC 3339. A day without a zone is UTC's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from services.instants import write_instant

from .ending import MISUSED, end


def day_of(text: str, option: str) -> date:
    """A day. Ends the command where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        end(MISUSED, f"{option} is {text!r}, and has to be a day, such as 2026-03-20.")


def instant_of(text: str | None, option: str, *, end_of_day: bool = False) -> str | None:
    """An instant as the interface takes it; of a day its first instant, or the first one after it."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        end(MISUSED, f"{option} is {text!r}, and has to be a day, such as 2026-03-20, or an instant with its zone.")
    if len(text) == 10:
        at = datetime.combine(at.date() + timedelta(days=end_of_day), time(), UTC)
    elif at.tzinfo is None:
        end(MISUSED, f"{option} is {text!r}: an instant needs its zone, such as 2026-03-20T09:00:00Z.")
    return write_instant(at)
