"""The hash that seals a day: over the seal before it, then every fact and every version of an object, in order. Pure.

The same facts give the same hash, wherever they lie by then; one that is changed, added or taken away gives another.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

#: What stands before the first day.
BEGINNING = ""


@dataclass(slots=True)
class Chain:
    """A day's hash in the making; `before` is the hash of the day before, `BEGINNING` for the first."""

    before: str
    facts: int = 0
    objects: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)

    def __post_init__(self) -> None:
        self._add("before", self.before)

    def fact(self, *parts: Any) -> None:
        """One fact: position, subject, stage, sequence, type, instant, payload as text."""
        self.facts += 1
        self._add("fact", *parts)

    def stored(self, *parts: Any) -> None:
        """One version of an object: change, kind, id, version, by, instant, body as text."""
        self.objects += 1
        self._add("object", *parts)

    @property
    def hash(self) -> str:
        """Hexadecimal, 64 digits."""
        digits: str = self._hash.hexdigest()
        return digits

    def _add(self, *parts: Any) -> None:
        self._hash.update(json.dumps(parts, ensure_ascii=True, separators=(",", ":")).encode() + b"\n")
