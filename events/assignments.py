"""What the router says: what is owed, and who is on it. Subject: the incident's id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from services.decision import Decision

from .codec import Fact


@dataclass(frozen=True, slots=True)
class ContractVersion:
    """The frozen contract that a decision was made under."""

    number: str
    version: int
    customer: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a decision was made from, besides the report: enough to make it again.

    `cause` is the type of the event that led to it; `severity` is set where a person set it; `window_at` is the instant
    by which an event's window was looked at, where that is another than `at`. `told` is the number, among intake's facts
    of the incident, of the one that led to it: what intake was told after that was no part of it. `reopened_at`: when
    the incident was last opened again, None where it was not; no clock counts from before that. `set_by`: the type of the
    fact that last changed the severity, None where none has.
    """

    cause: str
    submitted_at: datetime
    at: datetime
    clocks_from: datetime | None
    severity: str | None
    coverage: str | None
    impact: str
    contract: ContractVersion | None
    catalogue: str
    calendars: str
    window_at: datetime | None = None
    told: int | None = None
    reopened_at: datetime | None = None
    set_by: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentRouted(Fact):
    """A decision: the first one, or a new one after a change (`number` counts them from 1)."""

    TYPE: ClassVar[str] = "incident.routed"
    FOR_CUSTOMER: ClassVar[bool] = True
    number: int
    decision: Decision
    inputs: Inputs


@dataclass(frozen=True, slots=True)
class CrisisManagerAssigned(Fact):
    """A crisis manager is to be paged. Assigned for the contract's purposes when the page is acknowledged (BASE-CM).

    `considered` is what was looked at: one item a person, in the order of preference. `acknowledged`: they have said
    yes already, and are not to be paged.
    """

    TYPE: ClassVar[str] = "crisis_manager.assigned"
    FOR_CUSTOMER: ClassVar[bool] = True
    person: str
    name: str
    attempt: int
    reason: str
    considered: list[dict[str, Any]]
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class CrisisManagerRefused(Fact):
    """The crisis could not be handed over to somebody by hand; who has it keeps it."""

    TYPE: ClassVar[str] = "crisis_manager.refused"
    by: str
    person: str
    reason: str


@dataclass(frozen=True, slots=True)
class CrisisManagerReleased(Fact):
    """Who was called for the crisis has it no longer, and nobody else has it yet."""

    TYPE: ClassVar[str] = "crisis_manager.released"
    person: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class PeopleAssigned(Fact):
    """Others to be paged: `role` is that of the people, or `administrator`.

    `people` are ids of people, or of contacts of the contract where `side` is `customer`. `informs`: they are told, and
    nobody waits for their acknowledgement. `about`: what they are called for where it is not the incident itself.
    """

    TYPE: ClassVar[str] = "people.assigned"
    role: str
    side: str
    people: list[str]
    reason: str
    rule: str | None = None
    informs: bool = False
    about: str | None = None


@dataclass(frozen=True, slots=True)
class OwnerChanged(Fact):
    """Who works on it now; None: back in the queue."""

    TYPE: ClassVar[str] = "owner.changed"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    person: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class OwnerRefused(Fact):
    """The request for another owner could not be met."""

    TYPE: ClassVar[str] = "owner.refused"
    by: str
    person: str
    reason: str


@dataclass(frozen=True, slots=True)
class BalanceDrawn(Fact):
    """A contract's balance was drawn down: minutes or visits, and what is left."""

    TYPE: ClassVar[str] = "balance.drawn"
    balance: str
    amount: float
    left: float
    rule: str
    announce: bool


@dataclass(frozen=True, slots=True)
class BalanceReturned(Fact):
    """What had been drawn was not used: it stands in the contract's balance again."""

    TYPE: ClassVar[str] = "balance.returned"
    balance: str
    amount: float
    left: float
    rule: str


#: `PeopleAssigned.about`: the customer asks for management attention (RSM-BC).
MANAGEMENT = "management"


@dataclass(frozen=True, slots=True)
class EffortRefused(Fact):
    """The contract's balance does not cover the effort: nothing was drawn."""

    TYPE: ClassVar[str] = "effort.refused"
    by: str
    minutes: int
    left: float
    rule: str
    reason: str
