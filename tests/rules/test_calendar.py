"""Business time, case by case: weekends, holidays, night windows, and the days on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from time import perf_counter

import pytest

from services.calendar import (
    ALWAYS,
    PROVIDER_DEFAULT,
    VERSION,
    Calendar,
    NeverOpen,
    calendar_of,
    days,
    deadline,
    is_open,
    management_calendar,
    next_open,
    of_location,
    open_between,
)  # fmt: skip
from services.contract.fields import week
from services.contract.model import Contract, Location, Term

HOUR = timedelta(hours=1)
ALMATY = of_location(Location("almaty", "host", "KZ", "Asia/Almaty"))
LONDON = of_location(Location("london", "downstream", "GB", "Europe/London", "ENG"))
RIYADH = of_location(Location("riyadh", "downstream", "SA", "Asia/Riyadh"))
NIGHTS = week({"sat": [["20:00", "24:00"]], "sun": [["00:00", "06:00"]]})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def location(country: str, zone: str, **more: object) -> Calendar:
    return of_location(Location("x", "host", country, zone, **more))  # type: ignore[arg-type]


def test_two_hours_late_on_a_friday_end_on_monday() -> None:
    """BASE-HOURS: Almaty closes at 17:30, an hour after the start."""
    assert deadline(ALMATY, at("2026-02-06T11:30:00Z"), 2 * HOUR) == at("2026-02-09T05:00:00Z")


def test_a_span_that_ends_with_the_day_is_due_at_its_end_and_not_the_next_morning() -> None:
    """BASE-HOURS"""
    assert deadline(ALMATY, at("2026-02-06T10:30:00Z"), 2 * HOUR) == at("2026-02-06T12:30:00Z")
    assert deadline(ALMATY, at("2026-02-06T10:30:00.000001Z"), 2 * HOUR) == at("2026-02-09T04:00:00.000001Z")


def test_before_the_day_opens_nothing_counts_yet() -> None:
    """BASE-HOURS"""
    assert deadline(ALMATY, at("2026-02-09T00:00:00Z"), HOUR) == at("2026-02-09T05:00:00Z")


def test_no_time_at_all_is_due_at_once_even_where_it_is_closed() -> None:
    """BASE-HOURS"""
    assert deadline(ALMATY, at("2026-02-07T00:00:00Z"), timedelta()) == at("2026-02-07T00:00:00Z")


def test_around_the_clock_is_wall_clock_time_through_a_change_of_clocks() -> None:
    """BASE-24X7: on the last Sunday of March a local day has 23 hours; 24 hours are 24 hours."""
    start = at("2026-03-28T12:00:00+00:00").astimezone(LONDON.zone)
    assert deadline(ALWAYS, start, 24 * HOUR) == at("2026-03-29T12:00:00Z")
    assert open_between(ALWAYS, start, at("2026-03-29T12:00:00Z")) == 24 * HOUR
    assert is_open(ALWAYS, start)
    assert next_open(ALWAYS, start) == start
    assert days(ALWAYS, start, start + HOUR) == []


def test_the_weekend_is_friday_and_saturday_where_it_is() -> None:
    """BASE-HOURS"""
    assert not is_open(RIYADH, at("2026-02-06T08:00:00Z"))
    assert is_open(RIYADH, at("2026-02-08T08:00:00Z"))
    assert next_open(RIYADH, at("2026-02-06T08:00:00Z")) == at("2026-02-08T06:00:00Z")


def test_a_weekend_that_a_country_moved_is_read_by_the_year() -> None:
    """BASE-HOURS: the Emirates rested on Friday and Saturday until 2021."""
    dubai = location("AE", "Asia/Dubai")
    assert not is_open(dubai, at("2021-11-05T08:00:00Z"))
    assert is_open(dubai, at("2022-11-04T08:00:00Z"))
    assert is_open(dubai, at("2021-11-07T08:00:00Z"))
    assert not is_open(dubai, at("2022-11-06T08:00:00Z"))


def test_a_working_day_that_was_moved_to_the_weekend_counts_and_the_bridge_day_does_not() -> None:
    """BASE-HOURS: in China the Sunday of 4 January 2026 was worked for Friday the 2nd."""
    china = location("CN", "Asia/Shanghai")
    assert is_open(china, at("2026-01-04T02:00:00Z"))
    assert not is_open(china, at("2026-01-02T02:00:00Z"))
    assert "a moved working day" in [
        day.note for day in days(china, at("2026-01-04T02:00:00Z"), at("2026-01-04T03:00:00Z"))
    ]


def test_observed_holidays_are_closed() -> None:
    """BASE-HOURS: 4 July 2026 is a Saturday, so that Friday is the holiday."""
    assert not is_open(location("US", "America/New_York"), at("2026-07-03T15:00:00Z"))


def test_a_region_has_holidays_of_its_own_however_it_is_written() -> None:
    """BASE-HOURS: 30 November is Saint Andrew's Day, in Scotland alone."""
    noon = at("2026-11-30T12:00:00Z")
    assert is_open(LONDON, noon)
    assert not is_open(location("GB", "Europe/London", region="SCT"), noon)
    assert not is_open(location("GB", "Europe/London", region="GB-SCT"), noon)


def test_a_region_of_a_country_without_regional_holidays_changes_nothing() -> None:
    """BASE-HOURS"""
    assert is_open(location("KZ", "Asia/Almaty", region="ALA"), at("2026-02-06T05:00:00Z"))


def test_the_location_s_own_holidays_are_closed() -> None:
    """BASE-HOURS"""
    closed = location("GB", "Europe/London", holidays=(date(2026, 3, 20),))
    assert not is_open(closed, at("2026-03-20T12:00:00Z"))
    assert (
        days(closed, at("2026-03-20T12:00:00Z"), at("2026-03-20T13:00:00Z"))[0].note
        == "closed: the location's own holiday"
    )


def test_hours_that_name_a_weekend_day_are_open_on_it_and_closed_on_a_public_holiday() -> None:
    """BASE-HOURS: Boxing Day 2026 is a Saturday."""
    saturdays = location("GB", "Europe/London", region="ENG", hours=week({"sat": [["10:00", "12:00"]]}))
    assert is_open(saturdays, at("2026-12-19T11:00:00Z"))
    assert not is_open(saturdays, at("2026-12-26T11:00:00Z"))
    assert not is_open(saturdays, at("2026-12-21T11:00:00Z"))


def test_a_night_in_two_windows_is_counted_through_midnight() -> None:
    """BASE-HOURS"""
    night = location("GB", "Europe/London", hours=NIGHTS)
    assert deadline(night, at("2026-02-07T21:00:00Z"), 5 * HOUR) == at("2026-02-08T02:00:00Z")
    assert open_between(night, at("2026-02-07T00:00:00Z"), at("2026-02-09T00:00:00Z")) == 10 * HOUR


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 9), ("2026-10-24", 11)])
def test_a_night_has_an_hour_less_or_more_when_the_clocks_are_changed(day: str, hours: int) -> None:
    """BASE-HOURS: London changes in the night to Sunday at 01:00 UTC."""
    night = location("GB", "Europe/London", hours=NIGHTS)
    start = at(f"{day}T12:00:00Z")
    assert open_between(night, start, start + 24 * HOUR) == hours * HOUR


def test_a_window_in_the_hour_that_comes_twice_is_open_from_its_first_start_to_its_last_end() -> None:
    """BASE-HOURS: 01:15–01:45 is 00:15–01:45 UTC on 25 October 2026, also where another window begins in between."""
    twice = location("GB", "Europe/London", hours=week({"sun": [["01:15", "01:45"]]}))
    assert open_between(twice, at("2026-10-25T00:00:00Z"), at("2026-10-25T12:00:00Z")) == timedelta(minutes=90)
    halves = location("GB", "Europe/London", hours=week({"sun": [["00:00", "01:30"], ["01:30", "03:00"]]}))
    assert open_between(halves, at("2026-10-24T12:00:00Z"), at("2026-10-25T12:00:00Z")) == 4 * HOUR
    assert days(halves, at("2026-10-24T23:00:00Z"), at("2026-10-25T12:00:00Z"))[0].counted == 4 * HOUR


def test_a_window_in_the_hour_that_never_comes_does_not_open_and_one_around_it_is_shorter() -> None:
    """BASE-HOURS: on 29 March 2026 it is never 01:30 in London."""
    gone = location("GB", "Europe/London", hours=week({"sun": [["01:15", "01:45"]]}))
    assert next_open(gone, at("2026-03-28T00:00:00Z")) == at("2026-04-05T00:15:00Z")
    into = location("GB", "Europe/London", hours=week({"sun": [["01:30", "03:00"]]}))
    assert next_open(into, at("2026-03-28T00:00:00Z")) == at("2026-03-29T01:00:00Z")


def test_a_day_that_a_country_skipped_is_never_open() -> None:
    """BASE-HOURS: Samoa had no 30 December 2011."""
    apia = location("WS", "Pacific/Apia")
    assert deadline(apia, at("2011-12-30T03:29:00Z"), timedelta(minutes=2)) > at("2011-12-30T19:00:00Z")


@pytest.mark.parametrize(
    ("zone", "opens"), [("Asia/Kathmandu", "03:15"), ("Asia/Kolkata", "03:30"), ("Australia/Lord_Howe", "22:00")]
)
def test_zones_off_by_half_an_hour_or_three_quarters_are_exact(zone: str, opens: str) -> None:
    """BASE-HOURS"""
    found = next_open(Calendar("x", time_zone=zone), at("2026-01-04T12:00:00Z"))
    assert f"{found:%H:%M}" == opens


def test_a_leap_day_is_a_day() -> None:
    """BASE-HOURS: 29 February 2028 is a Tuesday."""
    assert deadline(PROVIDER_DEFAULT, at("2028-02-28T17:00:00Z"), HOUR) == at("2028-02-29T09:30:00Z")


def test_without_a_contract_it_is_utc_from_monday_to_friday_without_holidays() -> None:
    """BASE-HOURS"""
    assert calendar_of(None, "almaty") is PROVIDER_DEFAULT
    assert is_open(PROVIDER_DEFAULT, at("2026-12-25T12:00:00Z"))
    assert deadline(PROVIDER_DEFAULT, at("2026-02-06T17:00:00Z"), HOUR) == at("2026-02-09T09:30:00Z")


def test_an_unknown_location_has_the_host_s_hours() -> None:
    """BASE-HOURS"""
    order = Contract(
        "WO-1", "x", Term(date(2026, 1, 1), date(2026, 12, 31)), ("base",),
        (Location("lisbon", "downstream", "PT", "Europe/Lisbon"), Location("almaty", "host", "KZ", "Asia/Almaty")),
    )  # fmt: skip
    assert calendar_of(order, "lisbon").name == "lisbon"
    assert calendar_of(order, "moon").name == "almaty"
    assert calendar_of(order, None).name == "almaty"
    assert management_calendar(order).name == "almaty"


def test_management_hours_run_in_the_time_zone_that_was_agreed() -> None:
    """RSM-ADDON"""
    order = Contract(
        "WO-1", "x", Term(date(2026, 1, 1), date(2026, 12, 31)), ("base",),
        (Location("almaty", "host", "KZ", "Asia/Almaty"),), management_time_zone="America/New_York",
    )  # fmt: skip
    assert next_open(management_calendar(order), at("2026-02-09T04:00:00Z")) == at("2026-02-09T14:00:00Z")


def test_an_opening_is_open_at_its_first_instant_and_closed_at_its_end() -> None:
    """BASE-HOURS: half-open."""
    assert is_open(PROVIDER_DEFAULT, at("2026-02-09T09:00:00Z"))
    assert not is_open(PROVIDER_DEFAULT, at("2026-02-09T08:59:59.999999Z"))
    assert is_open(PROVIDER_DEFAULT, at("2026-02-09T17:29:59.999999Z"))
    assert not is_open(PROVIDER_DEFAULT, at("2026-02-09T17:30:00Z"))


def test_the_days_of_a_deadline_add_up_and_say_why_the_rest_stood_still() -> None:
    """BASE-HOURS: 21 to 25 March 2026 are a weekend and Nowruz."""
    start = at("2026-03-20T11:30:00Z")
    due = deadline(ALMATY, start, 4 * HOUR)
    found = days(ALMATY, start, due)
    assert sum((day.counted for day in found), timedelta()) == 4 * HOUR
    assert [(day.date.day, day.open) for day in found if day.counted] == [
        (20, (("09:00", "17:30"),)),
        (due.astimezone(ALMATY.zone).day, (("09:00", "17:30"),)),
    ]
    assert all(day.note.startswith("closed") for day in found if not day.counted)


def test_a_calendar_that_never_opens_says_so_instead_of_searching_for_ever() -> None:
    """BASE-HOURS"""
    shut = Calendar("shut", week=((), (), (), (), (), (), ()))
    with pytest.raises(NeverOpen, match="mend its hours"):
        deadline(shut, at("2026-01-01T00:00:00Z"), HOUR)
    with pytest.raises(NeverOpen, match="mend its hours"):
        next_open(shut, at("2026-01-01T00:00:00Z"))
    assert not is_open(shut, at("2026-01-01T00:00:00Z"))


def test_an_instant_without_an_offset_is_no_instant() -> None:
    """BASE-HOURS: a missing time zone is an error, never the system's."""
    with pytest.raises(TypeError):
        deadline(ALMATY, datetime(2026, 1, 1), HOUR)
    with pytest.raises(KeyError):
        deadline(Calendar("x", time_zone="Mars/Base"), datetime(2026, 1, 1, tzinfo=UTC), HOUR)


def test_the_version_names_whose_holidays_and_zones_were_counted_with() -> None:
    """BASE-HOURS"""
    assert "holidays" in VERSION
    assert "tzdata" in VERSION


def test_a_deadline_a_year_away_is_found_and_not_walked_to() -> None:
    """BASE-HOURS: under 0.2 ms; the best of several, since machines have other work."""
    start, span = at("2026-02-06T11:30:00Z"), 2000 * HOUR
    deadline(ALMATY, start, span)
    best = 1.0
    for _ in range(20):
        began = perf_counter()
        deadline(ALMATY, start, span)
        best = min(best, perf_counter() - began)
    assert best < 0.0002
