"""What is left of a work order's balances, and that nothing is ever drawn that was not bought."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalogue.parse import load
from services.contract.balances import Balance, Drawn, balances, draw
from services.contract.model import Allocation, Contract, Flex, Location, Term
from services.refused import Refused

TERMS = load(None).work_order
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ORDER = Contract(
    number="WO-1",
    customer="Steppe Telecom",
    term=Term(date(2026, 1, 1), date(2026, 12, 31)),
    services=("base",),
    locations=(Location("almaty", "host", "KZ", "Asia/Almaty"),),
    balances={"onsite_visits": 2, "dse_hours": 40, "rsm_hours": 0.5},
    flex=Flex(100, (Allocation("enhanced-services", 0.1), Allocation("enhanced-services", 0.2))),
)


def left_of(name: str, drawn: dict[str, int], at: datetime = NOON) -> Balance:
    return next(balance for balance in balances(ORDER, TERMS, drawn, at) if balance.name == name)


def test_hours_are_drawn_by_the_minute_and_shown_in_hours() -> None:
    """DSE"""
    assert left_of("dse_hours", {"dse_hours": 90}).to_json() == {
        "name": "dse_hours",
        "bought": 40,
        "drawn": 1.5,
        "left": 38.5,
        "lapses_on": "2026-12-31",
        "rule": "DSE",
    }


@given(st.integers(0, 2400))
def test_what_is_shown_as_drawn_and_left_is_in_hundredths_and_adds_up_to_what_was_bought(minutes: int) -> None:
    """DSE: 80 minutes are 1.33 hours, and leave 38.67."""
    shown = left_of("dse_hours", {"dse_hours": minutes}).to_json()
    assert (Fraction(str(shown["drawn"])) + Fraction(str(shown["left"]))) == 40
    for name, exactly in (("drawn", Fraction(minutes, 60)), ("left", 40 - Fraction(minutes, 60))):
        assert shown[name] == round(shown[name], 2) == pytest.approx(float(exactly), abs=0.005)


def test_visits_are_counted_one_by_one() -> None:
    """ONSITE"""
    assert left_of("onsite_visits", {"onsite_visits": 1}).left == 1


def test_what_the_term_leaves_unused_lapses_after_its_last_day_at_the_host_location() -> None:
    """TERM: Almaty is five hours ahead of UTC."""
    midnight = datetime(2026, 12, 31, 19, tzinfo=UTC)
    assert left_of("onsite_visits", {}, midnight - timedelta(seconds=1)).left == 2
    assert left_of("onsite_visits", {}, midnight).left == 0


def test_what_flex_bought_lapses_with_the_term_and_is_added_up_without_a_rounding_error() -> None:
    """FLEX-LAPSE"""
    flex = left_of("flex/enhanced-services", {})
    assert (flex.bought, flex.lapses_on, flex.rule) == (0.3, date(2026, 12, 31), "FLEX-LAPSE")


def test_the_last_minute_can_be_drawn_and_not_one_more() -> None:
    """RSM-ADDON"""
    assert draw(ORDER, TERMS, {"rsm_hours": 10}, "rsm_hours", 20, NOON) == Drawn("rsm_hours", 20, 0, "RSM-ADDON", True)
    refused = draw(ORDER, TERMS, {"rsm_hours": 10}, "rsm_hours", 21, NOON)
    assert isinstance(refused, Refused)
    assert refused.rule == "RSM-ADDON"
    assert refused.reason.startswith("0.33 of the hours bought are left: 0.35 ")


@pytest.mark.parametrize(
    ("name", "rule"), [("onsite_visits", "ONSITE"), ("dse_hours", "DSE"), ("rsm_hours", "RSM-ADDON")]
)
def test_what_was_not_bought_is_refused_by_the_balance_s_rule(name: str, rule: str) -> None:
    """ONSITE, DSE, RSM-ADDON"""
    poor = Contract("WO-2", "Poor Ltd", ORDER.term, ("base",), ORDER.locations)
    refused = draw(poor, TERMS, {}, name, 1, NOON)
    assert isinstance(refused, Refused)
    assert refused.rule == rule


def test_reaching_eighty_percent_is_announced_once() -> None:
    """DSE: 80 % of 40 hours are 1,920 minutes."""

    def announced(before: int, amount: int) -> bool:
        drawn = draw(ORDER, TERMS, {"dse_hours": before}, "dse_hours", amount, NOON)
        assert isinstance(drawn, Drawn)
        return drawn.announce

    assert [announced(1800, 119), announced(1800, 120), announced(1919, 1), announced(1920, 1)] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("day", [datetime(2025, 12, 31, 18, 59, tzinfo=UTC), datetime(2026, 12, 31, 19, tzinfo=UTC)])
def test_nothing_is_drawn_outside_the_term(day: datetime) -> None:
    """TERM, DSE: only while the agreement runs."""
    refused = draw(ORDER, TERMS, {}, "dse_hours", 1, day)
    assert isinstance(refused, Refused)
    assert refused.rule == "TERM"


def test_drawing_nothing_or_less_is_an_error_of_the_caller() -> None:
    """DSE"""
    with pytest.raises(ValueError, match="nothing that could be drawn"):
        draw(ORDER, TERMS, {}, "dse_hours", 0, NOON)


@given(st.lists(st.integers(1, 1000), max_size=30))
def test_whatever_is_asked_for_a_balance_never_goes_below_zero_and_nothing_gets_lost(amounts: list[int]) -> None:
    """DSE"""
    drawn = 0
    for amount in amounts:
        match draw(ORDER, TERMS, {"dse_hours": drawn}, "dse_hours", amount, NOON):
            case Drawn() as one:
                drawn += one.amount
                assert one.left == 2400 - drawn >= 0
            case Refused():
                assert drawn + amount > 2400
