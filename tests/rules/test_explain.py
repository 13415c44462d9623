"""Explanations: sentences that a customer can follow with a calendar in hand."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.decide import decide
from services.explain import explain_clock, explain_decision, sentences
from tests.harness.work_orders import ENTERPRISE, LOCATIONS, contract, report, utc

BOUGHT = contract(services=["base", "rapid-response"])


def clock(at: datetime, location: str = "almaty", **said: Any) -> dict[str, Any]:
    order = contract()
    asked = report(**{"product": "windows-server", "impact": "moderate", "location": location} | said)
    decision = decide(asked, order, ENTERPRISE, submitted_at=at, at=at)
    return explain_clock(decision.clocks[0], order, ENTERPRISE, location=decision.terms.location)


def test_a_deadline_over_a_long_weekend_is_told_day_by_day() -> None:
    """BASE-C, BASE-HOURS"""
    found = clock(utc("2026-03-20 10:45"), impact="minimal")
    assert found["text"] == (
        "4 business hours from Friday 20 March 15:45 (Almaty time): 1 h 45 min counted on Friday; Saturday to "
        "Wednesday stood still (Nowruz Holiday); 2 h 15 min on Thursday; due Thursday 26 March 11:15."
    )
    assert [day["counted"] for day in found["days"]] == ["PT1H45M", *["PT0S"] * 5, "PT2H15M"]
    assert found["days"][0] == {
        "date": "2026-03-20", "open": [["09:00", "17:30"]], "counted": "PT1H45M", "note": "",
    }  # fmt: skip
    assert found["section"] == "§2.2.2"


def test_what_arrives_after_hours_waits_for_the_next_morning() -> None:
    """BASE-B"""
    assert clock(utc("2026-02-04 14:00"))["text"] == (
        "2 business hours from Wednesday 4 February 19:00 (Almaty time): Wednesday stood still (outside the hours); "
        "2 h on Thursday; due Thursday 5 February 11:00."
    )


def test_a_clock_around_the_clock_has_no_days_to_add_up() -> None:
    """BASE-24X7"""
    found = clock(utc("2026-02-08 20:15"), impact="critical_down")
    assert found["text"] == (
        "1 hour from Monday 9 February 01:15 (Almaty time), around the clock: due Monday 9 February 02:15."
    )
    assert found["days"] == []


def test_a_change_of_the_clocks_is_told_where_it_lies() -> None:
    """BASE-HOURS"""
    text = clock(utc("2026-03-27 17:00"), location="lisbon")["text"]
    assert text.endswith("The clocks go forward on Sunday 29 March; no time is lost or won by it.")


def test_a_night_in_which_the_clocks_go_back_lies_within_a_clock_around_the_clock() -> None:
    """BASE-24X7"""
    text = clock(utc("2026-10-25 00:30"), location="lisbon", impact="critical_degraded")["text"]
    assert text == (
        "1 hour from Sunday 25 October 01:30 WEST (Lisbon time), around the clock: due Sunday 25 October 01:30 WET. "
        "The clocks go back on Sunday 25 October; no time is lost or won by it."
    )


def test_a_working_day_without_hours_is_not_told_as_a_weekend() -> None:
    """BASE-HOURS"""
    order = contract(locations=[LOCATIONS[0] | {"hours": {"tue": [["09:00", "11:00"]]}}, *LOCATIONS[1:]])
    at = utc("2026-02-04 10:00")
    decision = decide(report(product="sql-server", impact="moderate"), order, ENTERPRISE, submitted_at=at, at=at)
    text = explain_clock(decision.clocks[0], order, ENTERPRISE, location=decision.terms.location)["text"]
    assert "Wednesday to Monday stood still (closed there, weekend)" in text


def test_a_year_is_named_where_two_are_meant() -> None:
    """BASE-C"""
    text = clock(utc("2026-12-31 11:30"), impact="minimal")["text"]
    assert "Thursday 31 December 2026 16:30" in text
    assert text.endswith("2027 12:00.")


def test_a_clock_that_stopped_says_when_and_after_how_long() -> None:
    """BASE-B"""
    at, order = utc("2026-02-06 11:30"), contract()
    decision = decide(report(impact="moderate", product="sql-server"), order, ENTERPRISE, submitted_at=at, at=at)
    found = explain_clock(decision.clocks[0], order, ENTERPRISE, location="almaty", until=utc("2026-02-09 04:10"))
    assert found["text"].endswith("It stopped on Monday 9 February 09:10, after 1 h 10 min.")
    at_once = explain_clock(decision.clocks[0], order, ENTERPRISE, location="almaty", until=at + timedelta(seconds=0.2))
    assert at_once["text"].endswith("It stopped on Friday 6 February 16:30, before any of it had run.")


def test_a_decision_tells_its_inputs_its_rules_and_what_it_passed_over() -> None:
    """RR-PORTAL"""
    at = utc("2026-02-04 10:00")
    said = report(channel="phone", portal=None)
    decision = decide(said, BOUGHT, ENTERPRISE, submitted_at=at, at=at)
    found = explain_decision(decision, said, BOUGHT, ENTERPRISE, at=at)
    assert json.loads(json.dumps(found)) == found
    assert list(found) == ["at", "text", "inputs", "rules", "passed_over"]
    assert found["at"] == "2026-02-04T10:00:00Z"
    assert {"service": "rapid-response", "rule": "RR-PORTAL", "why": "it takes requests through azure-portal only"} in (
        found["passed_over"]
    )
    assert {rule["id"] for rule in found["rules"]} == set(decision.because)
    assert all(rule["section"] and rule["text"] for rule in found["rules"])
    assert found["inputs"]["location"] == "almaty"
    assert "Rapid Response does not take it: it takes requests through azure-portal only (RR-PORTAL)." in found["text"]
    assert "report it there" in found["text"]


def test_services_that_were_never_bought_are_not_talked_about() -> None:
    """RR-ROUTE"""
    at, order = utc("2026-02-04 10:00"), contract()
    decision = decide(report(), order, ENTERPRISE, submitted_at=at, at=at)
    assert not [text for text in sentences(decision, report(), order, ENTERPRISE) if "does not take it" in text]


@pytest.mark.parametrize("severity", ["1", "A", "B", "C"])
def test_a_severity_that_a_person_set_is_told_as_such(severity: str) -> None:
    """SEV-ASSIGN"""
    at, order = utc("2026-02-04 10:00"), contract()
    said = report(impact="moderate")
    decision = decide(said, order, ENTERPRISE, submitted_at=at, at=at + timedelta(hours=1), severity=severity)
    first = sentences(decision, said, order, ENTERPRISE)[0]
    assert ("a person of the provider assessed it" in first) == (severity != "B")


def test_a_severity_that_was_lowered_as_proposed_is_told_as_such_and_a_reduced_effort_is_none() -> None:
    """SEV-DOWNGRADE, SEV-ASSIGN"""
    at = utc("2026-02-04 10:00")
    for later, word in (
        ({"set_by": "downgrade.decided"}, "it was lowered as proposed (SEV-DOWNGRADE)"),
        ({"set_by": "severity.assessed", "coverage": "business-hours"}, "a person of the provider assessed it"),
    ):
        decision = decide(report(), BOUGHT, ENTERPRISE, submitted_at=at, at=at, severity="A", **later)
        assert word in sentences(decision, report(), BOUGHT, ENTERPRISE)[0]


@pytest.mark.parametrize(
    ("impact", "rule"),
    [
        ("critical_down", "CUST-24X7"), ("critical_degraded", "CUST-24X7"), ("moderate", "CUST-B-RESOURCES"),
        ("minimal", "CUST-C-CONTACT"),
    ],
)  # fmt: skip
def test_the_customer_reads_what_its_own_side_owes(impact: str, rule: str) -> None:
    """CUST-24X7, CUST-B-RESOURCES, CUST-C-CONTACT, REMOTE"""
    at, order = utc("2026-02-04 10:00"), contract()
    said = report(impact=impact)
    found = sentences(decide(said, order, ENTERPRISE, submitted_at=at, at=at), said, order, ENTERPRISE)
    assert [text.rpartition("(")[2] for text in found[-2:]] == [f"{rule})", "REMOTE)"]


def test_missing_papers_wait_for_the_delivery_manager_in_the_hosts_business_hours() -> None:
    """MULTI-SDM, RR-TOPOLOGY"""
    night, order = utc("2026-02-04 20:00"), contract(services=["base", "rapid-response"], topology_on_file=False)
    said = report(location="lisbon")
    text = " ".join(sentences(decide(said, order, ENTERPRISE, submitted_at=night, at=night), said, order, ENTERPRISE))
    assert "is there from Thursday 5 February 09:00 (Almaty time; MULTI-SDM)" in text


def test_without_a_contract_it_is_told_in_utc() -> None:
    """TERM"""
    at = utc("2026-02-04 10:00")
    decision = decide(report(contract=None), None, ENTERPRISE, submitted_at=at, at=at)
    text = " ".join(sentences(decision, report(contract=None), None, ENTERPRISE))
    assert "(UTC)" in text
    assert "entitlement-review" in text


def test_the_event_and_the_solution_that_are_meant_are_named() -> None:
    """AEM-PREPOST, AEM-WINDOW, MISSION"""
    event = {
        "id": "launch", "name": "Launch", "starts_at": "2026-06-15T08:00:00Z", "ends_at": "2026-06-18T08:00:00Z",
        "confirmed_at": "2026-01-15T08:00:00Z", "products": ["azure/sql-database"], "form": "launch",
    }  # fmt: skip
    bank = {"id": "bank", "products": ["azure/sql-database"], "exhibit": {"first_response": {"1": "PT5M"}}}
    said = report(product="azure/sql-database", form={"id": "launch"})

    def told(at: datetime, **bought: Any) -> str:
        order = contract(**bought)
        decision = decide(said, order, ENTERPRISE, submitted_at=at, at=at)
        return " ".join(sentences(decision, said, order, ENTERPRISE))

    watched: dict[str, Any] = {"services": ["base", "event-management"], "events": [event]}
    span = (
        "It is about the event Launch, Monday 15 June 2026 13:00 to Thursday 18 June 2026 13:00 (Almaty time), which is"
    )
    assert f"{span} not under way then." in told(utc("2026-06-10 08:00"), **watched)
    assert f"{span} under way." in told(utc("2026-06-15 08:00"), **watched)
    assert "It is about" not in told(utc("2026-06-15 08:00"))
    assert "the solution bank, for which" in told(
        utc("2026-06-15 08:00"), services=["base", "mission-critical"], solutions=[bank]
    )


def test_times_of_a_solution_are_only_told_of_where_its_exhibit_states_some_at_the_severity() -> None:
    """MISSION"""
    at = utc("2026-02-04 10:00")
    bank = {"id": "bank", "products": ["azure/*"], "exhibit": {"first_response": {"1": "PT5M"}}}
    order = contract(services=["base", "mission-critical"], solutions=[bank])

    def told(impact: str) -> str:
        said = report(impact=impact)
        return " ".join(sentences(decide(said, order, ENTERPRISE, submitted_at=at, at=at), said, order, ENTERPRISE))

    about = "It is about the solution bank, for which the work order states"
    assert f"{about} times of its own. " in told("critical_down")
    assert f"{about} no times of its own at severity A. " in told("critical_degraded")


@pytest.mark.parametrize(
    ("said", "at", "why"),
    [
        ({"contract": None}, "2026-02-04 10:00", "no work order is named that is known here"),
        ({}, "2027-02-04 10:00", "it lies outside the work order's term (2026-01-01 to 2026-12-31)"),
        ({"prerelease": True}, "2026-02-04 10:00", "it is about a pre-release product"),
        ({"prerelease": True}, "2027-02-04 10:00", "2026-12-31) and it is about a pre-release product"),
    ],
)
def test_a_doubt_about_the_entitlement_is_told_with_its_reason(said: dict[str, Any], at: str, why: str) -> None:
    """TERM, PRERELEASE"""
    asked, order = report(**said), contract() if "contract" not in said else None
    decision = decide(asked, order, ENTERPRISE, submitted_at=utc(at), at=utc(at))
    text = sentences(decision, asked, order, ENTERPRISE)[1]
    assert f"{why}: it waits in the queue entitlement-review, and is worked on meanwhile by the terms of" in text


def test_flags_are_told_in_words() -> None:
    """SEV-ASSIGN, MULTI, MISSION, CONTACTS"""
    at, order = utc("2026-02-04 10:00"), contract()
    said = report(requested_severity="B", location="mars", solution="warp", reporter={"name": "Nobody"})
    decision = decide(said, order, ENTERPRISE, submitted_at=at, at=at)
    text = " ".join(sentences(decision, said, order, ENTERPRISE))
    assert "Severity B was asked for, which is recorded and does not bind (SEV-ASSIGN)." in text
    assert "'mars' is no location of the work order: the host's, almaty, is taken (MULTI)." in text
    assert "'warp' is no solution of the work order (MISSION)." in text
    assert "Your administrator is asked to confirm that the reporter may report (CONTACTS)." in text
    alone = contract(contacts=[])
    text = " ".join(sentences(decide(said, alone, ENTERPRISE, submitted_at=at, at=at), said, alone, ENTERPRISE))
    assert "Your work order names no administrator who could confirm that the reporter may report (CONTACTS)." in text


def test_whose_hours_the_effort_is_is_told() -> None:
    """ADV, DSE"""
    bought: dict[str, Any] = {
        "services": ["base", "designated-engineering"],
        "balances": {"dse_hours": 10},
        "designated": {"products": ["sql-*"], "location": "almaty"},
    }

    def told(at: datetime = utc("2026-02-04 10:00"), balances: dict[str, int] | None = None, **more: Any) -> str:
        order = contract(**bought | ({} if balances is None else {"balances": balances}))
        said = report(**{"product": "sql-server", "location": "almaty"} | more)
        return " ".join(sentences(decide(said, order, ENTERPRISE, submitted_at=at, at=at), said, order, ENTERPRISE))

    designated = "Designated engineers join in the business hours of almaty, from the hours that were bought (DSE)."
    assert designated in told()
    assert designated not in told(location="lisbon") + told(product="azure/sql-database") + told(kind="advisory")
    assert designated not in told(utc("2027-02-04 10:00")) + told(balances={}) + told(balances={"dse_hours": 0})
    assert "At most 6 hours of effort are covered (ADV)." in told(kind="advisory")
