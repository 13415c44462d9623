"""What was decided when, from the facts: each decision with the report, the contract and the catalogue that it was made from.

A decision is never shown beside what was only known after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from backbone.log.tx import Transactions
from backbone.web.keys import Caller
from events.assignments import IncidentRouted, Inputs
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
    """The report as it was once intake's fact of that number had been said, at that instant."""

    number: int
    at: datetime
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Past:
    """Reads the facts of incidents."""

    transactions: Transactions
    frozen: Frozen

    async def decisions(self, id_: str, caller: Caller) -> list[tuple[datetime, IncidentRouted, Report]]:
        """Every decision of an incident in order, and the report that it was made from; none that was made under a contract
        which the caller does not see."""
        async with self.transactions.reading() as connection:
            rows = await store.timeline(connection, id_, 0, 10_000, [*_TELLING, _ROUTED])
        told = tellings((number, at, payload) for _, _, _, type_, at, payload, number, *_ in rows if type_ != _ROUTED)
        found: list[tuple[datetime, IncidentRouted, Report]] = []
        for _, _, _, type_, at, payload, *_ in rows:
            if type_ == _ROUTED:
                routed = IncidentRouted.from_json(payload)
                contract = routed.inputs.contract
                if contract is not None and not caller.sees(contract.number):
                    continue
                report = report_of(told, routed.inputs) | {"impact": routed.inputs.impact}
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
            coverage=inputs.coverage, reopened_at=inputs.reopened_at, set_by=inputs.set_by,
        )  # fmt: skip


def tellings(facts: Iterable[tuple[int, datetime, str]]) -> list[Told]:
    """The report after each of intake's facts (number, instant, payload) that says something of it, in order."""
    found: list[Told] = []
    report: dict[str, Any] = {}
    for number, at, payload in facts:
        data = json.loads(payload)
        report = data["report"] if "report" in data else {**report, "impact": data["impact"]}
        found.append(Told(number, at, report))
    return found


def report_of(told: Sequence[Told], inputs: Inputs) -> dict[str, Any]:
    """The report that a decision was made from: as it was once the fact had been said that led to the decision.

    Where that was none of intake's, what had been told by the instant of the decision.
    """
    if inputs.told is not None:
        then = [one.report for one in told if one.number <= inputs.told]
    else:
        then = [one.report for one in told if one.at <= inputs.at]
    return (then or [one.report for one in told][:1] or [{}])[-1]
