"""What may happen to an incident when, and which rule refuses the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services import acts
from services.acts import Act, Allowed, Standing
from services.contract.parse import build
from services.decide import decide
from services.permit import permit
from services.refused import Refused
from services.report import REPORT
from tests.harness.work_orders import ENTERPRISE, LOCATIONS, contract, incident, utc, work_order

NOON = utc("2026-02-04 07:00")  # a Wednesday, 12:00 in Almaty
NIGHT = utc("2026-02-04 16:00")  # 21:00 in Almaty, 16:00 in Lisbon
EVENT = {
    "id": "launch", "name": "Launch", "starts_at": "2026-02-03T00:00:00Z", "ends_at": "2026-02-06T00:00:00Z",
    "confirmed_at": "2025-11-01T00:00:00Z", "products": ["azure/*"], "form": "launch",
}  # fmt: skip


def standing(
    impact: str = "critical_down", now: Any = NOON, bought: dict[str, Any] | None = None, **said: Any
) -> Standing:
    order = contract(**(bought or {}))
    report = REPORT.validate_python(incident(impact=impact, **said))
    decision = decide(report, order, ENTERPRISE, submitted_at=now, at=now)
    return Standing(state="open", now=now, decision=decision, contract=order, left=order.balances)


def refused(act: Act, how: Standing) -> Refused:
    answer = permit(act, how, ENTERPRISE)
    assert isinstance(answer, Refused)
    return answer


def allowed(act: Act, how: Standing) -> Allowed:
    answer = permit(act, how, ENTERPRISE)
    assert isinstance(answer, Allowed), answer
    return answer


EVERYTHING: list[Act] = [
    acts.RESPOND, acts.UPDATE, acts.ASK, acts.REPLY, acts.CORRECT, acts.HAND_OVER, acts.RESOLVE, acts.ChangeSeverity(),
    acts.HandOverCrisis(), acts.NotifyExecutives("provider"), acts.ConsentToOnsite(), acts.AskManagement(),
]  # fmt: skip


@pytest.mark.parametrize("act", EVERYTHING, ids=lambda act: getattr(act, "what", type(act).__name__))
def test_on_a_closed_incident_nothing_happens_before_it_is_reopened(act: Act) -> None:
    """SEV-CHANGE, RSM-BC, BASE-ONSITE"""
    assert "reopen it first" in refused(act, replace(standing(), state="closed")).reason


def test_the_severity_of_a_closed_incident_is_not_changed() -> None:
    """SEV-CHANGE, SEV-ASSIGN"""
    assert refused(acts.ChangeSeverity(), replace(standing(), state="closed")).rule == "SEV-CHANGE"
    assert allowed(acts.ChangeSeverity(), standing()).rule == "SEV-CHANGE"


def test_a_resolved_incident_can_still_be_answered_and_corrected() -> None:
    """SEV-CHANGE"""
    over = replace(standing(), state="resolved")
    for act in (acts.RESPOND, acts.REPLY, acts.CORRECT, acts.Close(), acts.Reopen()):
        allowed(act, over)
    assert "The incident is resolved" in refused(acts.ASK, over).reason


def test_before_the_routing_what_depends_on_it_is_taken_and_judged_then() -> None:
    """BASE-EXEC-PROVIDER, BASE-ONSITE, RSM-BC, ADV"""
    unrouted = Standing(state="open", now=NOON)
    for act in (
        acts.HandOverCrisis(), acts.NotifyExecutives("customer"), acts.ConsentToOnsite(), acts.AskManagement(),
        acts.RecordEffort(500),
    ):  # fmt: skip
        assert allowed(act, unrouted).pending


def test_executives_are_notified_where_the_terms_provide_for_it() -> None:
    """BASE-EXEC-PROVIDER, BASE-EXEC-CUSTOMER"""
    assert allowed(acts.NotifyExecutives("provider"), standing()).rule == "BASE-EXEC-PROVIDER"
    assert allowed(acts.NotifyExecutives("customer"), standing()).rule == "BASE-EXEC-CUSTOMER"
    no = refused(acts.NotifyExecutives("customer"), standing("critical_degraded"))
    assert no.rule == "BASE-EXEC-CUSTOMER"
    assert "change the severity" in no.reason
    no = refused(acts.NotifyExecutives("provider"), standing("moderate"))
    assert no.rule == "BASE-EXEC-PROVIDER"
    assert "ask for management attention" in no.reason


def test_in_rapid_response_executives_are_notified_at_a_too() -> None:
    """RR-EXEC"""
    quick = standing("critical_degraded", bought={"services": ["base", "rapid-response"]})
    allowed(acts.NotifyExecutives("provider"), quick)


def test_a_crisis_is_handed_over_only_where_there_is_a_crisis_manager() -> None:
    """BASE-CM"""
    allowed(acts.HandOverCrisis(), standing("critical_degraded"))
    assert refused(acts.HandOverCrisis(), standing("moderate")).rule == "BASE-CM"


def test_the_base_package_promises_on_site_resources_at_severity_1_only() -> None:
    """BASE-ONSITE"""
    assert allowed(acts.ConsentToOnsite(), standing()) == Allowed("BASE-ONSITE")
    assert allowed(acts.ConsentToOnsite("lisbon"), standing(location="lisbon")) == Allowed("BASE-ONSITE")
    for impact in ("critical_degraded", "moderate", "minimal"):
        assert refused(acts.ConsentToOnsite(), standing(impact)).rule == "BASE-ONSITE"


def test_a_visit_that_was_bought_is_drawn_wherever_it_goes() -> None:
    """ONSITE, BASE-ONSITE"""
    bought = standing(bought={"balances": {"onsite_visits": 1}})
    assert allowed(acts.ConsentToOnsite(), bought) == Allowed("BASE-ONSITE", draws="onsite_visits")
    assert allowed(acts.ConsentToOnsite(), replace(bought, left={"onsite_visits": 0})) == Allowed("BASE-ONSITE")


def test_an_unlisted_location_takes_a_visit_that_was_bought_in_advance() -> None:
    """ONSITE, MULTI-ONSITE: in a multi-country order."""
    visit = standing(bought={"balances": {"onsite_visits": 1}}, location="aktau")
    assert allowed(acts.ConsentToOnsite("aktau"), visit) == Allowed("MULTI-ONSITE", draws="onsite_visits")
    used_up = refused(acts.ConsentToOnsite("aktau"), replace(visit, left={"onsite_visits": 0}))
    assert used_up.rule == "MULTI-ONSITE"
    assert "buy one (ONSITE), name a listed location" in used_up.reason
    assert refused(acts.ConsentToOnsite("aktau"), standing(location="aktau")).rule == "MULTI-ONSITE"


def test_where_a_work_order_is_for_one_country_its_places_are_not_counted() -> None:
    """BASE-ONSITE, MULTI-ONSITE"""
    at_home = standing(bought={"locations": LOCATIONS[:1]}, location="aktau")
    assert allowed(acts.ConsentToOnsite("aktau"), at_home) == Allowed("BASE-ONSITE")


def test_on_site_support_stays_out_of_countries_with_a_work_order_of_their_own() -> None:
    """MULTI-ONSITE"""
    tokyo = {"id": "tokyo", "role": "downstream", "country": "JP", "time_zone": "Asia/Tokyo"}
    mixed = replace(standing(), contract=build(work_order(locations=[*LOCATIONS, tokyo])))
    assert refused(acts.ConsentToOnsite("tokyo"), mixed).rule == "MULTI-ONSITE"
    allowed(acts.ConsentToOnsite("almaty"), mixed)
    allowed(acts.ConsentToOnsite(), replace(mixed, contract=build(work_order(locations=[tokyo | {"role": "host"}]))))


def test_on_site_resources_without_a_contract_are_the_base_packages() -> None:
    """BASE-ONSITE"""
    allowed(acts.ConsentToOnsite("anywhere"), replace(standing(), contract=None))


def test_management_attention_is_there_in_the_customers_business_hours() -> None:
    """RSM-BC"""
    for impact in ("moderate", "minimal"):
        assert allowed(acts.AskManagement(), standing(impact)).rule == "RSM-BC"
        no = refused(acts.AskManagement(), standing(impact, NIGHT))
        assert (no.rule, no.next_open) == ("RSM-BC", utc("2026-02-05 04:00"))
        assert "2026-02-05T04:00:00Z" in no.reason
    allowed(acts.AskManagement(), standing("moderate", NIGHT, location="lisbon"))


def test_bought_hours_extend_it_in_the_time_zone_that_was_agreed() -> None:
    """RSM-ADDON"""
    bought = {
        "services": ["base", "support-management-hours"], "balances": {"rsm_hours": 10},
        "management_hours": {"time_zone": "Europe/Lisbon"},
    }  # fmt: skip
    late = standing("moderate", NIGHT, bought)
    assert allowed(acts.AskManagement(), late) == Allowed("RSM-ADDON", draws="rsm_hours")
    used_up = refused(acts.AskManagement(), replace(late, left={"rsm_hours": 0}))
    assert (used_up.rule, used_up.next_open) == ("RSM-ADDON", utc("2026-02-05 04:00"))
    later = refused(acts.AskManagement(), replace(late, now=utc("2026-02-04 18:00")))
    assert (later.rule, later.next_open) == ("RSM-ADDON", utc("2026-02-05 04:00"))
    friday = refused(acts.AskManagement(), replace(late, now=utc("2026-03-20 18:00")))  # before Nowruz
    assert friday.next_open == utc("2026-03-23 09:00")


def test_at_1_and_a_the_escalation_runs_by_itself() -> None:
    """RSM-ESCALATION-1"""
    for impact in ("critical_down", "critical_degraded"):
        assert refused(acts.AskManagement(), standing(impact)).rule == "RSM-ESCALATION-1"


def test_a_downgrade_is_decided_where_one_was_proposed() -> None:
    """SEV-DOWNGRADE"""
    assert refused(acts.DecideDowngrade(), standing()).rule == "SEV-DOWNGRADE"
    allowed(acts.DecideDowngrade(), replace(standing(), proposal_open=True))
    refused(acts.DecideDowngrade(), replace(standing(), proposal_open=True, state="closed"))


def test_a_root_cause_analysis_is_asked_for_before_the_incident_is_closed() -> None:
    """RCA"""
    for state in ("open", "resolved"):
        assert allowed(acts.AskRootCause(), replace(standing(), state=state)).rule == "RCA"
    assert refused(acts.AskRootCause(), replace(standing(), state="closed")).rule == "RCA"


def test_after_closing_and_before_the_routing_only_an_event_can_provide_for_it() -> None:
    """AEM-RCA, RCA"""
    closed = Standing(
        state="closed", now=NOON, contract=contract(services=["base", "event-management"], events=[EVENT])
    )
    assert allowed(acts.AskRootCause(), closed).pending
    assert refused(acts.AskRootCause(), replace(closed, contract=contract())).rule == "RCA"
    assert refused(acts.AskRootCause(), replace(closed, contract=None)).rule == "RCA"


@pytest.mark.parametrize(("impact", "may"), [("critical_down", True), ("critical_degraded", True), ("moderate", False)])
def test_for_an_events_1_and_a_it_is_asked_for_after_closing_too(impact: str, may: bool) -> None:
    """AEM-RCA"""
    how = standing(impact, bought={"services": ["base", "event-management"], "events": [EVENT]}, form={"id": "launch"})
    answer = permit(acts.AskRootCause(), replace(how, state="closed"), ENTERPRISE)
    assert isinstance(answer, Allowed) == may
    assert answer.rule == ("AEM-RCA" if may else "RCA")


def test_advisory_effort_is_announced_before_its_limit_and_refused_beyond_it() -> None:
    """ADV"""
    advice = standing("minimal", kind="advisory")
    assert allowed(acts.RecordEffort(287), advice).announce is False
    assert allowed(acts.RecordEffort(288), advice) == Allowed("ADV", announce=True)
    assert allowed(acts.RecordEffort(10), replace(advice, effort=288)).announce is False
    allowed(acts.RecordEffort(72), replace(advice, effort=288))
    no = refused(acts.RecordEffort(73), replace(advice, effort=288))
    assert no.rule == "ADV"
    assert "of which 72 are left" in no.reason


def test_other_services_know_no_limit_of_effort() -> None:
    """PRS"""
    assert allowed(acts.RecordEffort(10_000), standing()) == Allowed()


def test_an_incident_is_reopened_within_thirty_days() -> None:
    """SEV-CHANGE"""
    closed = replace(standing(), state="closed", closed_at=NOON - timedelta(days=30))
    allowed(acts.Reopen(), closed)
    late = refused(acts.Reopen(), replace(closed, closed_at=NOON - timedelta(days=30, seconds=1)))
    assert late.rule is None
    assert "report a new incident" in late.reason
    assert refused(acts.Reopen(), standing()).reason == "It is open already."
    assert refused(acts.Close(), closed).reason == "It is closed already."


def test_effort_is_recorded_as_long_as_the_incident_may_be_reopened() -> None:
    """DSE, RSM-ADDON: the router, which draws it, need not know for ever what is over."""
    closed = replace(standing(), state="closed", closed_at=NOON - timedelta(days=30))
    allowed(acts.RecordEffort(60), closed)
    late = refused(acts.RecordEffort(60), replace(closed, closed_at=NOON - timedelta(days=30, seconds=1)))
    assert late.rule is None
    assert "report a new incident" in late.reason


def test_an_order_with_the_multi_country_service_is_one_whatever_it_lists() -> None:
    """MULTI-ONSITE, MULTI: with one location listed, an unlisted place still needs a visit that was bought."""
    alone: dict[str, Any] = {"locations": LOCATIONS[:1]}
    several = alone | {"services": ["base", "multi-country"]}
    assert allowed(acts.ConsentToOnsite("aktau"), standing(bought=alone, location="aktau")).rule == "BASE-ONSITE"
    assert refused(acts.ConsentToOnsite("aktau"), standing(bought=several, location="aktau")).rule == "MULTI-ONSITE"
