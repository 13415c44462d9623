"""What was decided when, from the facts: each decision with the report, the contract and the catalogue that it was made from.

A decision is never shown beside what was only known after it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from backbone.log.tx import Transactions
from events.assignments import IncidentRouted
from services.catalogue.model import Catalogue
from services.contract.model import Contract
from services.decide import decide
from services.decision import Decision
from services.report import REPORT, Report

from . import store
from .frozen import Frozen

_ROUTED = "incident.routed"
_TELLING = ("incident.reported", "incident.corrected", "impact.changed")


@dataclass(frozen=True, slots=True)
class Told:
    """The report as it was once a fact had been said: the `nth` of its type, at that instant."""

    type: str
    nth: int
    at: datetime
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Past:
    """Reads the facts of incidents."""

    transactions: Transactions
    frozen: Frozen

    async def decisions(self, id_: str) -> list[tuple[datetime, IncidentRouted, Report]]:
        """Every decision of an incident in order, and the report that it was made from."""
        async with self.transactions.reading() as connection:
            rows = await store.timeline(connection, id_, 0, 10_000, [*_TELLING, _ROUTED])
        told = tellings((type_, at, payload) for _, _, _, type_, at, payload in rows if type_ != _ROUTED)
        found: list[tuple[datetime, IncidentRouted, Report]] = []
        decided: Counter[str] = Counter()
        for _, _, _, type_, at, payload in rows:
            if type_ == _ROUTED:
                routed = IncidentRouted.from_json(payload)
                cause = routed.inputs.cause
                decided[cause] += 1
                report = report_of(told, cause, decided[cause], routed.inputs.at) | {"impact": routed.inputs.impact}
                found.append((at, routed, REPORT.validate_python(report)))
        return found

    async def contract(self, routed: IncidentRouted) -> Contract | None:
        """The frozen contract of a decision. Raises Unavailable."""
        return await self.frozen.contract(asdict(routed.inputs))

    async def catalogue_of(self, routed: IncidentRouted) -> Catalogue:
        """The frozen catalogue of a decision. Raises Unavailable."""
        return await self.frozen.catalogue(asdict(routed.inputs))

    async def again(self, routed: IncidentRouted, report: Report) -> Decision:
        """The decision made once more from its frozen inputs."""
        inputs = routed.inputs
        return decide(
            report, await self.contract(routed), await self.catalogue_of(routed), submitted_at=inputs.submitted_at,
            at=inputs.window_at or inputs.at, clocks_from=inputs.clocks_from, severity=inputs.severity,
            coverage=inputs.coverage,
        )  # fmt: skip


def tellings(facts: Iterable[tuple[str, datetime, str]]) -> list[Told]:
    """The report after each fact (type, instant, payload) that says something of it, in order."""
    found: list[Told] = []
    seen: Counter[str] = Counter()
    report: dict[str, Any] = {}
    for type_, at, payload in facts:
        data = json.loads(payload)
        report = data["report"] if "report" in data else {**report, "impact": data["impact"]}
        seen[type_] += 1
        found.append(Told(type_, seen[type_], at, report))
    return found


def report_of(told: Iterable[Told], cause: str, nth: int, at: datetime) -> dict[str, Any]:
    """The report that the `nth` decision because of `cause` was made from.

    What intake was told while the router had not heard of it yet was no part of it: the fact that led to the decision
    is looked for, and where that says nothing of the report, what had been told by the instant of the decision.
    """
    of_cause = [one.report for one in told if (one.type, one.nth) == (cause, nth)]
    by_then = [one.report for one in told if one.at <= at]
    return (of_cause or by_then or [one.report for one in told][:1] or [{}])[-1]
