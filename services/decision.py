"""A decision: what is owed for an incident, by which rules, and what later steps must know of it.

It travels with its event and is kept for ever, so it is plain: texts, instants in UTC, durations as ISO 8601.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTerms:
    """A clock that starts with the decision. `calendar` is `24x7`, `default`, or the id of the contract's location.

    `repeats`: it is armed anew from each update.
    """

    name: str
    side: str
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    target: str
    calendar: str
    rule: str
    repeats: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterClock:
    """A clock that something on the way will start. `to`: a question to these; `proposes` a downgrade when over."""

    name: str
    side: str
    target: str
    calendar: str
    rule: str
    to: str | None = None
    proposes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What later steps need. Durations are ISO 8601; `advisory_limit` is minutes of effort."""

    questions: tuple[LaterClock, ...] = ()
    onsite: LaterClock | None = None
    onsite_after_consent: str | None = None
    status_update: LaterClock | None = None
    advisory_limit: int | None = None
    advisory_rule: str | None = None
    root_cause: bool = True
    root_cause_after_closing: bool = False
    downgrade_about: str = "severity"
    downgrade_to: str | None = None
    downgrade_rule: str = ""
    downgrade_automatic: bool = False
    event: str | None = None
    in_event: bool = False
    solution: str | None = None
    location: str | None = None
    warn_percent: int = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A service that did not fit: by which rule, and why."""

    service: str
    rule: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is owed. `because` are the rules that it was decided by; `notes` is what the customer is told."""

    severity: str
    urgent: bool
    service: str
    queue: str
    language: str
    coverage: str
    escalates_to: tuple[str, ...]
    executives: tuple[str, ...]
    flags: tuple[str, ...]
    because: tuple[str, ...]
    clocks: tuple[ClockTerms, ...]
    terms: Terms = field(default_factory=Terms)
    passed_over: tuple[PassedOver, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def led(self) -> bool:
        """Whether a crisis manager is promised (BASE-CM)."""
        return any(clock.name == "crisis_manager" for clock in self.clocks)


def but_for_words(decision: Decision) -> Decision:
    """What was decided, without the sentences that tell it: who words them otherwise decides the same."""
    return replace(decision, notes=(), passed_over=tuple(replace(one, why="") for one in decision.passed_over))


@cache
def adapter() -> TypeAdapter[Decision]:
    """Reads and writes decisions as JSON."""
    return TypeAdapter(Decision)
