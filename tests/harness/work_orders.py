"""Work orders and reports for tests: one customer with locations in several countries, bent as a test needs.

Everything is parsed as a posted one is, so that no test knows a shape which the real thing would refuse.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.catalogue.model import Catalogue
from services.catalogue.parse import load
from services.contract.model import Contract
from services.contract.parse import parse
from services.report import REPORT, Report

ENTERPRISE: Catalogue = load(None)

LOCATIONS: list[dict[str, Any]] = [
    {"id": "almaty", "role": "host", "country": "KZ", "time_zone": "Asia/Almaty", "languages": ["kk", "ru"]},
    {"id": "lisbon", "role": "downstream", "country": "PT", "time_zone": "Europe/Lisbon", "languages": ["pt"]},
    {"id": "riyadh", "role": "downstream", "country": "SA", "time_zone": "Asia/Riyadh", "languages": ["ar"]},
]

CONTACTS: list[dict[str, Any]] = [
    {"id": "aigerim", "name": "Aigerim", "roles": ["reactive-contact"], "email": "aigerim@steppe.example",
     "phone": "+77010000001", "location": "almaty"},
    {"id": "bolat", "name": "Bolat", "roles": ["cloud-administrator"], "email": "bolat@steppe.example"},
    {"id": "dana", "name": "Dana", "roles": ["administrator"], "email": "dana@steppe.example"},
    {"id": "ceo", "name": "Erlan", "roles": ["executive"], "email": "erlan@steppe.example"},
]  # fmt: skip


def work_order(**changes: Any) -> dict[str, Any]:
    """A work order as JSON, with the base package; `changes` replace its fields."""
    return {
        "number": "WO-1", "customer": "Steppe Telecom", "term": {"from": "2026-01-01", "to": "2026-12-31"},
        "services": ["base"], "locations": LOCATIONS, "contacts": CONTACTS, "topology_on_file": True,
        "events": [], "solutions": [], "balances": {}, "allows_prerelease": [], "flex": None,
    } | changes  # fmt: skip


def contract(**changes: Any) -> Contract:
    """The contract of such a work order."""
    return parse(work_order(**changes), ENTERPRISE.work_order)


def incident(**changes: Any) -> dict[str, Any]:
    """A report as JSON: everything down on Azure, reported through its portal by a designated contact."""
    return {
        "contract": "WO-1", "channel": "portal", "portal": "azure-portal", "impact": "critical_down",
        "reporter": {"name": "Aigerim", "email": "aigerim@steppe.example"}, "product": "azure/virtual-machines",
        "title": "It is broken", "language": "en",
    } | changes  # fmt: skip


def report(**changes: Any) -> Report:
    """Such a report."""
    return REPORT.validate_python(incident(**changes))


def utc(text: str) -> datetime:
    """An instant from `2026-02-04 10:00`, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
