"""A calendar: when somebody is there. Business time of a location, or around the clock.

A location without a time zone has none: the system's own is never taken instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from services.contract.model import Contract, Location, Week, Windows

from .holidays import DayKind, kind_of
from .local_time import zone

#: 09:00–17:30 (BASE-HOURS), unless the catalogue or the location says otherwise.
DEFAULT_WINDOWS: Windows = ((9 * 60, 17 * 60 + 30),)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When business time counts. `always`: around the clock, a kind of its own, not 00:00–24:00 of some zone.

    `name` is what a clock says it runs on: `24x7`, `default`, or the location's id.

    `week` None: `windows` on the days that the country works. `country` None: Monday to Friday, no public holidays.
    """

    name: str = field(compare=False)  # so that locations with the same hours share their tables
    always: bool = False
    time_zone: str = "UTC"
    country: str | None = None
    region: str | None = None
    week: Week | None = None
    windows: Windows = DEFAULT_WINDOWS
    holidays: tuple[date, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The zone of its local time."""
        return zone(self.time_zone)

    def kind(self, day: date) -> DayKind:
        """What kind of day the country has."""
        if self.country is None:
            weekend = day.weekday() >= 5
            return DayKind(works=not weekend, weekend=weekend)
        return kind_of(day, self.country, self.region)

    def windows_on(self, day: date) -> Windows:
        """The opening windows of a local day, in minutes from midnight.

        Hours that name a weekday beat the country's weekend, never its holidays or the location's own.
        """
        if day in self.holidays:
            return ()
        kind = self.kind(day)
        if kind.holiday is not None and not kind.works:
            return ()
        if self.week is not None:
            return self.week[day.weekday()]
        return self.windows if kind.works else ()


ALWAYS = Calendar("24x7", always=True)

#: What an incident without a contract runs on: UTC, Monday to Friday, no holidays.
PROVIDER_DEFAULT = Calendar("default")


def calendar_of(contract: Contract | None, location_id: str | None, windows: Windows = DEFAULT_WINDOWS) -> Calendar:
    """The business hours of a contract's location (the host's where it is unknown); the default without a contract."""
    if contract is None:
        return PROVIDER_DEFAULT if windows == DEFAULT_WINDOWS else Calendar("default", windows=windows)
    location = contract.location(location_id) or contract.host
    return of_location(location, windows)


def of_location(location: Location, windows: Windows = DEFAULT_WINDOWS) -> Calendar:
    """The business hours of a location: its own `hours`, else `windows` on its country's working days (BASE-HOURS)."""
    return Calendar(
        location.id, False, location.time_zone, location.country, location.region, location.hours, windows,
        location.holidays,
    )  # fmt: skip


def management_calendar(contract: Contract, windows: Windows = DEFAULT_WINDOWS) -> Calendar:
    """When bought management hours are delivered (RSM-ADDON): in the time zone agreed in writing, else at the host.

    A time zone has no country: Monday to Friday, no public holidays.
    """
    if contract.management_time_zone is None:
        return of_location(contract.host, windows)
    return Calendar("management", time_zone=contract.management_time_zone, windows=windows)
