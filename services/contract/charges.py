"""What a work order's arithmetic costs or gives: cancelling, converting credits, the days that count for both.

Asking never books anything out; money and credits are counted exactly (CANCEL-14, CREDITS, REQUEST-60, SAB-30).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from services.catalogue.work_order import WorkOrderTerms
from services.refused import Refused

from .exact import exact, plain
from .model import Booking, Contract


@dataclass(frozen=True, slots=True)
class Charge:
    """What it may cost at most; None where the booking has no price and it would not be in time."""

    charge_up_to: float | None
    rule: str


@dataclass(frozen=True, slots=True)
class Converted:
    """Whole units, halves to the even one."""

    units: int
    rule: str


def cancellation(booking: Booking, terms: WorkOrderTerms, on: date) -> Charge:
    """What cancelling or moving the booking on the day `on` may cost: nothing where that is in time (CANCEL-14)."""
    notice = terms.bookings.cancel_before
    if booking.starts_on - on >= timedelta(days=notice.days):
        return Charge(0, notice.rule)
    if booking.price is None:
        return Charge(None, notice.rule)
    return Charge(plain(exact(booking.price) * notice.up_to_percent / 100), notice.rule)


def convert(
    contract: Contract, terms: WorkOrderTerms, credits: float, from_: str, to: str, rate: float
) -> Converted | Refused:
    """Proactive credits of one listed location as units of another, at the current `rate` (CREDITS).

    Raises ValueError where the credits are below zero or the rate is not above it.
    """
    rule = terms.credits.rule
    for place in (from_, to):
        if contract.location(place) is None:
            return Refused(rule, f"{place!r} is not a location of this work order: credits stay among those")
    if exact(credits) < 0 or exact(rate) <= 0:
        raise ValueError("credits are not below zero, and a rate is above it")
    return Converted(round(exact(credits) * exact(rate)), rule)


def last_day_to_ask(contract: Contract, terms: WorkOrderTerms) -> date:
    """The last day on which proactive and enhanced services can be asked for (REQUEST-60)."""
    return contract.term.ends - timedelta(days=terms.bookings.ask_before_end.days)


def shortfall_billed_from(contract: Contract, terms: WorkOrderTerms) -> tuple[date, ...]:
    """From which days a shortfall is billed: some days after the start and each yearly day of the term (SAB-30)."""
    starts, ends = contract.term.starts, contract.term.ends
    yearly = (_in_year(starts, year) for year in range(starts.year, ends.year + 1))
    return tuple(day + timedelta(days=terms.bookings.billed_from.days) for day in yearly if day <= ends)


def _in_year(day: date, year: int) -> date:
    """The same day of another year; 28 February for a 29th that it does not have."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
