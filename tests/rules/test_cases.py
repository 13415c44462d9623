"""The conformance cases: what an incident is owed, case by case, worked out apart from this code."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from services.catalogue.parse import load
from services.contract.parse import parse
from services.decide import decide
from services.report import REPORT

CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_each_conformance_case_is_decided_as_it_was_worked_out(path: Path) -> None:
    """BASE-1-AZURE, BASE-1-OTHER, BASE-A, BASE-B, BASE-C, RR-TARGET, AEM-TARGET, MISSION, LANG, MULTI, TERM, CONTACTS"""
    case = json.loads(path.read_text())
    catalogue = load(None)
    report = REPORT.validate_python(case["incident"])
    contract = parse(case["contract"], catalogue.work_order) if case["contract"] else None
    at = datetime.fromisoformat(case["at"])
    found = decide(report, contract, catalogue, submitted_at=report.submitted_at or at, at=report.submitted_at or at)
    wanted = case["expect"]
    assert {
        "severity": found.severity, "service": found.service, "queue": found.queue, "language": found.language,
        "coverage": found.coverage, "flags": sorted(found.flags), "escalates_to": sorted(found.escalates_to),
        "executives": sorted(found.executives),
        "clocks": {clock.name: clock.due_at for clock in found.clocks},
    } == {
        **{name: wanted[name] for name in ("severity", "service", "queue", "language", "coverage")},
        "flags": sorted(wanted["flags"]), "escalates_to": sorted(wanted["escalates_to"]),
        "executives": sorted(wanted["executives"]),
        "clocks": {name: datetime.fromisoformat(at) for name, at in wanted["clocks"].items()},
    }  # fmt: skip
