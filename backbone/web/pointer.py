"""JSON pointers (RFC 6901): the place of a fault in what was sent.

A pointer names only places that the sender can find again: the words that pydantic adds for unions are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_LONGEST = 300


def pointer(*parts: str | int) -> str:
    """The pointer to the given keys and indexes: `pointer("items", 0)` is `/items/0`; cut at 300 characters."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)[:_LONGEST]


def pointer_into(document: Any, loc: Sequence[str | int], *, missing: bool = False) -> str:
    """The pointer for pydantic's `loc`, walked along `document` (parsed JSON), so that a union's tags fall out.

    `missing`: the last part is not there, which is the fault.
    """
    parts: list[str | int] = []
    here = document
    for step, part in enumerate(loc):
        if isinstance(here, dict) and isinstance(part, str):
            if part in here:
                here = here[part]
            elif not (missing and step == len(loc) - 1):
                continue
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
        else:
            continue
        parts.append(part)
    return pointer(*parts)
