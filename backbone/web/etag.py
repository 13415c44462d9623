"""Weak ETags of numbered versions, and `If-Match` against them (RFC 9110, 13.1.1).

The number is compared, not the strength: the caller means "as I last saw it".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.types import Scope

from .headers import header
from .problem import Problem

_TAG = re.compile(r'(?:W/)?"([0-9]{1,18})"')


def etag(version: int) -> str:
    """`W/"7"`."""
    return f'W/"{version}"'


@dataclass(frozen=True, slots=True)
class IfMatch:
    """What a request's `If-Match` asks for. `versions` None: anything (there was none, or `*`)."""

    versions: frozenset[int] | None = None

    def check(self, version: int) -> None:
        """Raise Problem 412 unless `version` is one of those asked for."""
        if self.versions is not None and version not in self.versions:
            raise Problem(
                412, "Changed meanwhile", f"It is at version {version} now; read it again.",
                headers={"ETag": etag(version)},
            )  # fmt: skip


def if_match(scope: Scope) -> IfMatch:
    """Read `If-Match`: tags of numbers, weak or strong, or `*`. Raises Problem 400 for anything else."""
    sent = header(scope, b"if-match")
    if sent is None:
        return IfMatch()
    text = sent.decode("latin-1").strip()
    if text == "*":
        return IfMatch()
    found = [_TAG.fullmatch(part.strip()) for part in text.split(",")]
    if not all(found):
        raise Problem(400, "Bad If-Match", 'If-Match takes the ETag of an answer, such as W/"7", or *.')
    return IfMatch(frozenset(int(tag[1]) for tag in found if tag))
