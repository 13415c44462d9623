"""What the catalogue says of severities and of the services that are sold: when each fits, and what it owes.

Data, not code: no name or number of a catalogue stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import ConfigDict

from .conditions import Condition, Duration

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Severity:
    """A severity, highest first. `coverage` is `24x7` or `business-hours`; urgent ones never wait behind others."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: str
    impact: str
    coverage: Literal["24x7", "business-hours"]
    urgent: bool
    attention: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A clock's target at some severities, perhaps only for a product group; or the same due instant as another's."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    severities: tuple[str, ...]
    rule: str
    target: Duration | None = None
    products: str | None = None
    with_: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who is called at some severities, or which sides' executives may be notified."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    severities: tuple[str, ...]
    rule: str
    to: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Papers that must lie with the provider: those of the `event`, or the `topology`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    of: Literal["event", "topology"]
    rule: str
    flag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit of effort."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    target: Duration
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Severities about which the service's own terms are silent."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    severities: tuple[str, ...]
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A support service. `over_next`: its exhibit supersedes, and the next service that fits supplies the rest.
    `during_only`: its own terms hold while its event is under way. `reduces`: what a downgrade proposal is about."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: str
    queue: str
    rule: str
    section: str
    title: str
    conditions: tuple[Condition, ...]
    one_language: str | None = None
    over_next: bool = False
    during_only: bool = False
    papers: Papers | None = None
    first_response: tuple[Target, ...] = ()
    crisis_manager: tuple[Target, ...] = ()
    status_update: tuple[Target, ...] = ()
    escalates_to: tuple[Call, ...] = ()
    executives: tuple[Call, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    quiet: Quiet | None = None
    reduces: Literal["coverage", "severity"] = "severity"
    effort_limit: Limit | None = None
    root_cause_after_closing: tuple[str, ...] = ()
