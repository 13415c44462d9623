"""The booked services: ones that can be booked and were bought, asked for in time, at a listed location (REQUEST-60).

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
    several = len(sheet.list_of("locations")) > 1
    for where, booking in sheet.items("bookings", BOOKING):
        if sheet.terms.bookable:
            sheet.known(booking.get("service"), where + "/service", "a service to book", bookable)
        _bought(sheet, booking.get("service"), where + "/service")
        sheet.listed(booking.get("location"), where + "/location")
        if booking.get("location") is None and booking.get("service") in sheet.terms.per_location and several:
            sheet.fault(where + "/location", None, f"{booking['service']!r} is booked for one location: name it")
        asked = booking.get("requested_on")
        if ends is not None and asked is not None and asked > ends - timedelta(days=ask.days):
            sheet.fault(
                where + "/requested_on", ask.rule,
                f"it is asked for at least {ask.days} days before the term ends on {ends}",
            )  # fmt: skip


def _bought(sheet: Sheet, service: object, where: str) -> None:
    """What a work order buys as one of its services is booked only where it has bought it; the rest by booking it."""
    bought = sheet.raw.get("services")
    if service in sheet.terms.services and isinstance(bought, list | tuple) and service not in bought:
        sheet.fault(where, None, f"{service!r} is bought in addition, and is none of this work order's services")
