"""Which teams a decision escalates to rapidly, and by which rule; who of them is on call is the roster's matter."""

from __future__ import annotations

from dataclasses import dataclass

from services.catalogue.model import Catalogue
from services.decision import Decision
from services.roster import Role


@dataclass(frozen=True, slots=True)
class Team:
    """A team by the catalogue's name, the role whose people are on call for it, and the rule that calls it."""

    name: str
    role: Role
    rule: str


def teams(decision: Decision, catalogue: Catalogue) -> tuple[Team, ...]:
    """The decision's teams in their order (BASE-ESCALATE, RR-ESCALATE, AEM-ESCALATE)."""
    return tuple(Team(name, catalogue.teams[name], _rule(name, decision, catalogue)) for name in decision.escalates_to)


def _rule(name: str, decision: Decision, catalogue: Catalogue) -> str:
    calls = (call for service in catalogue.services for call in service.escalates_to)
    return next(
        call.rule
        for call in calls
        if name in call.to and decision.severity in call.severities and call.rule in decision.because
    )
