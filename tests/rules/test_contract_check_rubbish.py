"""Whatever is put into a work order is told as a fault, and never an exception."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contract.check import check
from services.contract.parse import parse, to_json
from services.faults import refuses
from tests.harness.faults import EVENT, TERMS, faulty

JUNK: list[Any] = [
    None, True, -1, 10**4000, 1e300, float("nan"), float("inf"), "", "\x00", "\ud800", [], {}, [[]], [None], {"id": []},
    {1: 2}, {"mon": [["a", "b"]]}, "9999-12-31", "0001-01-01T00:00:00+23:59", [{"id": "x"}] * 2,
]  # fmt: skip


FULL = faulty(
    events=[EVENT], solutions=[{"id": "s", "products": ["a"], "exhibit": {"first_response": {"1": "PT5M"}}}],
    balances={"dse_hours": 1}, flex={"allowance": 1, "allocations": [{"to": "enhanced-services", "amount": 1}]},
    bookings=[{"id": "b", "service": "assessment", "requested_on": "2026-01-01", "starts_on": "2026-02-01"}],
    designated={"products": ["a"], "location": "hq"}, management_hours={"time_zone": "UTC"}, office365_users=["a@b.c"],
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in pairs for found in places(item, (*path, key)))]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0), st.sampled_from(JUNK)), min_size=1, max_size=4))
def test_whatever_is_put_anywhere_is_told_as_a_fault_or_makes_a_contract(changes: list[tuple[int, Any]]) -> None:
    """TERM"""
    raw = copy.deepcopy(FULL)
    for choice, junk in changes:
        all_places = places(raw)[1:]
        *way, last = all_places[choice % len(all_places)]
        target = raw
        for key in way:
            target = target[key]
        target[last] = copy.deepcopy(junk)
    faults = check(raw, TERMS)
    assert all(fault.pointer.startswith("/") for fault in faults)
    if not refuses(faults):
        contract = parse(raw, TERMS)
        assert parse(to_json(contract), TERMS) == contract


@pytest.mark.parametrize(
    "rubbish", [None, 7, "x", [], {}, {"locations": 3, "contacts": {}, "events": [[]], "term": []}]
)
def test_rubbish_is_a_list_of_faults_and_never_an_exception(rubbish: object) -> None:
    """TERM"""
    assert check(rubbish, TERMS)
