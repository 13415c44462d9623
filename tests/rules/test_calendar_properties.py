"""What holds for every calendar and every instant; the fast reading agrees with a slow one, minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from time import perf_counter

from hypothesis import given, settings
from hypothesis import strategies as st

from services.calendar import Calendar, deadline, is_open, next_open, open_between
from services.calendar.local_time import time_zones
from services.contract.fields import week

ZONES = (
    "Europe/London", "America/New_York", "Asia/Almaty", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns",
    "Pacific/Chatham", "Africa/Casablanca", "Asia/Riyadh", "America/Santiago", "Pacific/Apia", "Europe/Dublin", "UTC",
    "Asia/Beirut", "America/Havana", "Africa/Cairo",
)  # fmt: skip
WEEKS = (
    None,
    week({"sat": [["20:00", "24:00"]], "sun": [["00:00", "06:00"]]}),
    week({"mon": [["00:00", "24:00"]], "sun": [["00:30", "02:30"], ["02:45", "03:15"], ["23:00", "24:00"]]}),
    week({name: [["00:00", "01:30"], ["01:30", "24:00"]] for name in ("fri", "sat", "sun", "mon")}),
)
COUNTRIES = ((None, None), ("KZ", None), ("GB", "SCT"), ("SA", None), ("CN", None), ("US", "CA"), ("IR", None))

calendars = st.builds(
    lambda zone, hours, place, own: Calendar(
        "x", time_zone=zone, week=hours, country=place[0], region=place[1], holidays=own
    ),
    st.sampled_from(ZONES),
    st.sampled_from(WEEKS),
    st.sampled_from(COUNTRIES),
    st.sampled_from([(), (date(2026, 3, 30), date(2026, 10, 26))]),
)
# Around the days on which clocks are changed, as often as anywhere else.
changes = [
    datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1))
]
instants = st.one_of(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.builds(
        lambda near, seconds: near + timedelta(seconds=seconds), st.sampled_from(changes), st.integers(-86400, 86400)
    ),
)
spans = st.integers(0, 60 * 3600).map(lambda seconds: timedelta(seconds=seconds))


def slowly(calendar: Calendar, minute: datetime) -> bool:
    """Whether the minute that begins at the instant is open: what the clock on the wall shows then decides.

    In the hour that comes twice a window is open from its first start to its last end, so each of the day's other
    showings of the wall decides as well.
    """
    wall = minute.astimezone(calendar.zone).replace(tzinfo=None)
    day = wall.date()
    for start, end in calendar.windows_on(day):
        midnight = datetime(day.year, day.month, day.day)
        first = _showing(calendar, midnight + timedelta(minutes=start), first=True)
        last = _showing(calendar, midnight + timedelta(minutes=end), first=False)
        if first <= minute < last:
            return True
    return False


@cache
def _showing(calendar: Calendar, wall: datetime, *, first: bool) -> datetime:
    """The first or last minute at which clocks show `wall` or, where they never do, something later: by trying all."""
    around = wall.replace(tzinfo=UTC) - timedelta(hours=16)
    shown = [around + timedelta(minutes=minutes) for minutes in range(32 * 60)]
    walls = [at.astimezone(calendar.zone).replace(tzinfo=None) for at in shown]
    exact = [at for at, local in zip(shown, walls, strict=True) if local == wall]
    if exact:
        return exact[0] if first else exact[-1]
    return next(at for at, local in zip(shown, walls, strict=True) if local >= wall)


@settings(max_examples=60, deadline=None)
@given(calendars, instants, st.integers(1, 300))
def test_the_fast_reading_agrees_with_the_slow_one_minute_by_minute(
    calendar: Calendar, start: datetime, many: int
) -> None:
    """BASE-HOURS"""
    start = start.replace(second=0, microsecond=0)
    counted = 0
    for n in range(0, many):
        minute = start + timedelta(minutes=n)
        opened = slowly(calendar, minute)
        assert is_open(calendar, minute) == opened, minute
        counted += opened
    end = start + timedelta(minutes=many)
    assert open_between(calendar, start, end) == timedelta(minutes=counted)


@settings(max_examples=300, deadline=None)
@given(calendars, instants, spans)
def test_exactly_the_span_is_open_until_it_is_due_and_the_due_instant_ends_an_open_moment(
    calendar: Calendar, start: datetime, span: timedelta
) -> None:
    """BASE-HOURS"""
    due = deadline(calendar, start, span)
    assert due.utcoffset() == timedelta()
    assert open_between(calendar, start, due) == span
    assert due - start >= span
    if span:
        assert is_open(calendar, due - timedelta(microseconds=1))


@settings(max_examples=300, deadline=None)
@given(calendars, instants, instants, spans)
def test_whoever_starts_later_is_never_due_earlier(
    calendar: Calendar, one: datetime, other: datetime, span: timedelta
) -> None:
    """BASE-HOURS"""
    first, second = sorted((one, other))
    assert deadline(calendar, first, span) <= deadline(calendar, second, span)


@settings(max_examples=200, deadline=None)
@given(calendars, instants, spans, spans)
def test_counting_in_two_steps_is_counting_in_one(
    calendar: Calendar, start: datetime, span: timedelta, more: timedelta
) -> None:
    """BASE-HOURS"""
    assert deadline(calendar, deadline(calendar, start, span), more) == deadline(calendar, start, span + more)


@settings(max_examples=200, deadline=None)
@given(calendars, instants, instants, instants)
def test_open_time_adds_up(calendar: Calendar, one: datetime, two: datetime, three: datetime) -> None:
    """BASE-HOURS"""
    a, b, c = sorted((one, two, three))
    assert open_between(calendar, a, b) + open_between(calendar, b, c) == open_between(calendar, a, c)
    assert timedelta() <= open_between(calendar, a, c) <= c - a


@settings(max_examples=100, deadline=None)
@given(calendars, instants)
def test_open_and_closed_tile_the_week(calendar: Calendar, start: datetime) -> None:
    """BASE-HOURS: from opening to closing to opening, nothing is left over and nothing is counted twice."""
    end = start + timedelta(days=7)
    opened, now = timedelta(), start
    while now < end:
        now = next_open(calendar, now)
        if now >= end:
            break
        closes = min(end, _closing(calendar, now))
        assert is_open(calendar, now)
        assert closes > now
        opened += closes - now
        now = closes
    assert opened == open_between(calendar, start, end)


def _closing(calendar: Calendar, opening: datetime) -> datetime:
    """The end of what is open at `opening`, found by halving."""
    low, high = timedelta(microseconds=1), timedelta(days=8)
    while high - low > timedelta(microseconds=1):
        middle = (low + high) / 2
        if open_between(calendar, opening, opening + middle) == middle:
            low = middle
        else:
            high = middle
    return opening + low


def test_ten_years_in_every_zone_are_counted_in_less_than_a_minute_and_without_a_contradiction() -> None:
    """BASE-HOURS: of the names for the same zone one is enough."""
    zones = {(files("tzdata") / "zoneinfo" / name).read_bytes(): name for name in time_zones()}
    assert len(zones) > 300
    began = perf_counter()
    span = timedelta(hours=100)
    for zone in sorted(zones.values()):
        calendar = Calendar("x", time_zone=zone)
        for year in range(2020, 2030):
            start = datetime(year, 7, 1, tzinfo=UTC)
            assert open_between(calendar, start, deadline(calendar, start, span)) == span
    assert perf_counter() - began < 60
