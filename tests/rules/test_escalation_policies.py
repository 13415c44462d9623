"""Which ladder a broken promise climbs, and how."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from escalation.policies.policy import AppliesTo, Level, Policy, PolicyFaults, check, parse, shipped, to_json
from escalation.policies.rules import Rung, Versioned, choose, climbs_at, in_force, rung
from services.catalogue.parse import load

DUE = datetime(2026, 2, 4, 10, 15, tzinfo=UTC)


def policy(name: str, *, clocks: tuple[str, ...] | None = None, severities: tuple[str, ...] | None = None) -> Versioned:
    levels = (Level(after="PT0M", role="duty-manager"), Level(after="PT10M", role="executive"))
    return Versioned(Policy(name=name, levels=levels, applies_to=AppliesTo(clocks=clocks, severities=severities)), 3)


def test_the_narrowest_policy_that_fits_is_climbed() -> None:
    wide = policy("b-wide")
    by_clock = policy("a-clock", clocks=("first_response",))
    by_both = policy("z-both", clocks=("first_response",), severities=("1",))
    stored = in_force([wide, by_clock, by_both])
    assert choose(stored, "first_response", "1") == by_both
    assert choose(stored, "first_response", "C") == by_clock
    assert choose(stored, "onsite", "1") == wide


def test_of_two_equally_narrow_ones_the_first_by_name_is_climbed() -> None:
    assert choose([policy("b"), policy("a")], "onsite", "1").policy.name == "a"


def test_the_default_is_climbed_last_and_there_always_is_one() -> None:
    assert choose(in_force([policy("wide")]), "first_response", "1").policy.name == "wide"
    narrow = Versioned(Policy(name="default", levels=shipped().levels, applies_to=AppliesTo(severities=("A",))), 1)
    assert choose(in_force([narrow]), "first_response", "1") == Versioned(shipped(), 0)


def test_before_a_decision_no_policy_for_a_severity_fits() -> None:
    assert choose(in_force([policy("sev", severities=("1",))]), "unrouted", None).policy == shipped()


def test_levels_are_due_from_the_due_instant_and_the_last_one_is_the_top() -> None:
    ladder = policy("x").policy
    assert climbs_at(ladder, 0, DUE) == DUE
    first = rung(ladder, 1, DUE)
    assert (first.role, first.next_at) == ("duty-manager", DUE + timedelta(minutes=10))
    assert rung(ladder, 2, DUE).next_at is None
    assert rung(ladder, 7, DUE) == rung(ladder, 2, DUE)


def test_a_policy_is_read_and_written_as_it_was() -> None:
    assert parse(to_json(shipped())) == shipped()
    assert to_json(parse({"name": "x", "levels": [{"after": "PT0M", "role": "executive"}]})) == {
        "name": "x", "levels": [{"after": "PT0M", "role": "executive"}],
    }  # fmt: skip


def test_every_fault_is_told_with_its_place() -> None:
    raw = {"name": "x", "applies_to": {"severities": []}, "levels": [{"after": "P1M", "role": "boss"}]}
    assert {fault.pointer for fault in check(raw)} == {"/applies_to/severities", "/levels/0/after", "/levels/0/role"}
    assert {fault.pointer for fault in check({"levels": [], "x": 1})} >= {"/name", "/x"}
    assert [fault.pointer for fault in check({"name": "x", "levels": []})] == ["/levels"]
    with pytest.raises(PolicyFaults):
        parse(7)


def test_a_policy_for_what_the_catalogue_does_not_have_is_refused_and_one_that_was_stored_is_read() -> None:
    strange = {"clocks": ["first_response", "zz", "unrouted"], "severities": ["1", "Z"]}
    raw = {"name": "x", "applies_to": strange, "levels": [{"after": "PT0M", "role": "executive"}]}
    found = check(raw, load())
    assert [fault.pointer for fault in found] == ["/applies_to/clocks/1", "/applies_to/severities/1"]
    assert "first_response" in found[0].message
    assert check(raw) == []


def test_a_level_of_the_far_future_is_refused_and_one_that_was_stored_is_never_due() -> None:
    levels = [{"after": "PT0M", "role": "duty-manager"}, {"after": "PT99999999H", "role": "executive"}]
    (found,) = check({"name": "far", "levels": levels}, load())
    assert (found.pointer, found.message) == ("/levels/1/after", "is later than 400 days, which no level is")
    stored = parse({"name": "far", "levels": levels})
    assert rung(stored, 1, DUE) == Rung(1, "duty-manager", None)
    assert climbs_at(parse({"name": "far", "levels": levels[1:]}), 0, DUE) is None
    assert check({"name": "far", "levels": [{"after": "P400D", "role": "executive"}]}, load()) == []
