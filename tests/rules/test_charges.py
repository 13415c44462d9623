"""What cancelling may cost, what credits become elsewhere, and the days that count for both."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.catalogue.parse import load
from services.contract.charges import Charge, Converted, cancellation, convert, last_day_to_ask, shortfall_billed_from
from services.contract.model import Booking, Contract, Location, Term
from services.refused import Refused

TERMS = load(None).work_order
BOOKING = Booking("b1", "assessment", date(2026, 3, 1), date(2026, 5, 1), "almaty", 12000)
ORDER = Contract(
    number="WO-1",
    customer="Steppe Telecom",
    term=Term(date(2024, 2, 29), date(2026, 12, 31)),
    services=("base", "multi-country"),
    locations=(
        Location("almaty", "host", "KZ", "Asia/Almaty"),
        Location("lisbon", "downstream", "PT", "Europe/Lisbon"),
    ),
)


@pytest.mark.parametrize(
    ("on", "charge"),
    [
        (date(2026, 4, 16), 0),
        (date(2026, 4, 17), 0),
        (date(2026, 4, 18), 12000),
        (date(2026, 4, 25), 12000),
        (date(2026, 5, 1), 12000),
        (date(2026, 6, 1), 12000),
    ],
)
def test_cancelling_less_than_fourteen_days_before_may_cost_the_whole_price(on: date, charge: int) -> None:
    """CANCEL-14"""
    assert cancellation(BOOKING, TERMS, on) == Charge(charge, "CANCEL-14")


def test_a_booking_without_a_price_costs_nothing_in_time_and_nobody_knows_what_later() -> None:
    """CANCEL-14"""
    free = replace(BOOKING, price=None)
    assert cancellation(free, TERMS, date(2026, 4, 1)) == Charge(0, "CANCEL-14")
    assert cancellation(free, TERMS, date(2026, 4, 30)) == Charge(None, "CANCEL-14")


@pytest.mark.parametrize(
    ("credits", "rate", "units"),
    [(5, 0.5, 2), (7, 0.5, 4), (10, 0.25, 2), (100, 0.333, 33), (0, 3, 0), (1.1, 25, 28), (0.5, 1, 0), (1.15, 10, 12)],
)
def test_credits_become_whole_units_and_a_half_goes_to_the_even_one(credits: float, rate: float, units: int) -> None:
    """CREDITS: 1.1 × 25 is 27.5 and 1.15 × 10 is 11.5, exactly."""
    assert convert(ORDER, TERMS, credits, "almaty", "lisbon", rate) == Converted(units, "CREDITS")


@pytest.mark.parametrize(("from_", "to"), [("almaty", "PT"), ("moon", "lisbon"), ("almaty", "tokyo")])
def test_credits_never_go_to_a_location_that_is_not_listed(from_: str, to: str) -> None:
    """CREDITS"""
    refused = convert(ORDER, TERMS, 1, from_, to, 1)
    assert isinstance(refused, Refused)
    assert refused.rule == "CREDITS"


@pytest.mark.parametrize(("credits", "rate"), [(-1, 1), (1, 0), (1, -1), (float("nan"), 1), (1, float("inf"))])
def test_credits_below_zero_and_rates_that_are_none_are_not_counted_with(credits: float, rate: float) -> None:
    """CREDITS"""
    with pytest.raises(ValueError, match=r"below zero|not a number"):
        convert(ORDER, TERMS, credits, "almaty", "lisbon", rate)


def test_services_are_asked_for_until_sixty_days_before_the_end() -> None:
    """REQUEST-60"""
    assert last_day_to_ask(ORDER, TERMS) == date(2026, 11, 1)


def test_a_shortfall_is_billed_thirty_days_after_the_start_and_after_each_yearly_day() -> None:
    """SAB-30: a term that started on 29 February has its yearly day on the 28th."""
    assert shortfall_billed_from(ORDER, TERMS) == (date(2024, 3, 30), date(2025, 3, 30), date(2026, 3, 30))
