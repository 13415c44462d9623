"""What is posted to an incident, each body as one frozen value; unknown fields are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field

from services.report import Line, Name, Text

_STRICT = ConfigDict(extra="forbid")


def _says_something(text: str) -> str:
    if not text.strip():
        raise ValueError("says nothing")
    return text


#: A text that is a promise kept: an empty one keeps none.
Words = Annotated[Text, AfterValidator(_says_something)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The provider's response."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name
    message: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A status update."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name
    status: Words
    action_plan: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question to the customer."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name
    text: Words
    to: Literal["case-owner", "change-control", "resources"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The customer's answer."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name
    text: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityChange:
    """The customer states another impact."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name
    impact: Name
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityAssessment:
    """A person of the provider sets the severity."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name
    severity: Name
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Fields of the report that were wrong, and what they are."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name
    changes: dict[str, Any]
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who is to own it; None: back into the queue."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name
    person: Name | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutiveNotification:
    """Notify a side's executives."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name
    side: Literal["provider", "customer"]
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The customer agrees."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoned:
    """A request with its reason."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DowngradeDecision:
    """Settles an open proposal."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name
    decision: Literal["accept", "reject"]
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Minutes of work."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name
    minutes: Annotated[int, Field(ge=1, le=10_000, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Another crisis manager."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name
    person: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """Resolved, closed or open again."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Name
    note: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Decide again."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    by: Line


Body = (
    Response | Update | Question | Reply | SeverityChange | SeverityAssessment | Correction | Owner
    | ExecutiveNotification | Consent | Reasoned | DowngradeDecision | Effort | Handover | StateChange
)  # fmt: skip
