"""What is owed by the other services, and by who asks, where, in which language, under which contract."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from services.decide import decide
from services.report import REPORT
from tests.harness.deciding import BANK, ENDS, EVENT, NOON, STARTS, decided, due, during
from tests.harness.work_orders import CONTACTS, ENTERPRISE, incident, utc


def test_a_solution_is_meant_by_its_name_or_by_a_product_that_is_of_it_alone() -> None:
    """MISSION"""
    bought: dict[str, Any] = {
        "services": ["base", "mission-critical"],
        "solutions": [BANK, BANK | {"id": "till", "products": ["sql-server"]}],
    }
    assert decided(bought=bought, product="azure/sql-database").terms.solution == "bank"
    assert decided(bought=bought, product="anything", solution="till").terms.solution == "till"
    several = decided(bought=bought, product="sql-server")
    assert (several.service, several.flags) == ("base", ("solution-ambiguous",))
    assert decided(bought=bought, product="sql-server", solution="till").terms.solution == "till"
    unknown = decided(bought=bought, product="sql-server", solution="nobody")
    assert unknown.flags == ("unknown-solution", "solution-ambiguous")


def test_a_solution_is_no_mission_where_that_was_not_bought() -> None:
    """MISSION"""
    assert decided(bought={"solutions": [BANK]}, solution="bank").service == "base"


def test_where_an_exhibit_is_silent_the_next_service_that_fits_speaks() -> None:
    """MISSION, RR-TARGET"""
    bought: dict[str, Any] = {"services": ["base", "mission-critical", "rapid-response"], "solutions": [BANK]}
    found = decided(bought=bought, product="azure/sql-database", language="kk")
    assert due(found) == {"first_response": "PT5M", "crisis_manager": "PT5M", "status_update": "PT1H"}
    assert found.escalates_to == ("cloud-operations", "product-teams")
    assert (found.queue, found.language) == ("mission-critical/kk", "kk")
    degraded = decided(bought=bought, product="azure/sql-database", impact="critical_degraded")
    assert due(degraded)["first_response"] == "PT15M"
    phoned = decided(
        bought=bought, product="azure/sql-database", channel="phone", portal=None, impact="critical_degraded"
    )
    assert (due(phoned)["first_response"], phoned.flags) == ("PT1H", ())


def test_an_events_other_severity_is_not_lent_to_a_mission() -> None:
    """MISSION, AEM-PREPOST"""
    bought: dict[str, Any] = {
        "services": ["base", "mission-critical", "event-management"], "solutions": [BANK], "events": [EVENT],
    }  # fmt: skip
    said = {"product": "azure/sql-database", "form": {"id": "launch"}, "impact": "critical_degraded"}
    before = decided(ENDS, bought, **said)
    assert (before.severity, due(before)["crisis_manager"]) == ("A", "PT1H")
    assert due(decided(STARTS, bought, **said)) == {
        "first_response": "PT15M", "crisis_manager": "PT30M", "status_update": "PT4H",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("users", "service"),
    [
        (None, "office365-engineering"),
        (["AIGERIM@steppe.example"], "office365-engineering"),
        (["x@y.example"], "base"),
        ([], "base"),
    ],
)
def test_office_365_engineering_is_for_the_listed_users(users: list[str] | None, service: str) -> None:
    """O365"""
    bought = {"services": ["base", "office365-engineering"]} | ({"office365_users": users} if users is not None else {})
    assert decided(bought=bought, product="office365/exchange-online").service == service
    assert decided(bought=bought, product="exchange-server").service == "base"


def test_security_is_helped_with_where_it_was_not_bought_and_says_so() -> None:
    """CYBER"""
    assert decided(services="cybersecurity", kind="security").service == "cybersecurity"
    assert decided(services="cybersecurity").service == "base"
    found = decided(kind="security")
    assert (found.service, found.flags) == ("base", ("cybersecurity-not-bought",))


def test_developers_have_a_queue_of_their_own_where_it_was_bought() -> None:
    """DEV"""
    assert decided(services="developer", kind="development").queue == "developer"


@pytest.mark.parametrize(
    ("said", "language", "queue"),
    [
        ({"language": "kk"}, "kk", "problem-resolution/kk"), ({"language": "RU-kz"}, "ru", "problem-resolution/ru"),
        ({"language": None}, "en", "problem-resolution"), ({"language": "en-GB"}, "en", "problem-resolution"),
        ({"language": "pt"}, "en", "problem-resolution"),
        ({"language": "pt", "location": "lisbon"}, "pt", "problem-resolution/pt"),
    ],
)  # fmt: skip
def test_the_language_is_the_incidents_where_the_location_speaks_it(
    said: dict[str, Any], language: str, queue: str
) -> None:
    """LANG"""
    found = decided(**said)
    assert (found.language, found.queue, found.flags) == (language, queue, ())


@pytest.mark.parametrize("language", ["en", "en-US", None])
def test_who_writes_in_english_is_not_told_that_it_is_english_only(language: str | None) -> None:
    """RR-ENGLISH"""
    assert decided(services="rapid-response", language=language).flags == ()


def test_an_english_only_service_stays_english_and_the_customer_is_told() -> None:
    """RR-ENGLISH, AEM-ENGLISH"""
    for found in (decided(services="rapid-response", language="kk"), during(language="kk")):
        assert (found.language, found.flags) == ("en", ("english-only",))
        assert any("English only" in note for note in found.notes)


def test_the_location_is_the_one_named_else_the_reporters_else_the_hosts() -> None:
    """MULTI"""
    people = [CONTACTS[0] | {"location": "lisbon"}]
    assert decided(bought={"contacts": people}, location="riyadh").terms.location == "riyadh"
    assert decided(bought={"contacts": people}).terms.location == "lisbon"
    assert decided(reporter={"name": "Nobody"}).terms.location == "almaty"
    unknown = decided(bought={"contacts": people}, location="mars")
    assert (unknown.terms.location, unknown.flags) == ("almaty", ("unknown-location",))


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ({"reporter": {"name": "A", "email": "AIGERIM@Steppe.example"}}, True),
        ({"reporter": {"name": "A", "phone": "+77010000001"}}, True),
        ({"reporter": {"name": "Aigerim"}}, False),
        ({"reporter": {"name": "Dana", "email": "dana@steppe.example"}, "channel": "phone", "portal": None}, True),
        ({"reporter": {"name": "Erlan", "email": "erlan@steppe.example"}}, False),
        ({"reporter": {"name": "B", "email": "bolat@steppe.example"}}, True),
        ({"reporter": {"name": "B", "email": "bolat@steppe.example"}, "product": "sql-server"}, False),
        ({"reporter": {"name": "B", "email": "bolat@steppe.example"}, "portal": "services-hub"}, False),
        ({"reporter": {"name": "B", "email": "bolat@steppe.example"}, "product": "office365/teams",
          "portal": "office365-admin"}, True),
        ({"reporter": {"name": "B", "email": "bolat@steppe.example"}, "product": "github/x", "portal": "github"}, True),
        ({"reporter": {"name": "robot"}, "channel": "monitoring", "portal": None}, True),
    ],
)  # fmt: skip
def test_who_may_report_and_through_what(said: dict[str, Any], known: bool) -> None:
    """CONTACTS"""
    assert ("contact-unverified" not in decided(**said).flags) == known


def test_what_a_portal_does_not_cover_goes_through_the_services_portal() -> None:
    """PRS-PORTAL"""
    found = decided(product="sql-server")
    assert "azure-portal does not cover sql-server: ask about it through services-hub." in found.notes
    assert "PRS-PORTAL" in found.because
    for product, own in (("azure/sql", "azure-portal"), ("github/x", "github"), ("office365/teams", "office365-admin")):
        for portal in {"azure-portal", "github", "office365-admin"} - {own}:
            assert (
                f"{portal} does not cover {product}: ask about it through {own}."
                in decided(product=product, portal=portal).notes
            )
    elsewhere: list[dict[str, Any]] = [{}, {"product": "sql-server", "portal": "services-hub"}]
    for said in (*elsewhere, {"product": "sql-server", "channel": "phone"}):
        assert "PRS-PORTAL" not in decided(**said).because


def test_a_third_partys_supplier_keeps_its_own_job() -> None:
    """PRS-THIRD-PARTY"""
    found = decided(vendor={"name": "Rohr AG", "contact": "desk@rohr.example"})
    assert "PRS-THIRD-PARTY" in found.because
    assert any("Rohr AG" in note for note in found.notes)
    assert found.service == decided().service


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        (utc("2025-12-31 18:59"), False), (utc("2025-12-31 19:00"), True),
        (utc("2026-12-31 18:59"), True), (utc("2026-12-31 19:00"), False),
    ],
)  # fmt: skip
def test_the_term_is_counted_in_days_at_the_host_its_last_day_included(at: datetime, inside: bool) -> None:
    """TERM"""
    found = decided(at, services="rapid-response", language="kk")
    assert (found.flags == ("english-only",)) == inside
    if not inside:
        assert (found.service, found.queue, found.flags) == ("base", "entitlement-review", ("out-of-term",))
        assert (found.language, due(found)["first_response"]) == ("kk", "PT15M")


def test_without_a_contract_nobody_is_checked_and_the_base_clocks_run() -> None:
    """TERM"""
    said = REPORT.validate_python(incident(impact="moderate", reporter={"name": "?"}, location="x", solution="y"))
    found = decide(said, None, ENTERPRISE, submitted_at=NOON, at=NOON)
    assert (found.service, found.queue, found.flags) == ("base", "entitlement-review", ("no-contract",))
    assert (found.clocks[0].calendar, found.clocks[0].due_at) == ("default", utc("2026-02-04 11:00"))


def test_a_pre_release_product_is_reviewed_unless_the_work_order_allows_it() -> None:
    """PRERELEASE"""
    found = decided(services="rapid-response", prerelease=True)
    assert (found.queue, found.flags) == ("entitlement-review", ("prerelease-unsupported",))
    allowed = {"services": ["base", "rapid-response"], "allows_prerelease": ["azure/virtual-*"]}
    assert decided(bought=allowed, prerelease=True).queue == "rapid-response"
    assert decided(bought=allowed, prerelease=True, product="azure/sql-database").queue == "entitlement-review"
