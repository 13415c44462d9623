"""`Idempotency-Key`: what makes a repeat harmless. A sender's key belongs to one request, and to its answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.types import Scope

from .headers import header
from .problem import Problem

#: How long a key is remembered at least; a reference is until a day after its incident's closure.
KEPT = timedelta(hours=24)


def idempotency_key(scope: Scope) -> str | None:
    """The `Idempotency-Key` of a request. Raises Problem 400 for one that is empty, too long or not printable."""
    sent = header(scope, b"idempotency-key")
    if sent is None:
        return None
    text = sent.decode("latin-1").strip().strip('"')
    if not 1 <= len(text) <= 200 or not text.isprintable():
        raise Problem(400, "Bad Idempotency-Key", "Send 1 to 200 printable characters.")
    return text


def as_compared(value: Any) -> Any:
    """A JSON value as a repeat of it is recognised: members in any order, a number however it is written."""
    match value:
        case dict():
            return {name: as_compared(value[name]) for name in sorted(value)}
        case list():
            return [as_compared(one) for one in value]
        case float() if value.is_integer():
            return int(value)
    return value


def conflict(why: str, incident: str | None = None) -> Problem:
    """The 409 of a key that was used for something else, which the incident came of where it was about one."""
    more: dict[str, Any] = {"incident": f"/v1/incidents/{incident}"} if incident is not None else {}
    return Problem(
        409, "Idempotency conflict", f"{why[0].upper()}{why[1:]}.", type="idempotency-conflict", **more
    )  # fmt: skip
