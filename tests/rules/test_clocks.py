"""What becomes of clocks: after a change of severity, a question, an update, a consent."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta

import pytest

from services.calendar import ALWAYS, calendar_of
from services.clocks import (
    Running,
    changed,
    is_raised,
    missed,
    onsite,
    proposal,
    question,
    unrouted,
    updated,
)
from services.decide import decide
from services.decision import ClockTerms, Decision
from tests.harness.work_orders import ENTERPRISE, contract, report, utc

BASE = contract()
ALMATY = calendar_of(BASE, "almaty")
MORNING = utc("2026-02-04 06:00")  # a Wednesday, 11:00 in Almaty


def decided(impact: str, start: datetime = MORNING, **more: object) -> Decision:
    said = report(impact=impact, product="windows-server")
    return decide(said, BASE, ENTERPRISE, submitted_at=start, at=start, **more)  # type: ignore[arg-type]


def running(decision: Decision, **states: str) -> list[Running]:
    return [as_running(clock, states.get(clock.name, "running")) for clock in decision.clocks]


def as_running(clock: ClockTerms, state: str = "running") -> Running:
    met_at = clock.started_at + timedelta(minutes=1) if state == "met" else None
    return Running(id=f"id-{clock.name}", state=state, met_at=met_at, **asdict(clock))  # type: ignore[arg-type]


def names(clocks: tuple[Running, ...] | tuple[ClockTerms, ...]) -> list[str]:
    return sorted(clock.name for clock in clocks)


def test_a_first_decision_starts_all_of_its_clocks() -> None:
    """BASE-CM, RSM-ESCALATION-1"""
    found = changed([], None, decided("critical_down"), MORNING, raised=False)
    assert names(found.start) == ["crisis_manager", "first_response", "status_update"]
    assert found.supersede == ()


def test_a_raised_severity_starts_its_clocks_at_the_change() -> None:
    """SEV-CHANGE"""
    old, at = decided("moderate"), MORNING + timedelta(minutes=30)
    new = decided("critical_down", clocks_from=at)
    found = changed(running(old), old, new, at, raised=True)
    assert names(found.supersede) == ["first_response"]
    due = {clock.name: clock.due_at for clock in found.start}
    assert due["first_response"] == at + timedelta(hours=1)
    assert due["status_update"] == at + timedelta(hours=1)


def test_there_is_no_second_first_response_and_no_second_crisis_manager() -> None:
    """SEV-CHANGE"""
    old, at = decided("critical_degraded"), MORNING + timedelta(minutes=30)
    new = decided("critical_down", clocks_from=at)
    found = changed(running(old, first_response="met", crisis_manager="met"), old, new, at, raised=True)
    assert names(found.start) == ["status_update"]
    assert names(found.supersede) == ["status_update"]


def test_a_first_response_that_came_too_late_is_not_owed_again() -> None:
    """SEV-CHANGE"""
    old, at = decided("critical_degraded"), MORNING + timedelta(hours=3)
    late = [replace(c, state="breached", met_at=MORNING + timedelta(hours=2)) for c in running(old)]
    found = changed(late, old, decided("critical_down", clocks_from=at), at, raised=True)
    assert names(found.start) == ["status_update"]


def test_a_lowered_severity_keeps_the_submission_and_may_be_over_at_once() -> None:
    """SEV-CHANGE"""
    at = MORNING + timedelta(hours=5)
    old = decided("moderate")
    raised = decided("critical_down", clocks_from=at)
    back = decided("moderate")
    clocks = [*running(old, first_response="superseded"), *running(raised)]
    found = changed(clocks, raised, back, at + timedelta(minutes=1), raised=False)
    assert names(found.supersede) == ["crisis_manager", "first_response", "status_update"]
    (start,) = found.start
    assert start.started_at == MORNING
    assert start.due_at < at


def test_a_breach_that_stands_on_the_record_is_not_repeated() -> None:
    """SEV-CHANGE"""
    at = MORNING + timedelta(hours=5)
    old, raised, back = decided("moderate"), decided("critical_down", clocks_from=at), decided("moderate")
    clocks = [*running(old, first_response="breached"), *running(raised)]
    found = changed(clocks, raised, back, at + timedelta(minutes=1), raised=False)
    assert found.start == ()
    # Nor does the higher severity's go on in its place.
    assert names(found.supersede) == ["crisis_manager", "first_response", "status_update"]


def test_a_clock_with_the_same_terms_is_left_alone() -> None:
    """SEV-CHANGE"""
    old = decided("critical_down")
    assert changed(running(old), old, old, MORNING + timedelta(minutes=5), raised=False) == ((), ())


def test_status_updates_that_were_given_count_when_the_severity_is_lowered() -> None:
    """SEV-CHANGE, RSM-ESCALATION-1"""
    old, last = decided("critical_down"), MORNING + timedelta(hours=9)
    armed = updated(old, ALMATY, last)
    assert armed is not None
    new = decided("critical_degraded")
    clocks = [*running(old, first_response="met", crisis_manager="met", status_update="met"), as_running(armed)]
    found = changed(clocks, old, new, last + timedelta(minutes=5), raised=False)
    assert [(c.name, c.due_at) for c in found.start] == [("status_update", last + timedelta(hours=4))]
    assert names(found.supersede) == ["status_update"]


def test_what_the_customer_still_owes_follows_the_new_terms() -> None:
    """SEV-CHANGE, CUST-ACCESS"""
    old, asked = decided("critical_degraded"), MORNING + timedelta(minutes=10)
    owed = question(old, ALMATY, "resources", asked)
    assert owed is not None
    assert (owed.side, owed.due_at) == ("customer", asked + timedelta(hours=1))
    at = asked + timedelta(minutes=5)
    raised = changed([as_running(owed)], old, decided("critical_down", clocks_from=at), at, raised=True)
    assert [c.due_at for c in raised.start if c.side == "customer"] == [at + timedelta(minutes=30)]
    lowered = changed([as_running(owed)], old, decided("moderate"), at, raised=False)
    assert names(lowered.supersede) == ["customer_access"]
    assert names(lowered.start) == ["first_response"]


@pytest.mark.parametrize(("impact", "to"), [("moderate", "change-control"), ("minimal", "case-owner")])
def test_a_question_that_waits_for_an_answer_waits_by_the_terms_of_a_raised_severity(impact: str, to: str) -> None:
    """SEV-CHANGE, CUST-ACCESS: at 1 and A any question starts the customer's clock; at B and C only its own."""
    old, at = decided(impact), MORNING + timedelta(minutes=10)
    owed = question(old, ALMATY, to, MORNING)
    assert owed is not None
    raised = changed(
        [as_running(owed)], old, decided("critical_down", clocks_from=at), at, raised=True, calendar=ALMATY
    )
    assert names(raised.supersede) == [owed.name]
    assert [(c.name, c.due_at) for c in raised.start if c.side == "customer"] == [
        ("customer_access", at + timedelta(minutes=30))
    ]
    other = decided("minimal" if impact == "moderate" else "moderate")
    assert [c for c in changed([as_running(owed)], old, other, at, raised=False).start if c.side == "customer"] == []


def test_a_question_asked_after_the_severity_was_raised_is_not_answered_for_before_it_was_asked() -> None:
    """SEV-CHANGE, CUST-ACCESS: whoever decides on the change may hear of it later than the question."""
    old, raised_at = decided("critical_degraded"), MORNING + timedelta(minutes=10)
    asked = raised_at + timedelta(minutes=20)
    owed = question(old, ALMATY, "resources", asked)
    assert owed is not None
    new = decided("critical_down", clocks_from=raised_at)
    found = changed([as_running(owed)], old, new, raised_at, raised=True)
    assert [c.due_at for c in found.start if c.side == "customer"] == [asked + timedelta(minutes=30)]


def test_clocks_that_no_decision_started_are_not_touched() -> None:
    """UNROUTED"""
    watch = as_running(unrouted(ENTERPRISE, MORNING))
    new = decided("moderate")
    assert changed([watch], None, new, MORNING, raised=False).supersede == ()
    assert watch.due_at == MORNING + timedelta(minutes=2)


def test_at_1_and_a_any_question_starts_the_customers_clock_anew() -> None:
    """CUST-ACCESS"""
    for impact, minutes in (("critical_down", 30), ("critical_degraded", 60)):
        for to in ("case-owner", "change-control", "resources"):
            for at in (MORNING, MORNING + timedelta(minutes=7)):
                clock = question(decided(impact), ALMATY, to, at)
                assert clock is not None
                assert (clock.name, clock.due_at) == ("customer_access", at + timedelta(minutes=minutes))


def test_at_b_only_change_control_owes_an_answer_in_4_business_hours() -> None:
    """CUST-B-CHANGE"""
    decision = decided("moderate")
    late = utc("2026-02-04 11:30")  # 16:30 in Almaty: one hour is left of the day
    clock = question(decision, ALMATY, "change-control", late)
    assert clock is not None
    assert (clock.name, clock.due_at, clock.calendar) == ("change_control", utc("2026-02-05 07:00"), "almaty")
    assert question(decision, ALMATY, "case-owner", late) is None
    assert question(decision, ALMATY, "resources", late) is None


def test_at_c_only_the_case_owner_owes_an_answer_in_24_hours_of_the_wall() -> None:
    """CUST-C-REPLY"""
    decision, friday = decided("minimal"), utc("2026-02-06 12:00")
    clock = question(decision, ALMATY, "case-owner", friday)
    assert clock is not None
    assert (clock.name, clock.due_at, clock.calendar) == ("customer_reply", friday + timedelta(hours=24), "24x7")
    assert question(decision, ALMATY, "change-control", friday) is None


def test_an_update_arms_the_next_and_a_missed_one_counts_from_where_it_was_due() -> None:
    """RSM-ESCALATION-1"""
    decision = decided("critical_down")
    given = MORNING + timedelta(minutes=42)
    next_one = updated(decision, ALMATY, given)
    assert next_one is not None
    assert (next_one.due_at, next_one.repeats) == (given + timedelta(hours=1), True)
    after_a_miss = missed(decision, ALMATY, next_one.due_at)
    assert after_a_miss is not None
    assert after_a_miss.due_at == given + timedelta(hours=2)
    assert updated(decided("moderate"), ALMATY, given) is None


def test_a_reduced_effort_gives_its_updates_in_business_hours() -> None:
    """SEV-DOWNGRADE"""
    decision = decided("critical_down", coverage="business-hours")
    evening = utc("2026-02-04 12:15")  # 17:15 in Almaty
    clock = updated(decision, ALMATY, evening)
    assert clock is not None
    assert clock.due_at == utc("2026-02-05 04:45")


def test_on_site_resources_come_by_the_wall_clock_also_where_the_effort_is_reduced() -> None:
    """BASE-ONSITE, SEV-DOWNGRADE"""
    visit = onsite(decided("critical_down", coverage="business-hours"), ALMATY, MORNING, MORNING)
    assert visit is not None
    assert (visit.calendar, visit.due_at) == ("24x7", MORNING + timedelta(hours=24))


def test_on_site_resources_are_due_at_the_later_of_24_hours_and_4_from_the_consent() -> None:
    """BASE-ONSITE"""
    decision = decided("critical_down")
    soon = onsite(decision, ALWAYS, MORNING, MORNING + timedelta(hours=1))
    late = onsite(decision, ALWAYS, MORNING, MORNING + timedelta(hours=23))
    assert soon is not None
    assert late is not None
    assert (soon.due_at, soon.target) == (MORNING + timedelta(hours=24), "PT24H")
    assert (late.due_at, late.target) == (MORNING + timedelta(hours=27), "PT4H")
    assert onsite(decided("critical_degraded"), ALWAYS, MORNING, MORNING) is None


def test_a_promised_visit_is_left_alone_while_its_terms_stand() -> None:
    """SEV-CHANGE, BASE-ONSITE"""
    old = decided("critical_down")
    visit = onsite(old, ALWAYS, MORNING, MORNING + timedelta(hours=23))
    assert visit is not None
    at = MORNING + timedelta(hours=24)
    assert changed([as_running(visit)], old, old, at, raised=False).supersede == ()
    assert names(changed([as_running(visit)], old, decided("critical_degraded"), at, raised=False).supersede) == [
        "onsite"
    ]


def test_an_unanswered_question_at_1_proposes_the_next_severity() -> None:
    """SEV-DOWNGRADE"""
    decision = decided("critical_down")
    clock = question(decision, ALMATY, "resources", MORNING)
    assert clock is not None
    assert proposal(decision, clock) == ("severity", "A", "SEV-DOWNGRADE", False)
    assert proposal(decision, decision.clocks[0]) is None
    calm = decided("moderate")
    asked = question(calm, ALMATY, "change-control", MORNING)
    assert asked is not None
    assert proposal(calm, asked) is None


def test_in_rapid_response_it_is_the_effort_that_may_be_reduced_and_only_once() -> None:
    """SEV-DOWNGRADE"""
    bought = contract(services=["base", "rapid-response"])
    decision = decide(report(), bought, ENTERPRISE, submitted_at=MORNING, at=MORNING)
    clock = question(decision, ALMATY, "resources", MORNING)
    assert clock is not None
    assert proposal(decision, clock) == ("coverage", "business-hours", "SEV-DOWNGRADE", False)
    less = decide(report(), bought, ENTERPRISE, submitted_at=MORNING, at=MORNING, coverage="business-hours")
    assert proposal(less, clock) is None


def test_which_change_is_a_rise() -> None:
    """SEV-CHANGE"""
    assert is_raised(ENTERPRISE, "B", "1")
    assert not is_raised(ENTERPRISE, "1", "A")
    assert not is_raised(ENTERPRISE, "C", "C")
