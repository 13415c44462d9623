"""Decisions for the tests of the rules: one customer, one event, one solution, bent as a test needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.decide import decide
from services.decision import Decision
from services.durations import write_duration
from services.report import REPORT
from tests.harness.work_orders import ENTERPRISE, contract, incident, utc

NOON = utc("2026-02-04 07:00")  # a Wednesday, 12:00 in Almaty
EVENT: dict[str, Any] = {
    "id": "launch", "name": "Launch", "starts_at": "2026-06-15T08:00:00Z", "ends_at": "2026-06-18T08:00:00Z",
    "confirmed_at": "2026-01-15T08:00:00Z", "products": ["azure/sql-database"], "solution": "shop", "form": "launch",
}  # fmt: skip
STARTS, ENDS = utc("2026-06-15 08:00"), utc("2026-06-18 08:00")
BANK: dict[str, Any] = {
    "id": "bank",
    "products": ["azure/sql-*", "sql-server"],
    "exhibit": {"first_response": {"1": "PT5M"}},
}


def decided(at: datetime = NOON, bought: dict[str, Any] | None = None, services: str = "", **said: Any) -> Decision:
    """What is owed at `at` to whoever bought the base package and `services`, for the report that `said` bends."""
    order = contract(**{"services": ["base", *services.split()]} | (bought or {}))
    return decide(REPORT.validate_python(incident(**said)), order, ENTERPRISE, submitted_at=at, at=at)


def due(decision: Decision) -> dict[str, str]:
    """The targets of its clocks by name."""
    return {clock.name: write_duration(clock.due_at - clock.started_at) for clock in decision.clocks}


def during(at: datetime = STARTS, event: dict[str, Any] | None = None, services: str = "", **said: Any) -> Decision:
    """The same about the event, whose form was filled in."""
    asked = {"product": "azure/sql-database", "form": {"id": "launch"}} | said
    bought = {"events": [EVENT | (event or {})]}
    return decided(at, {"services": ["base", "event-management", *services.split()]} | bought, **asked)
