"""The locations: one host, countries that may stand together, regions that exist (MULTI, MULTI-BILLING).

A country that needs a work order of its own stands in one alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.calendar.holidays import region_of, regions
from services.contract.fields import WEEKDAYS
from services.contract.shapes import LOCATION
from services.faults import pointer

from .sheet import Sheet

_HOST, _DOWNSTREAM = "host", "downstream"

_Located = list[tuple[str, Mapping[str, Any]]]


def check_locations(sheet: Sheet) -> None:
    """Every location by itself, and all of them together."""
    locations = list(sheet.items("locations", LOCATION))
    for index, raw in enumerate(sheet.list_of("locations")):
        _weekdays(sheet, pointer("locations", index, "hours"), raw)
    for where, location in locations:
        sheet.known(location.get("role"), where + "/role", "a location's role", (_HOST, _DOWNSTREAM))
        _region(sheet, where, location)
    _hosts(sheet, locations)
    _countries(sheet, locations)


def _weekdays(sheet: Sheet, where: str, raw: object) -> None:
    """Hours are by weekday; what else stands there is no field."""
    hours = raw.get("hours") if isinstance(raw, dict) else None
    for name in hours if isinstance(hours, dict) else ():
        sheet.known(str(name), where + pointer(str(name)), "a weekday", WEEKDAYS)


def _region(sheet: Sheet, where: str, location: Mapping[str, Any]) -> None:
    """A region that the country's holidays know; where they are the same everywhere, any."""
    country, region = location.get("country"), location.get("region")
    if country is not None and region is not None and region_of(country, region) is None:
        known = ", ".join(sorted(regions(country)))
        sheet.fault(where + "/region", None, f"{region!r} is not a region of {country} with holidays known: {known}")


def _hosts(sheet: Sheet, locations: _Located) -> None:
    """As many hosts as there must be (MULTI); what is too many is a fault at its role."""
    terms = sheet.terms.hosts
    hosts = [where for where, location in locations if location.get("role") == _HOST]
    for where in hosts[terms.exactly :]:
        sheet.fault(where + "/role", terms.rule, f"there is a host already: a work order has {terms.exactly}")
    if len(hosts) < terms.exactly:
        sheet.fault("/locations", terms.rule, f"a work order has {terms.exactly} location with the role {_HOST}")


def _countries(sheet: Sheet, locations: _Located) -> None:
    """An excluded country beside another country (MULTI-BILLING)."""
    terms = sheet.terms.excluded_countries
    if len({location["country"] for _, location in locations if "country" in location}) < 2:
        return
    for where, location in locations:
        if (country := location.get("country")) in terms.codes:
            sheet.fault(where + "/country", terms.rule, f"{country} needs a work order of its own")
