"""What becomes of clocks that run by business hours when the contract is corrected, and the hours with it."""

from __future__ import annotations

from dataclasses import asdict

from services.calendar import calendar_of
from services.clocks import Running, changed, question, updated
from services.contract.model import Contract
from services.decide import decide
from services.decision import ClockTerms, Decision
from tests.harness.work_orders import ENTERPRISE, LOCATIONS, contract, report, utc

MORNING = utc("2026-02-04 06:00")  # a Wednesday, 11:00 in Almaty
BEFORE = contract()
ALMATY = calendar_of(BEFORE, "almaty")


def open_only(**hours: list[list[str]]) -> Contract:
    """A contract whose location of the same name has these hours."""
    return contract(locations=[LOCATIONS[0] | {"hours": hours}])


def decided(under: Contract, impact: str, coverage: str | None = None) -> Decision:
    said = report(impact=impact, product="windows-server")
    return decide(said, under, ENTERPRISE, submitted_at=MORNING, at=MORNING, coverage=coverage)


def runs(clock: ClockTerms | None) -> Running:
    assert clock is not None
    return Running(id="c-1", state="running", **asdict(clock))


def test_a_question_that_waits_counts_by_the_hours_of_the_contract_as_it_is_now() -> None:
    """CUST-B-CHANGE, BASE-HOURS"""
    now, old = open_only(wed=[["10:00", "13:00"]], thu=[["10:00", "13:00"]]), decided(BEFORE, "moderate")
    asked = runs(question(old, ALMATY, "change-control", MORNING))
    hours = calendar_of(now, "almaty")
    found = changed([asked], old, decided(now, "moderate"), MORNING, raised=False, calendar=hours)
    assert found.supersede == (asked,)
    (clock,) = (clock for clock in found.start if clock.side == "customer")
    assert (clock.started_at, clock.due_at) == (MORNING, utc("2026-02-05 07:00"))
    assert changed([runs(clock)], old, decided(now, "moderate"), MORNING, raised=False, calendar=hours).supersede == ()


def test_updates_of_a_reduced_effort_count_by_the_hours_of_the_contract_as_it_is_now() -> None:
    """RSM-ESCALATION-1, SEV-DOWNGRADE"""
    now, old = open_only(fri=[["10:00", "13:00"]]), decided(BEFORE, "critical_degraded", "business-hours")
    given = runs(updated(old, ALMATY, utc("2026-02-04 07:00")))
    new, hours = decided(now, "critical_degraded", "business-hours"), calendar_of(now, "almaty")
    found = changed([given], old, new, utc("2026-02-04 08:00"), raised=False, calendar=hours)
    assert found.supersede == (given,)
    (clock,) = (clock for clock in found.start if clock.name == "status_update")
    assert (clock.started_at, clock.due_at) == (given.started_at, utc("2026-02-13 06:00"))
