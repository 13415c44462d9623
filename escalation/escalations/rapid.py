"""Rapid escalation: which teams a decision calls in, in which role, by which rule. Pure.

A team whose name is nobody's role is not passed over: the duty manager is told to call it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from escalation.policies.policy import ROLES
from services.catalogue.model import Catalogue
from services.decision import Decision

_NOBODY_ELSE = "duty-manager"


@dataclass(frozen=True, slots=True)
class Call:
    """A team to be called in: its name in the catalogue, the role that answers for it, the rule, and words."""

    team: str
    role: str
    rule: str | None
    reason: str


def calls(decision: Decision, catalogue: Catalogue, called: Iterable[str]) -> list[Call]:
    """The teams that the decision names and that were not called yet (RR-ESCALATE, AEM-ESCALATE, BASE-ESCALATE)."""
    done = set(called)
    return [_call(decision, catalogue, team) for team in decision.escalates_to if team not in done]


def _call(decision: Decision, catalogue: Catalogue, team: str) -> Call:
    role = next((r for r in ROLES if team in (r, r + "s")), _NOBODY_ELSE)
    rule = next(
        (
            call.rule
            for service in catalogue.services
            for call in service.escalates_to
            if team in call.to and decision.severity in call.severities and call.rule in decision.because
        ),
        None,
    )
    return Call(team, role, rule, f"severity {decision.severity}: rapid escalation to {team.replace('-', ' ')}")
