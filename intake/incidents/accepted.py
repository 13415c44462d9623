"""One report on its way to being durable: its id is given before the first try, so that a second try can look for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.report import Report


@dataclass(frozen=True, slots=True)
class Accepting:
    """A report that was checked. `keys` are (kind, value) pairs that a repeat would be known by; instants are UTC."""

    id: str
    sender: str
    by: str
    report: Report
    report_json: str
    digest: bytes
    keys: tuple[tuple[str, str], ...]
    urgent: bool
    submitted_at: datetime
    received_at: datetime
    headers: str


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
