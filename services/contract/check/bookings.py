"""The booked services: ones that can be booked, asked for in time, at a listed location (REQUEST-60).

The last day to ask is counted from the term's own end.
"""

from __future__ import annotations

from datetime import date, timedelta

from services.contract.shapes import BOOKING, TERM

from .sheet import Sheet


def check_bookings(sheet: Sheet) -> None:
    """Every booking by itself, and against the term."""
    ask = sheet.terms.bookings.ask_before_end
    ends: date | None = TERM.read(sheet.raw.get("term"), "/term", []).get("to")
    bookable = (*sheet.terms.bookable, *sheet.terms.services)
    for where, booking in sheet.items("bookings", BOOKING):
        if sheet.terms.bookable:
            sheet.known(booking.get("service"), where + "/service", "a service to book", bookable)
        sheet.listed(booking.get("location"), where + "/location")
        asked = booking.get("requested_on")
        if ends is not None and asked is not None and asked > ends - timedelta(days=ask.days):
            sheet.fault(
                where + "/requested_on", ask.rule,
                f"it is asked for at least {ask.days} days before the term ends on {ends}",
            )  # fmt: skip
