"""What the router knows of an incident: the report as it is now, the decision in force, who is on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter

from services.decision import Decision
from services.report import Report


@dataclass(slots=True, kw_only=True)
class Desk:
    """One incident at the router. `number` counts its decisions; `tried` are crisis managers who were called."""

    subject: str
    incident_number: str
    report: Report
    submitted_at: datetime
    state: str = "open"
    number: int = 0
    decision: Decision | None = None
    severity_set: str | None = None
    coverage_set: str | None = None
    clocks_from: datetime | None = None
    owner: str | None = None
    crisis_manager: str | None = None
    crisis_at: datetime | None = None
    tried: tuple[str, ...] = ()
    engineers_called: bool = False
    flags_told: tuple[str, ...] = ()
    effort: int = 0
    changed: bool = field(default=False, compare=False)

    @property
    def contract(self) -> str | None:
        """The contract that the report names."""
        return self.report.contract


DESK: TypeAdapter[Desk] = TypeAdapter(Desk)
