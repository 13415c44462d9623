"""The fields that stand by themselves, the balances, and who is named for what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.contract.wire import DesignatedWire, ManagementWire, Number, SimpleWire
from services.faults import pointer

from .sheet import Sheet

_SIMPLE = tuple(SimpleWire.__dataclass_fields__)


def check_rest(sheet: Sheet, fields: Mapping[str, Any]) -> None:
    """Number, customer, services and flags; balances; designated engineering; management hours."""
    sheet.read(SimpleWire, {name: fields[name] for name in _SIMPLE if name in fields}, "")
    services = fields.get("services")
    for index, service in enumerate(services if isinstance(services, list | tuple) else ()):
        if isinstance(service, str) and service not in sheet.terms.services:
            known = ", ".join(sheet.terms.services)
            sheet.fault(pointer("services", index), None, f"{service!r} is not a service that is sold: {known}")
    _balances(sheet, fields.get("balances"))
    if fields.get("designated") is not None:
        designated = sheet.read(DesignatedWire, fields["designated"], "/designated")
        if designated is not None and designated.location not in sheet.location_ids(fields):
            sheet.fault("/designated/location", None, f"{designated.location!r} is not a listed location")
    if fields.get("management_hours") is not None:
        sheet.read(ManagementWire, fields["management_hours"], "/management_hours")


def _balances(sheet: Sheet, raw: object) -> None:
    if raw is None:
        return
    if not isinstance(raw, dict):
        sheet.fault("/balances", None, "is not an object of balances")
        return
    for name, value in raw.items():
        here = pointer("balances", str(name))
        if name not in sheet.terms.balances:
            known = ", ".join(sheet.terms.balances)
            sheet.fault(here, None, f"{name!r} is not a balance: {known}")
            continue
        amount = sheet.read(Number, value, here)  # type: ignore[arg-type]
        if amount is not None and amount < 0:
            sheet.fault(here, None, "a balance is not below zero")
