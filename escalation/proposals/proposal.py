"""A proposal as a value (SEV-DOWNGRADE): the system proposes, a person of the provider decides, and the system only where
the operator has turned that on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from events.escalations import DowngradeProposed


class Outcome(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One proposal: about `severity` or `coverage`, towards what, and which clock of the customer's is over."""

    id: UUID
    incident: str
    clock: UUID
    about: str
    towards: str
    rule: str
    reason: str
    proposed_at: datetime
    automatic: bool = False

    def said(self) -> DowngradeProposed:
        """The fact."""
        return DowngradeProposed(self.about, self.towards, self.reason, str(self.clock), self.automatic)


@dataclass(frozen=True, slots=True)
class Settled:
    """The end of an incident's open proposals."""

    incident: str
    outcome: Outcome
    at: datetime
    by: str
    reason: str
