"""A request's headers by their names, for every kind of route: a list is one value, and what can be said once is.

Of two values that contradict one another none is chosen: a proxy in front may have chosen the other one.
"""

from __future__ import annotations

from starlette.types import Scope

from .problem import FieldError, Problem

#: What a request says once; whatever is not here is a list (RFC 9110, 5.3), or of no meaning to us.
_ONCE = frozenset({
    b"authorization", b"content-length", b"content-type", b"expect", b"host", b"idempotency-key", b"last-event-id",
})  # fmt: skip

#: Where a request's headers stand by their names once somebody has asked for one.
_HEADERS = "critsit.headers"


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """The headers by their names (lower case); one that was sent in several parts is joined by commas."""
    known: dict[bytes, bytes] | None = scope.get(_HEADERS)
    return _known(scope) if known is None else known


def header(scope: Scope, name: bytes) -> bytes | None:
    """One of them, or None."""
    return headers_of(scope).get(name)


def refuse_repeated(scope: Scope) -> None:
    """Refuse two values where only one has a meaning. Raises Problem 400 with each such header's name."""
    if len(headers_of(scope)) == len(scope["headers"]):
        return
    names = [name for name, _ in scope["headers"]]
    twice = sorted(name.decode() for name in _ONCE if names.count(name) > 1)
    if twice:
        raise Problem(
            400, "Repeated header", "What a request says once was said more than once.", type="repeated-header",
            errors=[FieldError(f"/header/{name}", "was sent more than once") for name in twice],
        )  # fmt: skip


def _known(scope: Scope) -> dict[bytes, bytes]:
    sent: list[tuple[bytes, bytes]] = scope["headers"]
    known = dict(sent)
    if len(known) != len(sent):
        parts: dict[bytes, list[bytes]] = {}
        for name, value in sent:
            parts.setdefault(name, []).append(value)
        known = {name: b", ".join(values) for name, values in parts.items()}
    scope[_HEADERS] = known
    return known
