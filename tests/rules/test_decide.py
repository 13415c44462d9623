"""What is owed: the combinations that the conformance cases leave out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalogue.conditions import EventUnderWay
from services.decide import UnknownImpact, decide
from services.decision import Decision, adapter
from services.durations import write_duration
from services.report import REPORT
from tests.harness.work_orders import CONTACTS, ENTERPRISE, contract, incident, utc

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
    order = contract(**{"services": ["base", *services.split()]} | (bought or {}))
    return decide(REPORT.validate_python(incident(**said)), order, ENTERPRISE, submitted_at=at, at=at)


def due(decision: Decision) -> dict[str, str]:
    return {clock.name: write_duration(clock.due_at - clock.started_at) for clock in decision.clocks}


def during(at: datetime = STARTS, event: dict[str, Any] | None = None, services: str = "", **said: Any) -> Decision:
    asked = {"product": "azure/sql-database", "form": {"id": "launch"}} | said
    bought = {"events": [EVENT | (event or {})]}
    return decided(at, {"services": ["base", "event-management", *services.split()]} | bought, **asked)


# §1, severity


def test_an_impact_that_the_catalogue_does_not_know_is_told_with_those_it_does() -> None:
    """SEV-ASSIGN"""
    with pytest.raises(UnknownImpact, match="critical_down, critical_degraded, moderate, minimal"):
        decided(impact="dire")


def test_a_severity_that_is_asked_for_is_recorded_and_never_binds() -> None:
    """SEV-ASSIGN"""
    found = decided(impact="moderate", requested_severity="1")
    assert (found.severity, found.flags) == ("B", ("severity-differs",))
    assert decided(impact="moderate", requested_severity="B").flags == ()


def test_what_a_person_of_the_provider_assessed_binds_even_before_an_event() -> None:
    """SEV-ASSIGN, AEM-PREPOST"""
    order = contract(services=["base", "event-management"], events=[EVENT])
    said = REPORT.validate_python(incident(product="azure/sql-database", form={"id": "launch"}))
    before = STARTS - timedelta(days=1)
    assert decide(said, order, ENTERPRISE, submitted_at=before, at=before).severity == "B"
    found = decide(said, order, ENTERPRISE, submitted_at=before, at=before, severity="A")
    assert (found.severity, found.service) == ("A", "event-management")


def test_a_later_decision_looks_at_the_event_with_its_own_instant_and_at_the_clocks_with_theirs() -> None:
    """SEV-CHANGE, AEM-WINDOW"""
    order = contract(services=["base", "event-management"], events=[EVENT])
    said = REPORT.validate_python(incident(product="azure/sql-database", form={"id": "launch"}))
    before, at = STARTS - timedelta(hours=1), STARTS + timedelta(minutes=5)
    found = decide(said, order, ENTERPRISE, submitted_at=before, at=at, clocks_from=at)
    assert (found.severity, found.terms.in_event) == ("1", True)
    assert {clock.started_at for clock in found.clocks} == {at}


def test_a_reduced_effort_leaves_the_first_response_as_it_is() -> None:
    """SEV-DOWNGRADE, BASE-24X7"""
    said, night = REPORT.validate_python(incident()), utc("2026-02-04 20:00")
    order = contract(services=["base", "rapid-response"])
    found = decide(said, order, ENTERPRISE, submitted_at=night, at=night, coverage="business-hours")
    calendars = {clock.name: clock.calendar for clock in found.clocks}
    assert calendars == {"first_response": "24x7", "crisis_manager": "24x7", "status_update": "almaty"}
    assert (found.severity, found.coverage) == ("1", "business-hours")


# §2, the base package


@pytest.mark.parametrize(
    ("product", "target", "rule"),
    [
        ("azure/media-services", "PT15M", "BASE-1-AZURE"), ("azure/stack", "PT15M", "BASE-1-AZURE"),
        ("azure/stack/hub", "PT15M", "BASE-1-AZURE"), ("azure/communication-services", "PT1H", "BASE-1-OTHER"),
        ("azure/billing", "PT1H", "BASE-1-OTHER"), ("azure/billing/invoices", "PT1H", "BASE-1-OTHER"),
        ("azure/storsimple", "PT1H", "BASE-1-OTHER"), ("github/ae", "PT1H", "BASE-1-OTHER"),
        ("azurelike/thing", "PT1H", "BASE-1-OTHER"), ("azure", "PT1H", "BASE-1-OTHER"), (None, "PT1H", "BASE-1-OTHER"),
    ],
)  # fmt: skip
def test_the_15_minutes_are_for_azure_components_without_those_left_out(
    product: str | None, target: str, rule: str
) -> None:
    """BASE-1-AZURE, BASE-1-OTHER, BASE-CM"""
    found = decided(product=product, channel="phone", portal=None)
    assert due(found) == {"first_response": target, "crisis_manager": target, "status_update": "PT1H"}
    assert found.clocks[0].rule == rule


@pytest.mark.parametrize(
    ("impact", "clocks", "escalates", "executives", "coverage"),
    [
        ("critical_down", {"first_response": "PT1H", "crisis_manager": "PT1H", "status_update": "PT1H"},
         ("product-teams",), ("provider", "customer"), "24x7"),
        ("critical_degraded", {"first_response": "PT1H", "crisis_manager": "PT1H", "status_update": "PT4H"},
         (), (), "24x7"),
        ("moderate", {"first_response": "PT2H"}, (), (), "business-hours"),
        ("minimal", {"first_response": "PT4H"}, (), (), "business-hours"),
    ],
)  # fmt: skip
def test_the_base_packages_table(
    impact: str, clocks: dict[str, str], escalates: tuple[str, ...], executives: tuple[str, ...], coverage: str
) -> None:
    """BASE-1-OTHER, BASE-A, BASE-B, BASE-C, BASE-ESCALATE, BASE-EXEC-PROVIDER, BASE-24X7, BASE-HOURS"""
    found = decided(impact=impact, product="windows-server")
    assert (due(found), found.escalates_to, found.executives, found.coverage) == (
        clocks, escalates, executives, coverage,
    )  # fmt: skip
    assert (found.service, found.queue) == ("base", "problem-resolution")


@pytest.mark.parametrize(
    ("said", "service"),
    [
        ({"kind": "advisory"}, "advisory"), ({"kind": "advisory", "product": "office365/teams"}, "advisory"),
        ({"product": "github/actions"}, "github"), ({"product": "github/ae", "kind": "advisory"}, "github"),
        ({"kind": "hotfix", "product": "sql-server"}, "hotfix"),
        ({"kind": "hotfix", "product": "dynamics/ax"}, "hotfix"),
        ({"kind": "hotfix", "product": "system-center/operations-manager"}, "hotfix"),
        ({"kind": "development"}, "base"), ({"product": "sql-server"}, "base"),
    ],
)  # fmt: skip
def test_what_comes_with_the_base_package(said: dict[str, Any], service: str) -> None:
    """GITHUB, ADV, HOTFIX, DEV, PRS"""
    found = decided(**said)
    assert (found.service, found.flags) == (service, ())


@pytest.mark.parametrize("product", ["system-center/configuration-manager", "dynamics/nav", "azure/sql-database", None])
def test_extended_hotfix_support_is_for_the_listed_products(product: str | None) -> None:
    """HOTFIX"""
    found = decided(kind="hotfix", product=product)
    assert (found.service, found.flags) == ("base", ("hotfix-not-eligible",))


def test_advice_has_its_limit_and_no_other_service_has() -> None:
    """ADV"""
    assert decided(kind="advisory").terms.advisory_limit == 360
    assert decided().terms.advisory_limit is None


def test_on_site_resources_are_in_the_terms_of_severity_1() -> None:
    """BASE-ONSITE"""
    assert decided().terms.onsite is not None
    assert decided(impact="critical_degraded").terms.onsite is None


# §3, Rapid Response


@pytest.mark.parametrize("impact", ["critical_down", "critical_degraded"])
def test_rapid_response_answers_in_15_minutes_and_keeps_every_other_promise(impact: str) -> None:
    """RR-TARGET, RR-ROUTE, RR-ESCALATE, RR-EXEC, RR-OWNER, BASE-CM, BASE-ESCALATE"""
    found = decided(services="rapid-response", impact=impact)
    down = impact == "critical_down"
    assert due(found) == {
        "first_response": "PT15M", "crisis_manager": "PT15M", "status_update": "PT1H" if down else "PT4H",
    }  # fmt: skip
    assert found.escalates_to == (("cloud-operations", "product-teams") if down else ("cloud-operations",))
    assert found.executives == ("provider", "customer")
    assert any("primary responsibility" in note for note in found.notes)


@pytest.mark.parametrize(
    "product",
    [
        "azure/media-services",
        "azure/stack",
        "azure/storsimple",
        "azure/communication-services",
        "azure/billing",
        "sql-server",
    ],
)
def test_who_asks_for_what_rapid_response_does_not_cover_is_not_sent_to_its_portal(product: str) -> None:
    """RR-EXCLUDES, RR-PORTAL"""
    found = decided(services="rapid-response", product=product, channel="phone", portal=None)
    assert (found.service, found.flags) == ("base", ())


@pytest.mark.parametrize("way", [{"channel": "phone", "portal": None}, {"portal": "services-hub"}, {"channel": "api"}])
def test_rapid_response_takes_requests_through_the_clouds_own_portal_only(way: dict[str, Any]) -> None:
    """RR-PORTAL"""
    found = decided(services="rapid-response", **way)
    assert (found.service, found.flags) == ("base", ("portal-required",))
    assert any("report it there" in note for note in found.notes)


@pytest.mark.parametrize(
    ("kind", "service"), [("advisory", "advisory"), ("security", "base"), ("hotfix", "base"), ("development", "base")]
)
def test_rapid_response_is_for_problems(kind: str, service: str) -> None:
    """RR-ROUTE, CYBER"""
    found = decided(services="rapid-response", kind=kind)
    assert found.service == service
    assert "portal-required" not in found.flags


def test_rapid_response_at_b_and_c_has_the_same_queue_and_the_base_packages_times() -> None:
    """RR-BC"""
    found = decided(services="rapid-response", impact="minimal")
    assert (found.queue, due(found)["first_response"]) == ("rapid-response", "PT4H")
    assert "RR-BC" in found.because


def test_missing_topology_papers_are_flagged_and_stop_nothing() -> None:
    """RR-TOPOLOGY"""
    found = decided(bought={"services": ["base", "rapid-response"], "topology_on_file": False}, impact="minimal")
    assert (found.service, found.flags) == ("rapid-response", ("topology-missing",))


# §4, events


@pytest.mark.parametrize(
    ("at", "service", "severity"),
    [
        (STARTS - timedelta(days=14, seconds=1), "base", "1"), (STARTS - timedelta(days=14), "event-management", "B"),
        (STARTS - timedelta(seconds=1), "event-management", "B"), (STARTS, "event-management", "1"),
        (ENDS - timedelta(seconds=1), "event-management", "1"), (ENDS, "event-management", "B"),
        (ENDS + timedelta(days=7, seconds=-1), "event-management", "B"), (ENDS + timedelta(days=7), "base", "1"),
    ],
)  # fmt: skip
def test_an_events_window_begins_and_ends_to_the_second(at: datetime, service: str, severity: str) -> None:
    """AEM-WINDOW, AEM-PREPOST"""
    found = during(at)
    assert (found.service, found.severity, found.flags) == (service, severity, ())


def test_before_and_after_an_event_every_impact_is_b_and_the_customer_is_told_what_it_would_be() -> None:
    """AEM-PREPOST"""
    for impact in ENTERPRISE.by_impact:
        found = during(ENDS, impact=impact)
        assert (found.severity, found.coverage, due(found)) == ("B", "business-hours", {"first_response": "PT2H"})
        assert (found.escalates_to, found.executives) == ((), ())
        assert any("without the form" in note for note in found.notes)


def test_during_an_event_a_crisis_manager_is_there_within_half_an_hour() -> None:
    """AEM-TARGET, AEM-CM, AEM-ESCALATE, AEM-EXEC, AEM-ENGINEERS"""
    found = during(impact="critical_degraded")
    assert due(found) == {"first_response": "PT15M", "crisis_manager": "PT30M", "status_update": "PT4H"}
    assert found.escalates_to == ("cloud-operations", "product-teams")
    assert found.executives == ("provider", "customer")
    assert any("Engineers who know" in note for note in found.notes)


@pytest.mark.parametrize(("impact", "target"), [("moderate", "PT2H"), ("minimal", "PT4H")])
def test_during_an_event_b_and_c_keep_the_base_packages_times(impact: str, target: str) -> None:
    """AEM-TARGET, BASE-B, BASE-C"""
    at = utc("2026-06-16 06:00")
    assert due(during(at, impact=impact)) == {"first_response": target}


@pytest.mark.parametrize("product", ["azure/storsimple", "azure/billing", "azure/media-services"])
def test_during_an_event_every_azure_component_gets_the_15_minutes(product: str) -> None:
    """AEM-TARGET"""
    found = during(product=product, solution="shop")
    assert (found.service, due(found)["first_response"]) == ("event-management", "PT15M")


@pytest.mark.parametrize(("impact", "updates"), [("critical_down", "PT1H"), ("critical_degraded", "PT4H")])
def test_during_an_event_another_product_that_it_lists_keeps_the_base_packages_hour(impact: str, updates: str) -> None:
    """AEM-TARGET, AEM-CM, BASE-1-OTHER, BASE-A"""
    found = during(event={"products": ["azure/*", "sql-server"]}, product="sql-server", impact=impact)
    assert found.service == "event-management"
    assert due(found) == {"first_response": "PT1H", "crisis_manager": "PT30M", "status_update": updates}
    assert found.escalates_to == ("cloud-operations", "product-teams")
    assert "AEM-TARGET" not in found.because


@pytest.mark.parametrize("at", [STARTS, STARTS - timedelta(days=3)], ids=["during it", "before it"])
def test_an_event_that_nobody_has_confirmed_is_none_and_the_explanation_says_so(at: datetime) -> None:
    """AEM-CONFIRM"""
    found = during(at, {"confirmed_at": None}, services="rapid-response")
    assert (found.service, found.severity, found.flags) == ("rapid-response", "1", ())
    passed = next(one for one in found.passed_over if one.service == "event-management")
    assert (passed.rule, passed.why) == ("AEM-CONFIRM", "nobody has confirmed Launch")


def test_an_event_that_nobody_has_confirmed_does_not_stand_before_one_that_was() -> None:
    """AEM-CONFIRM, AEM-WINDOW"""
    ready = EVENT | {"id": "ready", "name": "Ready"}
    order = {"services": ["base", "event-management"], "events": [EVENT | {"confirmed_at": None}, ready]}
    found = decided(STARTS, order, product="azure/sql-database", form={"id": "launch"})
    assert (found.service, found.terms.event) == ("event-management", "ready")


@pytest.mark.parametrize(
    "said",
    [{"product": "azure/virtual-machines"}, {"product": "sql-server", "solution": "shop"}, {"product": None}],
    ids=["another product", "its solution, but no Azure", "no product"],
)
def test_what_is_not_about_the_event_is_not_its_request(said: dict[str, Any]) -> None:
    """AEM-WINDOW"""
    found = during(**said)
    assert (found.service, found.flags) == ("base", ())


@pytest.mark.parametrize("said", [{"form": None}, {"form": {"id": "another"}}, {"channel": "phone", "portal": None}])
def test_during_an_event_its_form_in_the_portal_is_required(said: dict[str, Any]) -> None:
    """AEM-FORM"""
    found = during(services="rapid-response", **said)
    assert found.service == ("base" if "channel" in said else "rapid-response")
    assert "form-required" in found.flags
    for at in (STARTS - timedelta(days=3), ENDS + timedelta(days=3)):
        before = during(at, services="rapid-response", **said)
        assert (before.severity, "form-required" in before.flags) == ("1", False)


def test_missing_details_of_an_event_are_flagged() -> None:
    """AEM-PAPERS"""
    assert during(event={"details_on_file": False}).flags == ("event-details-missing",)


def test_of_several_events_it_is_the_one_under_way_then_the_earliest_then_by_id() -> None:
    """AEM-WINDOW"""
    later = EVENT | {"id": "later", "starts_at": "2026-06-20T08:00:00Z", "ends_at": "2026-06-21T08:00:00Z"}
    twin = EVENT | {"id": "aaa"}
    said = {"product": "azure/sql-database", "form": {"id": "launch"}}
    bought: dict[str, Any] = {"services": ["base", "event-management"], "events": [later, EVENT, twin]}
    for at, event in ((STARTS, "aaa"), (utc("2026-06-20 09:00"), "later"), (utc("2026-06-19 09:00"), "aaa")):
        assert decided(at, bought, **said).terms.event == event


def test_where_rapid_response_and_an_event_both_apply_it_is_the_event() -> None:
    """AEM-CM, RR-TARGET"""
    assert due(during(services="rapid-response"))["crisis_manager"] == "PT30M"


def test_an_events_causes_may_be_asked_for_after_closing() -> None:
    """AEM-RCA"""
    assert during().terms.root_cause_after_closing
    assert not during(impact="moderate").terms.root_cause_after_closing
    assert not during(ENDS).terms.root_cause_after_closing


# §5, the others


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


# §6, who, where, in which language


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
    elsewhere: list[dict[str, Any]] = [{}, {"product": "sql-server", "portal": "services-hub"}]
    for said in (*elsewhere, {"product": "sql-server", "channel": "phone"}):
        assert "PRS-PORTAL" not in decided(**said).because


def test_a_third_partys_supplier_keeps_its_own_job() -> None:
    """PRS-THIRD-PARTY"""
    found = decided(vendor={"name": "Rohr AG", "contact": "desk@rohr.example"})
    assert "PRS-THIRD-PARTY" in found.because
    assert any("Rohr AG" in note for note in found.notes)
    assert found.service == decided().service


# §8, entitlement review


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


# whatever comes


PRODUCTS = st.sampled_from(
    [None, "azure/sql-database", "azure/storsimple", "azure/stack", "office365/teams", "github/ae", "sql-server", "x/y"]
)
ANYTHING = st.fixed_dictionaries(
    {
        "impact": st.sampled_from(list(ENTERPRISE.by_impact)),
        "product": PRODUCTS,
        "channel": st.sampled_from(["portal", "phone", "monitoring", "api"]),
        "portal": st.sampled_from([None, *ENTERPRISE.portals]),
        "kind": st.sampled_from(ENTERPRISE.kinds),
        "language": st.sampled_from([None, "en", "kk", "pt-BR", "zz"]),
        "location": st.sampled_from([None, "almaty", "lisbon", "riyadh", "mars"]),
        "solution": st.sampled_from([None, "bank", "shop", "nobody"]),
        "form": st.sampled_from([None, {"id": "launch"}, {"id": "another"}]),
        "requested_severity": st.sampled_from([None, "1", "C", "Z"]),
        "prerelease": st.booleans(),
        "reporter": st.sampled_from([{"name": "x"}, {"name": "A", "email": "aigerim@steppe.example"}]),
    }
)
ORDERS = st.sets(st.sampled_from(ENTERPRISE.work_order.services)).map(
    lambda services: contract(
        services=["base", *sorted(services)], events=[EVENT], solutions=[BANK], topology_on_file=False
    )
)
INSTANTS = st.datetimes(datetime(2025, 12, 1), datetime(2027, 2, 1)).map(lambda at: at.replace(tzinfo=NOON.tzinfo))


@settings(max_examples=400, deadline=None)
@given(said=ANYTHING, order=st.none() | ORDERS, at=INSTANTS | st.sampled_from([STARTS, ENDS]))
def test_whatever_is_reported_is_decided_and_every_promise_names_its_rule(said: Any, order: Any, at: datetime) -> None:
    """PRS, TERM: nothing is dropped."""
    report = REPORT.validate_python(incident(**said))
    found = decide(report, order, ENTERPRISE, submitted_at=at, at=at)
    assert found == decide(report, order, ENTERPRISE, submitted_at=at, at=at)
    assert adapter().validate_json(adapter().dump_json(found)) == found
    assert set(found.because) <= set(ENTERPRISE.rules)
    assert len(set(found.because)) == len(found.because)
    assert {clock.rule for clock in found.clocks} <= set(found.because)
    assert (found.coverage == "24x7") == found.urgent == (found.severity in ("1", "A"))
    names = [clock.name for clock in found.clocks]
    assert names == (["first_response", "crisis_manager", "status_update"] if found.urgent else ["first_response"])
    for clock in found.clocks:
        assert at == clock.started_at <= clock.warn_at <= clock.due_at
        assert clock.calendar == ("24x7" if found.urgent else clock.calendar)
    base = found.queue.split("/")[0]
    assert base == "entitlement-review" or base == ENTERPRISE.service(found.service).queue
    assert (found.queue == base) == (found.language == "en" or base == "entitlement-review")


@settings(max_examples=200, deadline=None)
@given(said=ANYTHING, order=ORDERS, at=INSTANTS)
def test_what_was_bought_in_addition_never_lengthens_a_first_response(said: Any, order: Any, at: datetime) -> None:
    """RR-TARGET, MISSION, AEM-TARGET: outside an event's edges, where everything is B."""
    report = REPORT.validate_python(incident(**said))
    found = decide(report, order, ENTERPRISE, submitted_at=at, at=at)
    plain = decide(report, contract(), ENTERPRISE, submitted_at=at, at=at)
    if found.severity == plain.severity:
        assert found.clocks[0].due_at <= plain.clocks[0].due_at


def test_the_windows_length_is_the_catalogues() -> None:
    """AEM-WINDOW"""
    (window,) = (c for s in ENTERPRISE.services for c in s.conditions if isinstance(c, EventUnderWay))
    assert (window.before, window.after) == (timedelta(days=14), timedelta(days=7))


def test_a_later_decision_cites_the_rules_by_which_a_person_or_a_change_made_it_another() -> None:
    """SEV-CHANGE, SEV-ASSIGN, SEV-DOWNGRADE"""
    ours = {"SEV-CHANGE", "SEV-ASSIGN", "SEV-DOWNGRADE"}
    at, order = utc("2026-02-04 10:00"), contract()

    def cited(**later: Any) -> set[str]:
        said = REPORT.validate_python(incident())
        return ours & set(decide(said, order, ENTERPRISE, submitted_at=at, at=at, **later).because)

    assert cited() == set()
    assert cited(clocks_from=at) == {"SEV-CHANGE"}
    assert cited(severity="A") == {"SEV-ASSIGN"}
    assert cited(coverage="business-hours") == {"SEV-DOWNGRADE"}


def test_each_sides_executives_are_provided_for_by_a_rule_of_their_own() -> None:
    """BASE-EXEC-PROVIDER, BASE-EXEC-CUSTOMER"""
    found = decided()
    assert found.executives == ("provider", "customer")
    assert {"BASE-EXEC-PROVIDER", "BASE-EXEC-CUSTOMER"} <= set(found.because)
