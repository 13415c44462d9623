"""One event: as a stage says it, and as another hears it.

The payload stays text until somebody has a use for it; an event's `sequence` counts within its subject and its sayer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from pydantic_core import from_json


class Lane(StrEnum):
    """Urgent events never queue behind ordinary ones."""

    URGENT = "urgent"
    ORDINARY = "ordinary"


LANES = (Lane.URGENT, Lane.ORDINARY)


class Fact(Protocol):
    """What can be said: it has a type and knows how to write itself down."""

    @property
    def type(self) -> str:
        """The fact's name in the past tense, such as `page.sent`."""
        ...

    def to_json(self) -> bytes:
        """The payload as UTF-8 JSON."""
        ...


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it stands in a stage's log. `seq` is commit order there, and 0 where Kafka carried it."""

    source: str
    seq: int
    id: UUID
    subject: str
    sequence: int
    urgent: bool
    type: str
    payload: str
    headers: Mapping[str, str]
    after: Mapping[str, int]
    occurred_at: datetime

    @property
    def lane(self) -> Lane:
        """The lane that carries it."""
        return Lane.URGENT if self.urgent else Lane.ORDINARY

    def json(self) -> Any:
        """The payload, parsed anew at each call."""
        return from_json(self.payload)


def is_directory(subject: str) -> bool:
    """Whether a subject is an object of the directory (`contract:WO-1`): whole objects, no sequence to follow."""
    return ":" in subject
