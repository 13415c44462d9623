"""A simulation's answer, its faults, and how it is held against what was expected."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from services.simulate import SimulationFaults, differences, simulate
from tests.harness.work_orders import ENTERPRISE, contract, incident, utc, work_order

CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.json"))
NOW = utc("2026-02-04 10:00")


def nobody(number: str) -> None:
    return None


def faults(body: object) -> dict[str, str | None]:
    with pytest.raises(SimulationFaults) as caught:
        simulate(body, ENTERPRISE, nobody, now=NOW)
    return {fault.pointer: fault.rule for fault in caught.value.faults}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_simulation_of_each_conformance_case_finds_no_difference(path: Path) -> None:
    """BASE-HOURS, BASE-24X7"""
    case = json.loads(path.read_text())
    answer = simulate({name: case[name] for name in ("incident", "at", "contract")}, ENTERPRISE, nobody, now=NOW)
    assert differences(case["expect"], answer) == []
    assert json.loads(json.dumps(answer)) == answer
    assert answer["explanation"]


def test_the_answer_has_the_fields_of_the_public_page() -> None:
    """RR-TARGET, RR-ROUTE"""
    body = {"incident": incident(), "contract": work_order(services=["base", "rapid-response"])}
    answer = simulate(body, ENTERPRISE, nobody, now=NOW)
    assert list(answer) == [
        "severity", "service", "queue", "language", "coverage", "escalates_to", "executives", "flags", "because",
        "clocks", "explanation",
    ]  # fmt: skip
    assert answer["clocks"][0] == {
        "name": "first_response", "side": "provider", "due_at": "2026-02-04T10:15:00Z", "target": "PT15M",
        "calendar": "24x7", "rule": "RR-TARGET",
    }  # fmt: skip


def test_without_a_contract_in_the_body_the_stored_one_counts() -> None:
    """RR-ROUTE"""
    stored = {"WO-1": contract(services=["base", "rapid-response"])}
    answer = simulate({"incident": incident(), "contract": None}, ENTERPRISE, stored.get, now=NOW)
    assert answer["service"] == "rapid-response"


def test_the_instant_of_submission_is_where_clocks_begin() -> None:
    """BASE-1-AZURE"""
    body = {"incident": incident(submitted_at="2026-02-04T09:00:00+05:00"), "contract": work_order()}
    answer = simulate(body, ENTERPRISE, nobody, now=NOW)
    assert datetime.fromisoformat(answer["clocks"][0]["due_at"]) == utc("2026-02-04 04:15")


def test_all_faults_are_told_at_once_each_with_its_place() -> None:
    """TERM, SEV-ASSIGN"""
    broken = work_order(term={"from": "2026-12-31", "to": "2026-01-01"})
    body = {"incident": incident(impact="dire", portal="nowhere"), "at": "today", "contract": broken, "who": "me"}
    assert faults(body) == {
        "/who": None, "/at": None, "/incident/impact": None, "/incident/portal": None, "/contract/term": "TERM",
    }  # fmt: skip


@pytest.mark.parametrize("body", [None, [], "x", {}, {"incident": None}, {"incident": {"impact": "moderate"}}])
def test_what_is_no_simulation_is_refused_and_not_dropped(body: object) -> None:
    """SEV-ASSIGN"""
    assert faults(body)


def test_differences_are_sentences_about_what_was_expected_only() -> None:
    """BASE-1-AZURE"""
    answer = simulate({"incident": incident(), "contract": work_order()}, ENTERPRISE, nobody, now=NOW)
    assert differences({"severity": "1"}, answer) == []
    assert differences({"clocks": {"first_response": "2026-02-04T15:15:00+05:00"}}, answer) == [
        "clocks: crisis_manager is not expected, and due 2026-02-04T10:15:00Z",
        "clocks: status_update is not expected, and due 2026-02-04T11:00:00Z",
    ]
    assert differences({"severity": "A", "flags": ["late"], "executives": ["provider"], "colour": 1}, answer) == [
        "severity: expected A, found 1",
        "flags: late is missing",
        "executives: customer is not expected",
        "colour: no answer has it",
    ]
