"""Which days a country works: its weekend, its public holidays, its moved working days.

The library's version is kept with every decision, since governments change their minds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version

import holidays as library

#: Whose word it is, to be kept with what was decided by it.
VERSION = f"holidays {version('holidays')}"


@dataclass(frozen=True, slots=True)
class DayKind:
    """What kind of day it is in a country: `works` on its default hours; the rest says why it does or doesn't.

    `moved`: a weekend day that the country works instead of another.
    """

    works: bool
    holiday: str | None = None
    weekend: bool = False
    moved: bool = False


@lru_cache(maxsize=1)
def _known() -> dict[str, frozenset[str]]:
    listed = library.list_supported_countries(include_aliases=False)
    return {country: frozenset(regions) for country, regions in listed.items()}


def countries() -> frozenset[str]:
    """The ISO 3166-1 codes whose holidays are known: all of them, at the time of writing."""
    return frozenset(_known())


def regions(country: str) -> frozenset[str]:
    """The regions of a country with holidays of their own, as ISO 3166-2 has them after the hyphen."""
    return _known().get(country, frozenset())


def region_of(country: str, text: str) -> str | None:
    """The region that `text` names, `CA` or `US-CA` alike; None where the country has holidays by region and not there.

    A country without holidays by region takes every name: they are the same everywhere in it.
    """
    name = text.removeprefix(f"{country}-")
    listed = regions(country)
    return name if name in listed or not listed else None


@lru_cache(maxsize=1024)
def _year(country: str, region: str | None, year: int) -> library.HolidayBase:
    part = region_of(country, region) if region is not None and regions(country) else None
    return library.country_holidays(country, subdiv=part, years=[year], observed=True, expand=False)


def kind_of(day: date, country: str, region: str | None) -> DayKind:
    """What kind of day `day` is. Public holidays are closed, observed and estimated dates included.

    Raises NotImplementedError where the country is none of `countries()`.
    """
    known = _year(country, region, day.year)
    holiday: str | None = known.get(day)
    weekend = day.weekday() in known._get_weekend(day)  # the only place that knows when a country moved its weekend
    works: bool = known.is_working_day(day)
    return DayKind(works=works, holiday=holiday, weekend=weekend, moved=weekend and works)
