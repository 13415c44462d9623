"""What is owed before, during and after an event: its window, its form, its products, its severity."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.harness.deciding import ENDS, EVENT, STARTS, decided, due, during
from tests.harness.work_orders import ENTERPRISE, utc


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


@pytest.mark.parametrize("at", [STARTS - timedelta(days=3), ENDS + timedelta(days=3)], ids=["before it", "after it"])
def test_whose_form_came_another_way_before_or_after_an_event_is_not_told_that_it_was_missing(at: datetime) -> None:
    """AEM-FORM"""
    for way in ({"channel": "phone", "portal": None}, {"portal": "services-hub"}):
        passed = next(one for one in during(at, **way).passed_over if one.service == "event-management")
        assert passed.why == "the request came with the event's form, but not through azure-portal"
        missing = next(one for one in during(at, form=None, **way).passed_over if one.service == "event-management")
        assert missing.why == "the request came without the event's form"


@pytest.mark.parametrize("form", [None, {"id": "launch"}])
def test_where_nobody_has_set_an_events_form_a_request_is_an_events_only_while_it_is_under_way(form: Any) -> None:
    """AEM-FORM"""
    for at in (STARTS - timedelta(days=3), ENDS + timedelta(days=3)):
        found = during(at, event={"form": None}, services="rapid-response", form=form)
        assert (found.service, found.severity, found.flags) == ("rapid-response", "1", ())
    found = during(event={"form": None}, services="rapid-response", form=form)
    assert (found.service, found.flags) == ("event-management", ())


def test_an_events_request_stays_in_its_portal_whatever_it_is_about() -> None:
    """PRS-PORTAL"""
    found = during(event={"products": ["azure/*", "sql-server"]}, product="sql-server")
    assert (found.service, "PRS-PORTAL" in found.because) == ("event-management", False)


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
