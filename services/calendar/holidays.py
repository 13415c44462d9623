"""Which days a country works: its weekend, its public holidays, its moved working days.

The library's version is kept with every decision, since governments change their minds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays as library

VERSION = f"holidays {library.__version__}"


@dataclass(frozen=True, slots=True)
class DayKind:
    """What kind of day it is in a country: `works` on its default hours; `why` in words where that is not plain."""

    works: bool
    holiday: str | None = None
    weekend: bool = False
    moved: bool = False


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """The ISO 3166-1 codes whose holidays are known."""
    return frozenset(library.list_supported_countries(include_aliases=False))


@lru_cache(maxsize=512)
def regions(country: str) -> frozenset[str]:
    """The subdivisions of a country whose holidays are known."""
    return frozenset(library.list_supported_countries(include_aliases=False).get(country, ()))


@lru_cache(maxsize=4096)
def _year(country: str, region: str | None, year: int) -> library.HolidayBase:
    return library.country_holidays(country, subdiv=region, years=[year], observed=True, expand=False)


def kind_of(day: date, country: str, region: str | None) -> DayKind:
    """What kind of day `day` is. Public holidays are closed, observed and estimated dates included."""
    known = _year(country, region, day.year)
    holiday = known.get(day)
    weekend = day.weekday() in known._get_weekend(day)  # the library's one place for a weekend that changed
    moved = weekend and day in known.weekend_workdays
    return DayKind(works=(moved or not weekend) and holiday is None, holiday=holiday, weekend=weekend, moved=moved)
