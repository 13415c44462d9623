"""What is open: hours, holidays, and the arithmetic of business time. Local time lives here and nowhere else."""

from __future__ import annotations

from .days import Day, days
from .deadline import NeverOpen, add_business_time, open_between
from .holidays import VERSION
from .hours import ALWAYS, PROVIDER_DEFAULT, Calendar, calendar_of
from .opening import is_open, next_open

__all__ = [
    "ALWAYS",
    "PROVIDER_DEFAULT",
    "VERSION",
    "Calendar",
    "Day",
    "NeverOpen",
    "add_business_time",
    "calendar_of",
    "days",
    "deadline",
    "is_open",
    "next_open",
    "open_between",
]

deadline = add_business_time
