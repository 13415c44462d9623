"""Every fault of a work order at once, each with its pointer and rule: the conformance cases in `tests/faults`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.contract.check import check
from services.contract.parse import ContractFaults, parse, to_json
from services.yaml_text import read_yaml
from tests.harness.faults import CASES, EVENT, SOUND, TERMS, faulty, found


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_each_conformance_case_finds_exactly_its_faults(case: Path) -> None:
    """TERM, MULTI, AEM-CONFIRM, FLEX-20, MULTI-BILLING, CONTACTS"""
    wanted = json.loads(case.read_text())
    assert found(wanted["contract"]) == {(f["pointer"], f["rule"], f["level"]) for f in wanted["faults"]}


HQ = SOUND["locations"][0]


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
        ({"events": [EVENT | {"confirmed_at": "2026-04-06T08:00:01Z"}]},
         "/events/0/confirmed_at", "AEM-CONFIRM", "fault"),
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


TWO_HOSTS_AND_MORE: dict[str, Any] = {
    "term": {"from": "2026-12-31", "to": "2026-01-01", "until": "x"},
    "services": ["base", "teleport", 7],
    "locations": [
        HQ | {"role": "king", "colour": "red", "holidays": ["2026-02-30"]},
        HQ | {"id": "b", "role": "host", "country": "JP", "time_zone": None},
        HQ | {"id": "b", "role": "host", "hours": {"mon": [["20:00", "06:00"]]}},
    ],
    "contacts": [
        {"id": "x", "name": "X", "roles": ["queen", 3], "location": "moon", "colour": "red"},
        {"id": "y", "name": "Y", "email": "nobody"},
    ],
    "events": [EVENT | {"ends_at": "2026-05-01T00:00:00Z", "confirmed_at": "2026-05-01T00:00:00Z", "forms": 1}],
    "solutions": [
        {"id": "s", "exhibit": {"first_response": {"Z": "PT5M", "1": "P1M"}, "tea": {}}, "products": ["A B"]}
    ],
    "balances": {"dse_hours": -1, "gold": -1},
    "flex": {
        "allowance": 100,
        "allocations": [
            {"to": "proactive-credits", "amount": 30},
            {"to": "service-delivery-management", "amount": 80},
            {"to": "champagne", "amount": "much"},
        ],
    },
    "bookings": [
        {
            "id": "b",
            "service": "tea",
            "location": "moon",
            "requested_on": "2026-06-01",
            "starts_on": "soon",
            "price": -1,
        }
    ],
    "designated": {"products": ["azure/*"], "location": "moon"},
    "management_hours": {"time_zone": "Mars/Base"},
    "a/b~c": 1,
}


def test_faults_that_stand_side_by_side_are_all_found() -> None:
    """TERM, MULTI, MULTI-BILLING, CONTACTS, AEM-CONFIRM, FLEX-20, FLEX-SDM, REQUEST-60: none hides another."""
    assert found(faulty(**TWO_HOSTS_AND_MORE)) == {
        (pointer, rule, "fault")
        for pointer, rule in [
            ("/a~1b~0c", None),
            ("/balances/dse_hours", None),
            ("/balances/gold", None),
            ("/bookings/0/location", None),
            ("/bookings/0/price", None),
            ("/bookings/0/requested_on", "REQUEST-60"),
            ("/bookings/0/service", None),
            ("/bookings/0/starts_on", None),
            ("/contacts/0", "CONTACTS"),
            ("/contacts/0/colour", None),
            ("/contacts/0/location", None),
            ("/contacts/0/roles/0", None),
            ("/contacts/0/roles/1", None),
            ("/contacts/1/email", None),
            ("/designated/location", None),
            ("/events/0/confirmed_at", "AEM-CONFIRM"),
            ("/events/0/ends_at", None),
            ("/events/0/forms", None),
            ("/flex/allocations", "FLEX-20"),
            ("/flex/allocations", None),
            ("/flex/allocations/1/to", "FLEX-SDM"),
            ("/flex/allocations/2/amount", None),
            ("/flex/allocations/2/to", None),
            ("/locations/0/colour", None),
            ("/locations/0/holidays/0", None),
            ("/locations/0/role", None),
            ("/locations/1/country", "MULTI-BILLING"),
            ("/locations/1/time_zone", None),
            ("/locations/2/hours", None),
            ("/locations/2/id", None),
            ("/locations/2/role", "MULTI"),
            ("/management_hours/time_zone", None),
            ("/services/1", None),
            ("/services/2", None),
            ("/solutions/0/exhibit/first_response/1", None),
            ("/solutions/0/exhibit/first_response/Z", None),
            ("/solutions/0/exhibit/tea", None),
            ("/solutions/0/products/0", None),
            ("/term", "TERM"),
            ("/term/until", None),
        ]
    }


def test_two_excluded_countries_are_each_other_s_fault() -> None:
    """MULTI-BILLING"""
    places = [
        HQ | {"country": "JP", "time_zone": "Asia/Tokyo"},
        HQ | {"id": "b", "role": "downstream", "country": "IN"},
    ]
    assert found(faulty(locations=places)) == {
        ("/locations/0/country", "MULTI-BILLING", "fault"),
        ("/locations/1/country", "MULTI-BILLING", "fault"),
    }


def test_money_is_added_up_as_it_is_written() -> None:
    """FLEX-20, FLEX-ALLOCATE: three times a tenth are three tenths."""
    flex = {
        "allowance": 1.5,
        "allocations": [{"to": "proactive-credits", "amount": 0.1}] * 3 + [{"to": "enhanced-services", "amount": 1.2}],
    }
    assert found(faulty(flex=flex)) == set()


@pytest.mark.parametrize(
    "sound",
    [
        {"locations": [HQ | {"region": "ALA"}]},
        {"locations": [HQ | {"country": "GB", "region": "ENG"}]},
        {"locations": [HQ | {"country": "US", "region": "US-CA"}]},
        {"locations": [HQ | {"hours": {"sat": [["20:00", "24:00"]], "sun": [["00:00", "06:00"]]}}]},
        {"events": [EVENT | {"solution": "shop"}]},
        {"contacts": [{"id": "x", "name": "X", "roles": ["executive"], "phone": "+77010000001"}]},
        {"contacts": None, "events": None, "solutions": None, "balances": None, "bookings": None, "flex": None},
        {"solutions": [{"id": "s", "products": ["azure/*"], "exhibit": {"status_update": {1: "PT10M", "A": "PT2H"}}}]},
        {"office365_users": None, "designated": None, "management_hours": None, "delivery_manager": None},
        {"office365_users": ["a@f.example"], "management_hours": {"time_zone": "UTC"}, "delivery_manager": "dm-ines"},
    ],
)
def test_what_is_sound_has_no_faults_and_comes_back_as_it_went_in(sound: dict[str, Any]) -> None:
    """BASE-HOURS, MISSION"""
    assert found(faulty(**sound)) == set()
    contract = parse(faulty(**sound), TERMS)
    assert parse(to_json(contract), TERMS) == contract


def test_fields_that_may_be_absent_may_be_absent() -> None:
    """CONTACTS"""
    needed = {name: SOUND[name] for name in ("number", "customer", "term", "services")}
    place = {name: HQ[name] for name in ("id", "role", "country", "time_zone")}
    contract = parse(needed | {"locations": [place]}, TERMS)
    assert to_json(contract)["contacts"] == []
    assert contract.topology_on_file is False


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[2] / "examples" / "contracts").glob("*.yaml")))
def test_the_example_work_orders_are_sound(path: Path) -> None:
    """TERM"""
    assert check(read_yaml(path.read_text()), TERMS) == []


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in pairs for found in places(item, (*path, key)))]


def test_what_is_parsed_and_written_again_is_the_same_contract() -> None:
    """MISSION"""
    contract = parse(faulty(events=[EVENT], locations=[HQ | {"hours": {"mon": [["09:00", "24:00"]]}}]), TERMS)
    assert parse(to_json(contract), TERMS) == contract


def test_a_contract_with_faults_is_refused_with_all_of_them() -> None:
    """TERM"""
    with pytest.raises(ContractFaults) as refused:
        parse(faulty(term={"from": "2027-01-01", "to": "2026-01-01"}, balances={"dse_hours": -1}), TERMS)
    assert {fault.pointer for fault in refused.value.faults} == {"/term", "/balances/dse_hours"}
