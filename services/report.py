"""What a customer states when it reports an incident: the body of `POST /v1/incidents`, as one frozen value.

Nothing here is believed yet: the contract may be unknown, the location wrong; only the shape is certain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Strict, StringConstraints, TypeAdapter

from services.instants import Instant

#: Text that PostgreSQL, JSON and a phone's screen can all carry: no NUL.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=20_000)]
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00\r\n]*$", min_length=1, max_length=300)]
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]+$", min_length=1, max_length=120)]
Product = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*$", max_length=120)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s\x00]+@[^@\s\x00]+$", max_length=254)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{3,14}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length=35)]

Channel = Literal["portal", "phone", "monitoring", "api"]
Kind = Literal["problem", "advisory", "security", "hotfix", "development"]

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who reports. Only the name is needed; e-mail and phone (E.164) are how a contact is recognised."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: Name
    email: Email | None = None
    phone: Phone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form that a success manager set for an event (AEM-FORM), filled in."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    id: Name
    answers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A third party's supplier in the matter (PRS-THIRD-PARTY)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: Name
    contact: Line | None = None
    reference: Line | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One reported incident. `impact` is the catalogue's word for what the customer states (SEV-ASSIGN); which words
    exist is the catalogue's to say, so it is checked where the catalogue is known."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    impact: Name
    title: Line
    reporter: Reporter
    contract: Name | None = None
    channel: Channel = "api"
    portal: Name | None = None
    requested_severity: Name | None = None
    kind: Kind = "problem"
    product: Product | None = None
    solution: Name | None = None
    description: Text | None = None
    language: Language | None = None
    location: Name | None = None
    form: Form | None = None
    vendor: Vendor | None = None
    submitted_at: Instant | None = None
    reference: Line | None = None
    prerelease: Annotated[bool, Strict()] = False


REPORT: TypeAdapter[Report] = TypeAdapter(Report)
INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


def is_all_typed(report: Report) -> bool:
    """Whether nothing in it is free-form; only an event's form is."""
    return report.form is None
