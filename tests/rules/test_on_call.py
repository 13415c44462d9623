"""Who is on call at an instant, through handovers, clock changes, hours, queues and overrides."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.durations import parse_duration
from services.roster import Gap, Roster, gaps, on_call, parse
from services.roster.model import Shift
from services.roster.rotation import turn_at

LISBON = ZoneInfo("Europe/Lisbon")


def roster(*rotations: dict[str, object], overrides: list[dict[str, object]] | None = None) -> Roster:
    people = [
        {"id": name, "name": name.title(), "roles": ["engineer"], "time_zone": "UTC", "languages": ["en"]}
        for name in ("ana", "bo", "cy")
    ]
    shape = {"role": "engineer", "time_zone": "Europe/Lisbon", "members": ["ana", "bo", "cy"], "on_call": "all"}
    named = [{"name": f"r{index}"} | shape | rotation for index, rotation in enumerate(rotations)]
    return parse({"people": people, "rotations": named, "overrides": overrides or []})


def one(every: str, starts_at: str = "2026-01-05T09:00", **more: object) -> dict[str, object]:
    return {"on_call": "one", "shift": {"every": every, "starts_at": starts_at}} | more


def who(roster: Roster, at: datetime, queue: str | None = None) -> list[str]:
    return [found.person.id for found in on_call(roster, "engineer", at, queue)]


def local(text: str, zone: ZoneInfo = LISBON) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def test_a_pool_is_everybody_and_a_role_is_only_its_own() -> None:
    pool = roster({})
    assert who(pool, local("2026-02-01T03:00")) == ["ana", "bo", "cy"]
    assert on_call(pool, "duty-manager", local("2026-02-01T03:00")) == ()


def test_turns_by_the_week_change_on_the_hour_and_come_round() -> None:
    weekly = roster(one("week"))
    assert who(weekly, local("2026-01-12T08:59:59")) == ["ana"]
    assert who(weekly, local("2026-01-12T09:00")) == ["bo"]
    assert who(weekly, local("2026-01-26T09:00")) == ["ana"]


def test_nobody_has_a_turn_before_the_first() -> None:
    assert who(roster(one("week")), local("2026-01-05T08:59")) == []


@pytest.mark.parametrize("day", ["2026-03-29", "2026-03-30", "2026-10-25", "2026-10-26"])
def test_a_daily_handover_stays_at_nine_when_the_clocks_change(day: str) -> None:
    daily = roster(one("day"))
    before, after = who(daily, local(f"{day}T08:59:59")), who(daily, local(f"{day}T09:00"))
    assert before != after
    assert who(daily, local(f"{day}T09:00") + timedelta(hours=20)) == after


def test_a_handover_in_the_missing_hour_is_the_first_instant_after_it() -> None:
    daily = roster(one("day", "2026-03-28T01:30"))
    change = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert who(daily, change - timedelta(seconds=1)) == ["ana"]
    assert who(daily, change) == ["bo"]


def test_a_handover_in_the_hour_that_comes_twice_is_at_its_first() -> None:
    daily = roster(one("day", "2026-10-24T01:30"))
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert who(daily, first - timedelta(seconds=1)) == ["ana"]
    assert who(daily, first) == ["bo"]
    assert who(daily, first + timedelta(hours=1)) == ["bo"]


def test_a_handover_by_hours_stays_where_it_is_on_the_clock_too() -> None:
    halves = roster(one("PT12H", members=["ana", "bo"]))
    for day in ("2026-01-06", "2026-03-29", "2026-07-01", "2026-10-25", "2026-12-01"):
        assert who(halves, local(f"{day}T08:59:59")) == ["bo"], day
        assert who(halves, local(f"{day}T09:00")) == ["ana"], day
        assert who(halves, local(f"{day}T20:59:59")) == ["ana"], day
        assert who(halves, local(f"{day}T21:00")) == ["bo"], day


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Asia/Almaty"])
@pytest.mark.parametrize("every", ["PT20M", "PT1H", "PT7H", "PT12H", "PT36H"])
@pytest.mark.parametrize("day", [date(2026, 3, 6), date(2026, 3, 27), date(2026, 10, 2), date(2026, 10, 23)])
def test_a_handover_is_when_the_clocks_first_show_its_time_or_a_later_one(zone: str, every: str, day: date) -> None:
    """Around each change of the clocks: watched minute by minute, one reading of the clock after the other."""
    starts, length = datetime.combine(day, time(9, 10)), parse_duration(every)
    shift, at = Shift(every=length, starts_at=starts), local(starts.isoformat(), ZoneInfo(zone))
    latest = starts
    assert turn_at(shift, zone, at - timedelta(microseconds=1)) is None
    for _ in range(3 * 24 * 60):
        latest = max(latest, at.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
        assert turn_at(shift, zone, at) == (latest - starts) // length, at
        at += timedelta(minutes=1)


def test_hours_are_those_of_the_rotations_time_zone_and_end_before_their_end() -> None:
    office = roster({"hours": {"mon": [["08:00", "20:00"]]}})
    assert who(office, local("2026-07-06T08:00"))
    assert not who(office, local("2026-07-06T07:59"))
    assert who(office, local("2026-07-06T19:59:59"))
    assert not who(office, local("2026-07-06T20:00"))
    assert not who(office, local("2026-07-07T12:00"))


def test_a_night_window_runs_into_the_next_day_and_loses_an_hour_in_spring() -> None:
    night = roster({"hours": {"sat": [["22:00", "06:00"]]}})
    start, end = local("2026-03-28T22:00"), local("2026-03-29T06:00")
    assert end - start == timedelta(hours=7)
    assert who(night, start)
    assert who(night, end - timedelta(seconds=1))
    assert not who(night, end)


def test_an_end_in_the_hour_that_comes_twice_is_its_last() -> None:
    late = roster({"hours": {"sun": [["00:00", "01:30"]]}})
    assert who(late, datetime(2026, 10, 25, 1, 29, tzinfo=UTC))
    assert not who(late, datetime(2026, 10, 25, 1, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("queues", "queue", "answers"),
    [
        (None, "rapid-response", True),
        (["problem-resolution"], "problem-resolution", True),
        (["problem-resolution"], "problem-resolution/kk", True),
        (["problem-resolution*"], "problem-resolution/kk", True),
        (["problem-resolution/kk"], "problem-resolution/kk", True),
        (["problem-resolution/kk"], "problem-resolution", False),
        (["*/kk"], "problem-resolution/kk", True),
        (["*"], "github", True),
        (["rapid-*", "github"], "hotfix", False),
        ([], "hotfix", False),
        (["hotfix"], None, True),
    ],
)
def test_a_rotation_answers_the_queues_that_its_globs_name(
    queues: list[str] | None, queue: str | None, answers: bool
) -> None:
    assert bool(who(roster({"queues": queues}), local("2026-02-01T12:00"), queue)) is answers


def test_several_rotations_add_up_and_the_same_person_is_there_once() -> None:
    both = roster({"members": ["ana", "bo"]}, {"members": ["bo", "cy"]})
    found = on_call(both, "engineer", local("2026-02-01T12:00"))
    assert [(one.person.id, one.rotations) for one in found] == [
        ("ana", ("r0",)),
        ("bo", ("r0", "r1")),
        ("cy", ("r1",)),
    ]


def override(person: str, replaces: str | None, start: str, end: str) -> dict[str, object]:
    return {"rotation": "r0", "person": person, "replaces": replaces, "from": start, "to": end}


def test_an_override_stands_in_for_a_member_while_it_lasts_and_only_when_it_is_their_turn() -> None:
    swap = override("cy", "ana", "2026-01-06T00:00:00Z", "2026-01-20T00:00:00Z")
    weekly = roster(one("week", members=["ana", "bo"]), overrides=[swap])
    assert who(weekly, datetime(2026, 1, 5, 23, 59, tzinfo=UTC)) == ["ana"]
    assert who(weekly, datetime(2026, 1, 6, tzinfo=UTC)) == ["cy"]
    assert who(weekly, datetime(2026, 1, 13, tzinfo=UTC)) == ["bo"]
    assert who(weekly, datetime(2026, 1, 19, 12, tzinfo=UTC)) == ["cy"]
    assert who(weekly, datetime(2026, 1, 20, tzinfo=UTC)) == ["ana"]


@pytest.mark.parametrize(("first", "second"), [("2026-01-05", "2026-01-06"), ("2026-01-06", "2026-01-05")])
def test_who_stands_in_is_replaced_too_in_whatever_order_the_overrides_begin(first: str, second: str) -> None:
    chain = [
        override("bo", "ana", f"{first}T00:00:00Z", "2026-01-20T00:00:00Z"),
        override("cy", "bo", f"{second}T00:00:00Z", "2026-01-20T00:00:00Z"),
    ]
    pool = roster({"members": ["ana"]}, overrides=chain)
    assert who(pool, datetime(2026, 1, 7, tzinfo=UTC)) == ["cy"]


def test_of_two_who_stand_in_for_the_same_one_it_is_who_begins_last() -> None:
    """Bo has ana's fortnight, and is ill for a day of it."""
    both = [
        override("bo", "ana", "2026-01-05T00:00:00Z", "2026-01-20T00:00:00Z"),
        override("cy", "ana", "2026-01-07T00:00:00Z", "2026-01-08T00:00:00Z"),
    ]
    pool = roster({"members": ["ana"]}, overrides=both)
    assert who(pool, datetime(2026, 1, 6, tzinfo=UTC)) == ["bo"]
    assert who(pool, datetime(2026, 1, 7, tzinfo=UTC)) == ["cy"]
    assert who(pool, datetime(2026, 1, 8, tzinfo=UTC)) == ["bo"]


def test_two_who_stand_in_for_each_other_have_swapped_their_turns() -> None:
    swap = [
        override("bo", "ana", "2026-01-05T00:00:00Z", "2026-01-30T00:00:00Z"),
        override("ana", "bo", "2026-01-05T00:00:00Z", "2026-01-30T00:00:00Z"),
    ]
    weekly = roster(one("week", members=["ana", "bo"]), overrides=swap)
    assert who(weekly, datetime(2026, 1, 6, tzinfo=UTC)) == ["bo"]
    assert who(weekly, datetime(2026, 1, 13, tzinfo=UTC)) == ["ana"]


def test_an_override_that_replaces_nobody_adds_somebody_whatever_the_hours() -> None:
    extra = override("cy", None, "2026-01-10T10:00:00Z", "2026-01-10T12:00:00Z")
    office = roster({"members": ["ana"], "hours": {"mon": [["08:00", "20:00"]]}}, overrides=[extra])
    assert who(office, datetime(2026, 1, 10, 9, 59, tzinfo=UTC)) == []
    assert who(office, datetime(2026, 1, 10, 10, tzinfo=UTC)) == ["cy"]
    assert who(office, datetime(2026, 1, 10, 12, tzinfo=UTC)) == []


def test_a_member_whom_nobody_knows_leaves_no_hole_in_the_turns() -> None:
    full = roster(one("week"))
    without = Roster(full.people[1:], full.rotations, full.overrides)
    assert who(without, local("2026-01-06T12:00")) == ["bo"]
    assert who(Roster((), full.rotations, ()), local("2026-01-06T12:00")) == []


def test_gaps_are_found_to_the_minute_and_joined() -> None:
    office = roster({"hours": {"mon": [["08:00", "12:00"], ["12:00", "20:00"]], "tue": [["10:00", "24:00"]]}})
    start, end = local("2026-07-06T00:00"), local("2026-07-08T00:00")
    assert gaps(office, ["engineer"], start, end) == (
        Gap("engineer", None, start, local("2026-07-06T08:00")),
        Gap("engineer", None, local("2026-07-06T20:00"), local("2026-07-07T10:00")),
    )


def test_a_role_without_any_rotation_is_one_gap_and_a_full_one_has_none() -> None:
    start, end = local("2026-07-06T00:00"), local("2026-07-08T00:00")
    assert gaps(roster({}), ["engineer"], start, end) == ()
    assert gaps(roster({}), ["duty-manager"], start, end) == (Gap("duty-manager", None, start, end),)


def test_a_queue_that_no_engineer_answers_is_a_gap_of_its_own() -> None:
    start, end = local("2026-07-06T00:00"), local("2026-07-08T00:00")
    found = gaps(roster({"queues": ["github"]}), ["engineer"], start, end, queues=["github", "hotfix"])
    assert found == (Gap("engineer", "hotfix", start, end),)


def test_a_gap_is_closed_by_an_override_and_by_a_rotation_that_begins() -> None:
    extra = override("cy", None, "2026-01-05T02:00:00Z", "2026-01-05T03:00:00Z")
    late = roster(one("week"), overrides=[extra])
    found = gaps(late, ["engineer"], datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC))
    assert [(gap.start.hour, gap.end.hour) for gap in found] == [(0, 2), (3, 9)]


@given(st.integers(0, 60 * 24 * 400), st.sampled_from(["day", "week", "PT1H", "PT8H", "PT12H", "PT36H"]))
def test_at_every_minute_exactly_one_has_the_turn(minutes: int, every: str) -> None:
    at = local("2026-01-05T09:00") + timedelta(minutes=minutes)
    assert len(who(roster(one(every)), at)) == 1
