"""What intake says: what was reported, and what people did to an incident. Subject: the incident's id.

`by` is a person's id or name, or the API key's name where nobody was named.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from services.report import Report

from .codec import Fact


@dataclass(frozen=True, slots=True)
class IncidentReported(Fact):
    """An incident is durable. Clocks count from `submitted_at`; `received_at` is when intake had it."""

    TYPE: ClassVar[str] = "incident.reported"
    FOR_CUSTOMER: ClassVar[bool] = True
    number: str
    report: Report
    submitted_at: datetime
    received_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class IncidentResponded(Fact):
    """Somebody of the provider responded; the first time meets `first_response`."""

    TYPE: ClassVar[str] = "incident.responded"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    message: str


@dataclass(frozen=True, slots=True)
class IncidentUpdated(Fact):
    """A status update; re-arms `status_update`."""

    TYPE: ClassVar[str] = "incident.updated"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    status: str
    action_plan: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionAsked(Fact):
    """The provider asked the customer something. `to`: `case-owner`, `change-control` or `resources`."""

    TYPE: ClassVar[str] = "question.asked"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    text: str
    to: str


@dataclass(frozen=True, slots=True)
class CustomerReplied(Fact):
    """The customer answered: meets its running clocks."""

    TYPE: ClassVar[str] = "customer.replied"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class ImpactChanged(Fact):
    """The customer states another impact (SEV-CHANGE): everything is decided anew. `urgent` lanes follow from it."""

    TYPE: ClassVar[str] = "impact.changed"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    impact: str
    reason: str


@dataclass(frozen=True, slots=True)
class SeverityAssessed(Fact):
    """A person of the provider sets the severity (SEV-ASSIGN)."""

    TYPE: ClassVar[str] = "severity.assessed"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    severity: str
    reason: str


@dataclass(frozen=True, slots=True)
class IncidentCorrected(Fact):
    """What was reported is corrected: `changes` as posted, `report` as it is now. Ends an entitlement review.

    `left`: the contract that it was under until now, where it is under another by this; None where nobody had that one.
    """

    TYPE: ClassVar[str] = "incident.corrected"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    changes: dict[str, Any]
    report: Report
    reason: str
    left: str | None = None


@dataclass(frozen=True, slots=True)
class OwnerRequested(Fact):
    """Hand the incident to `person`, or back into the queue (None); the router settles it."""

    TYPE: ClassVar[str] = "owner.requested"
    by: str
    person: str | None


@dataclass(frozen=True, slots=True)
class CrisisManagerRequested(Fact):
    """Hand the crisis over to `person` by hand."""

    TYPE: ClassVar[str] = "crisis_manager.requested"
    by: str
    person: str


@dataclass(frozen=True, slots=True)
class ExecutivesRequested(Fact):
    """Notify a side's executives (`provider` or `customer`); permitted by the terms when it was asked."""

    TYPE: ClassVar[str] = "executives.requested"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    side: str
    reason: str


@dataclass(frozen=True, slots=True)
class OnsiteConsented(Fact):
    """The customer agrees to on-site resources (BASE-ONSITE). `asked_at`: when, where that was before the route."""

    TYPE: ClassVar[str] = "onsite.consented"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ManagementRequested(Fact):
    """The customer asks for management attention (RSM-BC, RSM-ADDON). `asked_at`: as of a consent."""

    TYPE: ClassVar[str] = "management.requested"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    reason: str
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DowngradeDecided(Fact):
    """A person settled an open proposal: `accept` or `reject` (SEV-DOWNGRADE)."""

    TYPE: ClassVar[str] = "downgrade.decided"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    decision: str
    reason: str
    about: str
    to: str


@dataclass(frozen=True, slots=True)
class RootCauseRequested(Fact):
    """A root cause analysis was asked for in time (RCA, AEM-RCA)."""

    TYPE: ClassVar[str] = "rca.requested"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class EffortRecorded(Fact):
    """Minutes of work. `total`: of this incident with these."""

    TYPE: ClassVar[str] = "effort.recorded"
    by: str
    minutes: int
    total: int


@dataclass(frozen=True, slots=True)
class EffortAnnounced(Fact):
    """The effort nears its limit (ADV): told at 80 %, before it is reached. Minutes."""

    TYPE: ClassVar[str] = "effort.announced"
    FOR_CUSTOMER: ClassVar[bool] = True
    total: int
    limit: int
    rule: str


@dataclass(frozen=True, slots=True)
class RequestTaken(Fact):
    """Something was asked for that only the route can judge: it is settled with it. `request`, `body`: as posted."""

    TYPE: ClassVar[str] = "request.taken"
    by: str
    request: str
    body: dict[str, Any]
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class RequestRefused(Fact):
    """What was taken before the route is refused now that it is there; what is granted is said as its own fact."""

    TYPE: ClassVar[str] = "request.refused"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    request: str
    rule: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class IncidentResolved(Fact):
    """The provider holds it for solved."""

    TYPE: ClassVar[str] = "incident.resolved"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class IncidentClosed(Fact):
    """It is over."""

    TYPE: ClassVar[str] = "incident.closed"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class IncidentReopened(Fact):
    """It isn't over: open again."""

    TYPE: ClassVar[str] = "incident.reopened"
    FOR_CUSTOMER: ClassVar[bool] = True
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class IncidentStuck(Fact):
    """A stage could not handle an event about it, and set that aside: a human is needed. Any stage may say it."""

    TYPE: ClassVar[str] = "incident.stuck"
    stage: str
    event: str
    error: str


@dataclass(frozen=True, slots=True)
class IncidentMended(Fact):
    """All that a stage had set aside of it was heard by now, or passed over. Any stage may say it."""

    TYPE: ClassVar[str] = "incident.mended"
    stage: str


@dataclass(frozen=True, slots=True)
class EventDiscarded(Fact):
    """Somebody had a stage pass over an event that it could not handle, for good. Any stage may say it."""

    TYPE: ClassVar[str] = "event.discarded"
    by: str
    stage: str
    event: str
    reason: str
