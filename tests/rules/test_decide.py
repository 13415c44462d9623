"""What is owed: the combinations that the conformance cases leave out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalogue.conditions import EventUnderWay
from services.decide import UnknownImpact, decide
from services.decision import adapter
from services.report import REPORT
from tests.harness.deciding import BANK, ENDS, EVENT, NOON, STARTS, decided
from tests.harness.work_orders import ENTERPRISE, contract, incident, utc

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


# §3, Rapid Response


# §4, events


# §5, the others


# §6, who, where, in which language


# §8, entitlement review


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
    assert cited(set_by="impact.changed") == {"SEV-CHANGE"}
    assert cited(severity="A", set_by="severity.assessed") == {"SEV-CHANGE", "SEV-ASSIGN"}
    assert cited(severity="A", set_by="downgrade.decided") == {"SEV-CHANGE", "SEV-DOWNGRADE"}


def test_each_sides_executives_are_provided_for_by_a_rule_of_their_own() -> None:
    """BASE-EXEC-PROVIDER, BASE-EXEC-CUSTOMER"""
    found = decided()
    assert found.executives == ("provider", "customer")
    assert {"BASE-EXEC-PROVIDER", "BASE-EXEC-CUSTOMER"} <= set(found.because)
