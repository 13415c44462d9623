"""What is owed by the base package and by Rapid Response: the combinations that the cases leave out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.deciding import decided, due


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
    """RR-PORTAL, RR-BC: how to get it is told without a word of its times, which it has at 1 and A only."""
    found = decided(services="rapid-response", **way)
    assert (found.service, found.flags) == ("base", ("portal-required",))
    assert any(note.endswith("the Azure portal only: report it there to get Rapid Response.") for note in found.notes)


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
