"""Designated engineering and bought management hours: one listed location, one time zone (DSE, RSM-ADDON).

Both are optional.
"""

from __future__ import annotations

from services.contract.shapes import DESIGNATED, MANAGEMENT

from .sheet import Sheet


def check_designated(sheet: Sheet) -> None:
    """What is designated is at a location that is listed; management hours name a time zone."""
    if sheet.raw.get("designated") is not None:
        designated = sheet.read(DESIGNATED, sheet.raw["designated"], "/designated")
        sheet.listed(designated.get("location"), "/designated/location")
    if sheet.raw.get("management_hours") is not None:
        sheet.read(MANAGEMENT, sheet.raw["management_hours"], "/management_hours")
