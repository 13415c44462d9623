"""What the catalogue says of clocks that start on the way: by a question, a consent, or since nobody decides.

Data, not code: no name or number of a catalogue stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import ConfigDict

from .conditions import Duration

_STRICT = ConfigDict(extra="forbid")

#: No incident is reopened later, whatever its catalogue says, and none that is loaded may say so: what the stages know
#: of it is kept for twice as long at least.
REOPENED_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The customer's clock that a question starts. `time`: around the clock, or as the severity is covered."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    clock: str
    severities: tuple[str, ...]
    target: Duration
    time: Literal["wall", "severity"]
    rule: str
    proposes: bool
    to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Onsite:
    """On-site resources: from the submission, and from the consent. `many_places`: the service whose order is one of
    several countries, as one with locations in several is."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    clock: str
    severities: tuple[str, ...]
    target: Duration
    after_consent: Duration
    rule: str
    visits: str
    purchase_rule: str
    place_rule: str
    unlisted_severities: tuple[str, ...]
    many_places: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrouted:
    """How long an incident may go without a decision."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    clock: str
    target: Duration
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Downgrade:
    """What is proposed where the customer can't keep up: severity → the next. `automatic`: nobody is asked first."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    rule: str
    to: Mapping[str, str]
    automatic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Clocks that start on the way."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    questions: tuple[Question, ...]
    onsite: Onsite | None
    unrouted: Unrouted
    downgrade: Downgrade
    change_rule: str
    warn_percent: int
    reopen_within: Duration
