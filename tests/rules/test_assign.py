"""BASE-CM: who gets it, of those on call, and what was looked at."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from services.assign import Assignment, Load, NobodyOnCall, Why, assign
from services.roster import Roster, parse

NOON = datetime(2026, 2, 4, 12, 0, tzinfo=UTC)


def roster(*people: tuple[str, list[str], str]) -> Roster:
    return parse(
        {
            "people": [
                {"id": name, "name": name, "roles": ["crisis-manager"], "languages": spoken, "time_zone": zone}
                for name, spoken, zone in people
            ],
            "rotations": [
                {
                    "name": "all",
                    "role": "crisis-manager",
                    "time_zone": "UTC",
                    "members": [name for name, _, _ in people],
                    "on_call": "all",
                }
            ],
        }
    )


def chosen(language: str, roster: Roster, load: Mapping[str, Load] | None = None, **more: frozenset[str]) -> str:
    outcome = assign(language, roster, load or {}, NOON, **more)
    assert isinstance(outcome, Assignment)
    return outcome.person.id


def test_who_speaks_the_language_comes_before_who_has_less_to_do() -> None:
    """BASE-CM, LANG"""
    two = roster(("a", ["en"], "UTC"), ("b", ["en", "kk-KZ"], "UTC"))
    assert chosen("kk", two, {"b": Load(open_count=9)}) == "b"


def test_who_sleeps_comes_after_who_is_awake_and_speaks_it() -> None:
    two = roster(("a", ["kk"], "America/Los_Angeles"), ("b", ["kk"], "UTC"))
    assert chosen("kk", two, {"b": Load(open_count=9)}) == "b"


def test_speaking_it_in_the_night_is_no_preference_over_being_awake_without_it() -> None:
    two = roster(("a", ["kk"], "America/Los_Angeles"), ("b", ["en"], "UTC"))
    assert chosen("kk", two, {"a": Load(open_count=1)}) == "b"
    assert chosen("kk", two, {"b": Load(open_count=1)}) == "a"


@pytest.mark.parametrize(("hour", "awake"), [(7, False), (8, True), (19, True), (20, False)])
def test_awake_is_from_eight_until_before_twenty(hour: int, awake: bool) -> None:
    outcome = assign("en", roster(("a", ["en"], "UTC")), {}, NOON.replace(hour=hour, minute=59 if hour != 20 else 0))
    assert isinstance(outcome, Assignment)
    assert outcome.considered[0].awake is awake


def test_then_the_least_loaded_then_the_longest_idle_then_by_id() -> None:
    three = roster(("a", ["en"], "UTC"), ("b", ["en"], "UTC"), ("c", ["en"], "UTC"))
    early, late = NOON.replace(hour=1), NOON.replace(hour=2)
    assert chosen("en", three, {"a": Load(2, early), "b": Load(1, late), "c": Load(3, early)}) == "b"
    assert chosen("en", three, {"a": Load(1, late), "b": Load(1, early), "c": Load(1, late)}) == "b"
    assert chosen("en", three, {"a": Load(0, late), "b": Load(0, late), "c": Load(0, None)}) == "c"
    assert chosen("en", three) == "a"


def test_it_is_a_preference_and_never_a_reason_for_nobody() -> None:
    asleep = roster(("a", ["pt"], "America/Los_Angeles"))
    assert chosen("kk", asleep, {"a": Load(open_count=40)}) == "a"


def test_somebody_excluded_is_not_chosen_and_is_named_as_such() -> None:
    two = roster(("a", ["en"], "UTC"), ("b", ["en"], "UTC"))
    outcome = assign("en", two, {}, NOON, frozenset({"a"}))
    assert isinstance(outcome, Assignment)
    assert [(one.person, one.why) for one in outcome.considered] == [("b", Why.CHOSEN), ("a", Why.EXCLUDED)]


def test_what_was_looked_at_says_why_each_was_passed_over() -> None:
    four = roster(("a", ["en"], "UTC"), ("b", ["en"], "UTC"), ("c", ["en"], "UTC"), ("d", ["pt"], "UTC"))
    early, late = NOON.replace(hour=1), NOON.replace(hour=2)
    outcome = assign("en", four, {"a": Load(0, early), "b": Load(0, late), "c": Load(5, early)}, NOON)
    assert isinstance(outcome, Assignment)
    assert {one.person: one.why for one in outcome.considered} == {
        "a": Why.CHOSEN,
        "b": Why.LESS_IDLE,
        "c": Why.MORE_LOADED,
        "d": Why.LANGUAGE_OR_NIGHT,
    }
    same = assign("en", roster(("a", ["en"], "UTC"), ("b", ["en"], "UTC")), {}, NOON)
    assert isinstance(same, Assignment)
    assert same.considered[1].why is Why.BY_ID


def test_an_empty_rota_is_said_and_so_is_one_where_everybody_declined() -> None:
    assert assign("en", Roster(), {}, NOON) == NobodyOnCall(())
    outcome = assign("en", roster(("a", ["en"], "UTC")), {}, NOON, frozenset({"a"}))
    assert isinstance(outcome, NobodyOnCall)
    assert [one.person for one in outcome.considered] == ["a"]
