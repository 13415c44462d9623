"""Every fault of a work order at once, each with its pointer and rule: the conformance cases in `tests/faults`."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from services.catalogue.parse import load
from services.contract.check import check
from services.contract.parse import ContractFaults, parse, to_json

TERMS = load(None).work_order
CASES = sorted((Path(__file__).parent.parent / "faults").glob("*.json"))
SOUND: dict[str, Any] = json.loads(CASES[0].read_text())["contract"]


def found(contract: object) -> set[tuple[str, str | None, str]]:
    return {(fault.pointer, fault.rule, fault.level) for fault in check(contract, TERMS)}


def faulty(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(SOUND) | changes


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_each_conformance_case_finds_exactly_its_faults(case: Path) -> None:
    """TERM, MULTI, AEM-CONFIRM, FLEX-20, MULTI-BILLING, CONTACTS"""
    wanted = json.loads(case.read_text())
    assert found(wanted["contract"]) == {(f["pointer"], f["rule"], f["level"]) for f in wanted["faults"]}


HQ = SOUND["locations"][0]
EVENT = {"id": "e", "name": "e", "starts_at": "2026-06-01T08:00:00Z", "ends_at": "2026-06-02T08:00:00Z",
         "confirmed_at": "2026-04-06T08:00:00Z", "products": ["azure/*"], "solution": None, "form": "f"}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "pointer", "rule", "level"),
    [
        ({"locations": []}, "/locations", "MULTI", "fault"),
        ({"locations": [HQ | {"role": "downstream"}]}, "/locations", "MULTI", "fault"),
        ({"locations": [HQ, HQ | {"role": "downstream"}]}, "/locations/1/id", None, "fault"),
        ({"locations": [{k: v for k, v in HQ.items() if k != "time_zone"}]}, "/locations/0/time_zone", None, "fault"),
        ({"locations": [HQ | {"time_zone": "Mars/Base"}]}, "/locations/0/time_zone", None, "fault"),
        ({"locations": [HQ | {"country": "XX"}]}, "/locations/0/country", None, "fault"),
        ({"locations": [HQ | {"colour": "red"}]}, "/locations/0/colour", None, "fault"),
        ({"locations": [HQ | {"country": "GB", "region": "XYZ"}]}, "/locations/0/region", None, "fault"),
        ({"colour": "red"}, "/colour", None, "fault"),
        ({"services": ["base", "teleport"]}, "/services/1", None, "fault"),
        ({"contacts": [{"id": "x", "name": "X", "roles": ["king"], "email": "x@f.example"}]},
         "/contacts/0/roles/0", None, "fault"),
        ({"contacts": [{"id": "x", "name": "X", "roles": [], "email": "x@f.example", "location": "moon"}]},
         "/contacts/0/location", None, "fault"),
        ({"events": [EVENT | {"ends_at": "2026-05-31T08:00:00Z"}]}, "/events/0/ends_at", None, "fault"),
        ({"events": [EVENT | {"confirmed_at": "2026-04-06T08:00:01Z"}]}, "/events/0/confirmed_at", "AEM-CONFIRM", "fault"),
        ({"solutions": [{"id": "s", "products": [], "exhibit": {"first_response": {"9": "PT5M"}}}]},
         "/solutions/0/exhibit/first_response/9", None, "fault"),
        ({"solutions": [{"id": "s", "products": [], "exhibit": {"first_response": {"1": "soon"}}}]},
         "/solutions/0/exhibit/first_response/1", None, "fault"),
        ({"flex": {"allowance": 100, "allocations": [{"to": "service-delivery-management", "amount": 100}]}},
         "/flex/allocations/0/to", "FLEX-SDM", "fault"),
        ({"flex": {"allowance": 100, "allocations": [{"to": "enhanced-services", "amount": 99}]}},
         "/flex/allowance", "FLEX-ALLOCATE", "warning"),
        ({"flex": {"allowance": 100, "allocations": [{"to": "enhanced-services", "amount": 101}]}},
         "/flex/allocations", None, "fault"),
        ({"bookings": [{"id": "b", "service": "assessment", "requested_on": "2026-11-02", "starts_on": "2026-12-01"}]},
         "/bookings/0/requested_on", "REQUEST-60", "fault"),
        ({"balances": {"gold": 1}}, "/balances/gold", None, "fault"),
        ({"designated": {"products": ["azure/*"], "location": "moon"}}, "/designated/location", None, "fault"),
        ({"number": "a/b"}, "/number", None, "fault"),
        ({"term": None}, "/term", None, "fault"),
        ({"flex": {"allowance": float("nan"), "allocations": []}}, "/flex/allowance", None, "fault"),
    ],
)  # fmt: skip
def test_one_fault_is_found_where_it_is_and_nothing_else(
    change: dict[str, Any], pointer: str, rule: str | None, level: str
) -> None:
    """MULTI, AEM-CONFIRM, FLEX-SDM, FLEX-ALLOCATE, REQUEST-60"""
    assert found(faulty(**change)) == {(pointer, rule, level)}


def test_an_event_confirmed_eight_weeks_before_to_the_second_is_in_time() -> None:
    """AEM-CONFIRM"""
    assert found(faulty(events=[EVENT])) == set()


def test_a_booking_sixty_days_before_the_end_is_in_time() -> None:
    """REQUEST-60"""
    booking = {"id": "b", "service": "assessment", "requested_on": "2026-11-01", "starts_on": "2026-12-01"}
    assert found(faulty(bookings=[booking])) == set()


def test_custom_proactive_and_credits_share_the_twenty_percent() -> None:
    """FLEX-20"""
    flex = {"allowance": 100, "allocations": [
        {"to": "proactive-credits", "amount": 10}, {"to": "custom-proactive", "amount": 10.5},
        {"to": "enhanced-services", "amount": 79.5}]}  # fmt: skip
    assert found(faulty(flex=flex)) == {("/flex/allocations", "FLEX-20", "fault")}


def test_an_excluded_country_alone_is_fine() -> None:
    """MULTI-BILLING"""
    tokyo = HQ | {"country": "JP", "time_zone": "Asia/Tokyo"}
    assert found(faulty(locations=[tokyo, tokyo | {"id": "b", "role": "downstream"}])) == set()


@pytest.mark.parametrize("rubbish", [None, 7, "x", [], {}, {"locations": 3, "contacts": {}, "events": [[]], "term": []}])
def test_rubbish_is_a_list_of_faults_and_never_an_exception(rubbish: object) -> None:
    """TERM"""
    assert check(rubbish, TERMS)


def test_what_is_parsed_and_written_again_is_the_same_contract() -> None:
    """MISSION"""
    contract = parse(faulty(events=[EVENT], locations=[HQ | {"hours": {"mon": [["09:00", "24:00"]]}}]), TERMS)
    assert parse(to_json(contract), TERMS) == contract


def test_a_contract_with_faults_is_refused_with_all_of_them() -> None:
    """TERM"""
    with pytest.raises(ContractFaults) as refused:
        parse(faulty(term={"from": "2027-01-01", "to": "2026-01-01"}, balances={"dse_hours": -1}), TERMS)
    assert {fault.pointer for fault in refused.value.faults} == {"/term", "/balances/dse_hours"}
