"""The booked services: asked for in time, at a listed location (REQUEST-60)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.contract.wire import BookingWire

from .sheet import Sheet
from .term import read_term


def check_bookings(sheet: Sheet, fields: Mapping[str, Any]) -> None:
    """Every booking by itself, and against the term."""
    term = read_term(Sheet(sheet.terms), fields)
    ask = sheet.terms.bookings.ask_before_end
    listed = sheet.location_ids(fields)
    for where, booking in sheet.items(fields, "bookings", BookingWire):
        if sheet.terms.bookable and booking.service not in sheet.terms.bookable:
            known = ", ".join(sheet.terms.bookable)
            sheet.fault(where + "/service", None, f"{booking.service!r} can't be booked; these can: {known}")
        if booking.location is not None and booking.location not in listed:
            sheet.fault(where + "/location", None, f"{booking.location!r} is not a listed location")
        if booking.price is not None and booking.price < 0:
            sheet.fault(where + "/price", None, "is below zero")
        if term is not None and booking.requested_on > term[1] - timedelta(days=ask.days):
            sheet.fault(
                where + "/requested_on", ask.rule,
                f"asked for later than {ask.days} days before the term's end on {term[1]}",
            )  # fmt: skip
