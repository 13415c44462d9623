"""One report on its way to being durable: its id is given before the first try, so that a second try can look for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from backbone.web.problem import Problem
from services.report import Report


class Accepting(NamedTuple):
    """A report that was checked. `submitted` and `received` are instants as they are written, `by` is a JSON string.

    No text has a line's end in it: what is JSON escapes it, and in a key or a reference there can't be any. `stale` is why
    it is not taken any more, unless it is a repeat of one that was.
    """

    id: str
    sender: str
    by: str
    report: Report
    report_json: str
    digest: bytes
    key: str | None
    urgent: bool
    submitted: str
    received: str
    received_at: datetime
    headers: str
    stale: Problem | None = None

    @property
    def keys(self) -> list[tuple[str, str, str]]:
        """(sender, kind, value) of what a repeat would be known by."""
        keys = [] if self.key is None else [(self.sender, "key", self.key)]
        if self.report.reference is not None:
            keys.append((self.sender, "reference", self.report.reference))
        return keys


@dataclass(frozen=True, slots=True)
class Taken:
    """It is durable: a new incident, `version` 1."""

    id: str
    number: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """It was there already, with the same body."""

    id: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """The key or reference was used before, for something else: `id` is the incident it belongs to."""

    id: str
    why: str


Outcome = Taken | Repeated | Conflict
