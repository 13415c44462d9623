"""An escalation as a value: somebody of a role must hear of it. What was raised stays on the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events.escalations import EscalationRaised


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """One level of one ladder, raised; or a team that the contract calls in."""

    id: UUID
    incident: str
    role: str
    level: int
    reason: str
    policy: str
    policy_version: int
    raised_at: datetime
    clock: UUID | None = None
    clock_name: str | None = None
    rule: str | None = None

    def said(self) -> EscalationRaised:
        """The fact."""
        return EscalationRaised(
            id=str(self.id), role=self.role, level=self.level, reason=self.reason, clock=self.clock_name,
            clock_id=str(self.clock) if self.clock is not None else None, rule=self.rule, policy=self.policy,
        )  # fmt: skip
