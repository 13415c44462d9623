"""What escalation says: clocks, and who must hear of them. Subject: the incident's id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from .codec import Fact


@dataclass(frozen=True, slots=True)
class Clock:
    """A promise's row as others see it. `side` is whose promise it is: `provider` or `customer`. `target` is ISO 8601.

    `severity` is the one that it was made at, `decision` the number of the decision whose terms it counts by. `under`:
    the contract whose promise it was, where the incident has left that one.
    """

    id: str
    name: str
    side: str
    started_at: datetime
    due_at: datetime
    warn_at: datetime
    target: str
    calendar: str
    rule: str
    severity: str | None = None
    decision: int | None = None
    under: str | None = None


@dataclass(frozen=True, slots=True)
class ClockStarted(Fact):
    """A clock runs."""

    TYPE: ClassVar[str] = "clock.started"
    FOR_CUSTOMER: ClassVar[bool] = True
    clock: Clock
    reason: str


@dataclass(frozen=True, slots=True)
class ClockMet(Fact):
    """Done at `met_at`, at or before the due instant; `correction` where a breach had been said too early."""

    TYPE: ClassVar[str] = "clock.met"
    FOR_CUSTOMER: ClassVar[bool] = True
    clock: Clock
    met_at: datetime
    by: str
    correction: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class ClockWarned(Fact):
    """80 % of the target's time is over."""

    TYPE: ClassVar[str] = "clock.warned"
    clock: Clock
    late: bool = False


@dataclass(frozen=True, slots=True)
class ClockBreached(Fact):
    """Due, and not met. `late`: noticed more than a minute after the due instant (after an outage)."""

    TYPE: ClassVar[str] = "clock.breached"
    FOR_CUSTOMER: ClassVar[bool] = True
    clock: Clock
    late: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ClockSuperseded(Fact):
    """Closed by a change of terms, or because the incident is resolved; stays on the record."""

    TYPE: ClassVar[str] = "clock.superseded"
    FOR_CUSTOMER: ClassVar[bool] = True
    clock: Clock
    reason: str


@dataclass(frozen=True, slots=True)
class ClockKept(Fact):
    """It ran under a contract that the incident has left, and goes on by the terms of the one that it is under now."""

    TYPE: ClassVar[str] = "clock.kept"
    FOR_CUSTOMER: ClassVar[bool] = True
    clock: Clock


#: In place of a policy's name, where the contract itself calls people in (RR-ESCALATE, AEM-ESCALATE, BASE-ESCALATE).
BY_CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class EscalationRaised(Fact):
    """Somebody of `role` must hear of it. `level` counts from 1; `clock` is the clock's name, None for other causes."""

    TYPE: ClassVar[str] = "escalation.raised"
    id: str
    role: str
    level: int
    reason: str
    clock: str | None
    clock_id: str | None
    rule: str | None
    policy: str


@dataclass(frozen=True, slots=True)
class DowngradeProposed(Fact):
    """The customer's side is overdue: a person of the provider decides on `about` (`severity` or `coverage`); where it
    is `automatic`, the operator has decided for all."""

    TYPE: ClassVar[str] = "downgrade.proposed"
    FOR_CUSTOMER: ClassVar[bool] = True
    about: str
    to: str
    reason: str
    clock_id: str
    automatic: bool = False
