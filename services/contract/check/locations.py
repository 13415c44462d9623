"""The locations: one host, countries that may stand together, time zones and regions that exist (MULTI, MULTI-BILLING)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.calendar.holidays import countries, regions
from services.contract.wire import LocationWire
from services.faults import pointer

from .sheet import Sheet

_ROLES = ("host", "downstream")


def check_locations(sheet: Sheet, fields: Mapping[str, Any]) -> None:
    """Every location by itself, and all of them together."""
    for where, location in sheet.items(fields, "locations", LocationWire):
        if location.region is not None and location.region not in regions(location.country):
            sheet.fault(where + "/region", None, f"{location.region!r} is not a region of {location.country} that is known")
    raw = fields.get("locations")
    if raw is None or isinstance(raw, list | tuple):
        _hosts(sheet, raw or ())
        _countries(sheet, raw or ())


def _hosts(sheet: Sheet, raw: Any) -> None:
    """Exactly one host (MULTI); the second one is the fault. Roles are looked at whatever else is wrong."""
    rule = sheet.terms.hosts.rule
    hosts = 0
    for index, item in enumerate(raw):
        role = item.get("role") if isinstance(item, dict) else None
        if role == "host":
            hosts += 1
            if hosts > sheet.terms.hosts.exactly:
                sheet.fault(pointer("locations", index, "role"), rule, "there is a host already: a work order has one")
        elif isinstance(role, str) and role not in _ROLES:
            sheet.fault(pointer("locations", index, "role"), None, f"{role!r} is neither host nor downstream")
    if hosts == 0:
        sheet.fault("/locations", rule, "no location is the host: one of them has the role host")


def _countries(sheet: Sheet, raw: Any) -> None:
    """An excluded country stands alone (MULTI-BILLING)."""
    excluded = sheet.terms.excluded_countries
    found = {
        index: item["country"]
        for index, item in enumerate(raw)
        if isinstance(item, dict) and isinstance(item.get("country"), str) and item["country"] in countries()
    }
    if len(set(found.values())) < 2:
        return
    for index, country in found.items():
        if country in excluded.codes:
            sheet.fault(
                pointer("locations", index, "country"), excluded.rule,
                f"{country} needs a work order of its own, apart from other countries",
            )  # fmt: skip
