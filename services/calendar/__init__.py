"""What is open: hours, holidays, and the arithmetic of business time.

Local time lives here and nowhere else; what goes in and comes out is aware UTC.
"""

from __future__ import annotations

from . import holidays as _holidays
from .days import Day, days
from .deadline import NeverOpen, deadline, open_between
from .hours import ALWAYS, PROVIDER_DEFAULT, Calendar, calendar_of, management_calendar, of_location
from .local_time import ZONES_VERSION
from .opening import is_open, next_open

#: Whose holidays and zones were counted with, to be kept with a decision.
VERSION = f"{_holidays.VERSION}, {ZONES_VERSION}"

__all__ = [
    "ALWAYS",
    "PROVIDER_DEFAULT",
    "VERSION",
    "Calendar",
    "Day",
    "NeverOpen",
    "calendar_of",
    "days",
    "deadline",
    "is_open",
    "management_calendar",
    "next_open",
    "of_location",
    "open_between",
]
