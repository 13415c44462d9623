"""What the router knows of an incident: the report as it is now, the decision in force, who is on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter

from events.incidents import OnsiteConsented
from services.decision import ClockTerms, Decision
from services.report import Report


@dataclass(frozen=True, slots=True)
class Visit:
    """On-site resources that are agreed to: whose balance was drawn (None: nothing was), and when they are called for."""

    contract: str | None
    balance: str | None
    due_at: datetime


@dataclass(slots=True, kw_only=True)
class Desk:
    """One incident at the router.

    `number` counts its decisions; `rank` is its severity's, 0 the highest. `contract_version` (None: no contract) and
    `catalogue` are what it was opened under. `tried` are the crisis managers who were called since one last
    acknowledged, `queues_called` the queue whose engineers were; `management_bought`: the management attention that
    was last asked for comes from bought hours; `visit`: on-site resources are agreed to, which draw once;
    `consent`: the customer's word for them, which outlives a severity that knows none.
    `changed_at`: when another severity was last stated or set, `set_by` the type of the fact that did; `reopened_at`: when
    it was last opened again. `responded`: somebody has, there is no second first response; `anew` are the promises, by
    name, that count from later than the decision has them: from an update, or a reopening.
    """

    subject: str
    incident_number: str
    report: Report
    submitted_at: datetime
    state: str = "open"
    number: int = 0
    decision: Decision | None = None
    rank: int = 0
    contract_version: int | None = None
    catalogue: str | None = None
    severity_set: str | None = None
    coverage_set: str | None = None
    set_by: str | None = None
    clocks_from: datetime | None = None
    changed_at: datetime | None = None
    reopened_at: datetime | None = None
    owner: str | None = None
    crisis_manager: str | None = None
    crisis_at: datetime | None = None
    tried: tuple[str, ...] = ()
    queues_called: tuple[str, ...] = ()
    flags_told: tuple[str, ...] = ()
    management_bought: bool = False
    visit: Visit | None = None
    responded: bool = False
    anew: dict[str, ClockTerms] = field(default_factory=dict)
    consent: OnsiteConsented | None = None

    @property
    def contract(self) -> str | None:
        """The contract that the report names."""
        return self.report.contract

    @property
    def window_at(self) -> datetime:
        """The instant by which an event's window is looked at: the severity's last change, else the submission.

        What is corrected later was so from the beginning, and moves no incident out of the event that it came in.
        """
        return self.changed_at or self.submitted_at

    @property
    def in_crisis(self) -> bool:
        """Whether somebody has to be on it now."""
        return self.state == "open" and self.decision is not None and self.decision.urgent

    @property
    def wants_crisis_manager(self) -> bool:
        """Whether one is promised now: in a crisis, and where an exhibit says so."""
        return self.state == "open" and self.crisis_rule is not None

    @property
    def crisis_rule(self) -> str | None:
        """By which rule a crisis manager is promised; None where none is."""
        clocks = self.decision.clocks if self.decision is not None else ()
        return next((clock.rule for clock in clocks if clock.name == "crisis_manager"), None)

    @property
    def owed(self) -> tuple[ClockTerms, ...]:
        """What was promised and is not done: the first response, and the next status update."""
        clocks = self.decision.clocks if self.decision is not None else ()
        return tuple(
            self.anew.get(clock.name, clock)
            for clock in clocks
            if clock.repeats or (clock.name == "first_response" and not self.responded)
        )

    @property
    def due_at(self) -> datetime | None:
        """When the first of what is owed is due; None where nothing is."""
        return min((clock.due_at for clock in self.owed), default=None)


DESK: TypeAdapter[Desk] = TypeAdapter(Desk)
