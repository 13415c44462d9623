"""Whom a flag concerns: the administrator of the place, or the customer's delivery manager."""

from __future__ import annotations

from typing import Any

from services.decide import decide
from services.hearings import Hearing, delivery_manager_from, hearings
from services.report import REPORT
from tests.harness.work_orders import CONTACTS, ENTERPRISE, contract, incident, utc

NOON = utc("2026-02-04 07:00")
LISBON = {"id": "rui", "name": "Rui", "roles": ["administrator"], "email": "rui@steppe.example", "location": "lisbon"}


def heard(bought: dict[str, Any], **said: Any) -> tuple[Hearing, ...]:
    order = contract(**bought)
    decision = decide(REPORT.validate_python(incident(**said)), order, ENTERPRISE, submitted_at=NOON, at=NOON)
    return hearings(decision, order, ENTERPRISE)


def test_an_unverified_reporter_is_confirmed_by_the_administrator_of_the_place() -> None:
    """CONTACTS, ADMIN"""
    people = {"contacts": [*CONTACTS, LISBON]}
    stranger = {"name": "Nobody"}
    (told,) = heard(people, reporter=stranger, location="lisbon")
    assert told == Hearing("contact-unverified", "CONTACTS", "administrator", "customer", ("rui",))
    assert heard(people, reporter=stranger)[0].people == ("dana",)
    assert heard(people, reporter=stranger, location="riyadh")[0].people == ("dana",)


def test_any_administrator_is_better_than_none() -> None:
    """ADMIN"""
    assert heard({"contacts": [LISBON]}, reporter={"name": "Nobody"})[0].people == ("rui",)
    assert heard({"contacts": []}, reporter={"name": "Nobody"})[0].people == ()


def test_missing_papers_are_the_delivery_managers_or_whose_who_is_on_duty() -> None:
    """RR-TOPOLOGY"""
    bought = {"services": ["base", "rapid-response"], "topology_on_file": False}
    (told,) = heard(bought | {"delivery_manager": "sdm-lea"})
    assert told == Hearing("topology-missing", "RR-TOPOLOGY", "delivery-manager", "provider", ("sdm-lea",))
    assert heard(bought)[0].people == ()


def test_other_flags_and_unknown_customers_call_nobody() -> None:
    """TERM, SEV-ASSIGN"""
    assert heard({}, requested_severity="C") == ()
    decision = decide(REPORT.validate_python(incident()), None, ENTERPRISE, submitted_at=NOON, at=NOON)
    assert hearings(decision, None, ENTERPRISE) == ()


def test_the_delivery_manager_works_the_hosts_business_hours() -> None:
    """MULTI-SDM"""
    assert delivery_manager_from(contract(), ENTERPRISE, NOON) == NOON
    assert delivery_manager_from(contract(), ENTERPRISE, utc("2026-02-04 13:00")) == utc("2026-02-05 04:00")
