"""Rapid escalation: which teams a decision calls in, in which role, by which rule; and who is told that it is worse. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.catalogue.model import Catalogue
from services.decision import Decision
from services.teams import teams


@dataclass(frozen=True, slots=True)
class Call:
    """A team to be called in: its name in the catalogue, the role that answers for it, the rule, and words."""

    team: str
    role: str
    rule: str
    reason: str


def calls(decision: Decision, catalogue: Catalogue, called: Iterable[str]) -> list[Call]:
    """The teams that the decision names and that were not called yet (RR-ESCALATE, AEM-ESCALATE, BASE-ESCALATE)."""
    done = set(called)
    return [
        Call(team.name, team.role, team.rule, _words(decision, team.name))
        for team in teams(decision, catalogue)
        if team.name not in done
    ]


def worse(before: Decision, after: Decision, catalogue: Catalogue) -> Call:
    """Whoever has the crisis hears that it is a worse one: they said yes to another severity, and less was due then."""
    return Call(
        "", "crisis-manager", catalogue.later.change_rule, f"severity {before.severity} became {after.severity}"
    )


def _words(decision: Decision, team: str) -> str:
    return f"severity {decision.severity}: rapid escalation to {team.replace('-', ' ')}"
