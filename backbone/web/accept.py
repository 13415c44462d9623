"""`Accept` (RFC 9110, 12.5.1): which of two media types a caller would have.

What can't be read of it is not there: a preference is never an error.
"""

from __future__ import annotations

from starlette.types import Scope

from .headers import header


def asks_for(scope: Scope, media: str, instead_of: str) -> bool:
    """Whether it names `media`, itself or by its kind, and likes it no less than `instead_of`, which it gets otherwise."""
    sent = header(scope, b"accept")
    ranges = dict(_range(part) for part in sent.decode("latin-1").lower().split(",")) if sent is not None else {}

    def liked(type_: str, *or_by: str) -> float:
        """The most specific range that covers it counts."""
        kind = type_.partition("/")[0] + "/*"
        return next((ranges[name] for name in (type_, kind, *or_by) if name in ranges), 0.0)

    return 0 < liked(media) >= liked(instead_of, "*/*")


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (one.strip() for one in part.split(";"))
    quality = next((one[2:].strip() for one in parameters if one.startswith("q=")), "1")
    try:
        return name, min(1.0, max(0.0, float(quality)))
    except ValueError:
        return name, 1.0
