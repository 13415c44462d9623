"""What escalation knows of an incident: the decision in force, what is frozen, and what happened before there was one.

Made from facts in their order; nothing here is asked for over the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter

from services.decision import Decision

State = Literal["open", "resolved", "closed"]


@dataclass(frozen=True, slots=True)
class Early:
    """Something that people did at an instant before the router had spoken; it is settled with the first decision."""

    at: datetime
    by: str
    to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident. `policies` freezes the ladders; `missed` counts the status updates that were missed; `called` are
    the teams that were called rapidly; `proposed` is what an open proposal is about; `reopened_at` is the last time;
    `agreed_at` is the instant from which a consent to on-site resources counts, until the incident ends; `contract` is the
    one that it is under now, `decided_under` and `contract_version` what its decision was made under."""

    id: str
    number: str
    submitted_at: datetime
    received_at: datetime
    policies: int
    contract: str | None = None
    decided_under: str | None = None
    contract_version: int | None = None
    state: State = "open"
    reopened_at: datetime | None = None
    agreed_at: datetime | None = None
    catalogue: str | None = None
    decision: Decision | None = None
    decisions: int = 0
    missed: int = 0
    called: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()
    responded: Early | None = None
    updated: Early | None = None
    asked: Early | None = None
    consented: Early | None = None

    @property
    def left(self) -> str | None:
        """The contract that the decision in force was made under, where the incident is under another one by now."""
        return self.decided_under if self.decided_under != self.contract else None

    @property
    def severity(self) -> str | None:
        """The severity in force; None before the first decision."""
        return self.decision.severity if self.decision is not None else None


INCIDENT: TypeAdapter[Incident] = TypeAdapter(Incident)
