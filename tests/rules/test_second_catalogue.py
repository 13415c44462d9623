"""Another organisation's catalogue runs on the same code, and no name of either stands in it."""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.acts import Allowed, AskManagement, AskRootCause, HandOverCrisis, NotifyExecutives, Reopen, Standing
from services.calendar import calendar_of
from services.catalogue.model import Catalogue
from services.catalogue.parse import SHIPPED, CatalogueFaults, from_json, load
from services.catalogue.public import public
from services.clocks import proposal, question
from services.contract.parse import parse
from services.decide import decide
from services.permit import permit
from services.refused import Refused
from services.report import REPORT
from services.simulate import differences, simulate
from tests.harness.work_orders import utc

ROOT = Path(__file__).parent.parent.parent
HOUSE = ROOT / "examples" / "software-house"
SECOND: Catalogue = load(HOUSE)
CASES = sorted((HOUSE / "cases").glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_each_case_of_the_second_catalogue_is_decided_as_it_was_worked_out(path: Path) -> None:
    """SEV-ASSIGN, LANG, CONTACTS"""
    case = json.loads(path.read_text())
    body = {name: case[name] for name in ("incident", "at", "contract")}
    assert differences(case["expect"], simulate(body, SECOND, lambda number: None, now=utc("2026-01-01 00:00"))) == []
    assert set(case["rules"]) <= set(SECOND.rules)


def test_later_steps_follow_the_second_catalogue_too() -> None:
    """CUST-ACCESS, CUST-C-REPLY, SEV-DOWNGRADE, BASE-EXEC-CUSTOMER, RSM-BC"""
    case = json.loads(CASES[0].read_text())
    contract, at = parse(case["contract"], SECOND.work_order), utc("2026-02-04 10:00")
    report = REPORT.validate_python(case["incident"])
    decision = decide(report, contract, SECOND, submitted_at=at, at=at)
    asked = question(decision, calendar_of(contract, "kiel", SECOND.business_hours), "anybody", at)
    assert asked is not None
    assert asked.due_at == utc("2026-02-04 10:20")
    assert proposal(decision, asked) == ("severity", "P2", "SH-DOWN", True)
    how = Standing(state="open", now=at, decision=decision, contract=contract)
    assert permit(NotifyExecutives("provider"), how, SECOND) == Allowed("SH-CHIEFS")
    assert isinstance(permit(NotifyExecutives("customer"), how, SECOND), Refused)
    assert isinstance(permit(AskManagement(), how, SECOND), Refused)


def test_a_root_cause_analysis_is_for_the_technologies_that_offer_one() -> None:
    """RCA"""
    case, at = json.loads(CASES[0].read_text()), utc("2026-02-04 10:00")
    contract = parse(case["contract"], SECOND.work_order)
    for product, offered in (("kaufhaus/checkout", True), ("kaufhaus/plugins", False), (None, True)):
        report = REPORT.validate_python(case["incident"] | {"product": product})
        decision = decide(report, contract, SECOND, submitted_at=at, at=at)
        answer = permit(AskRootCause(), Standing(state="open", now=at, decision=decision, contract=contract), SECOND)
        assert isinstance(answer, Allowed) == offered, product
        assert answer.rule == "SH-WHY"
    before = permit(AskRootCause(), Standing(state="open", now=at, contract=contract), SECOND)
    assert before == Allowed("SH-WHY", pending=True), "which product it is may still be corrected"


@pytest.mark.parametrize(("within", "holds"), [("P7D", 7), ("P30D", 30), ("P60D", 30)])
def test_under_no_catalogue_an_incident_is_reopened_that_the_stages_may_not_know_any_more(
    within: str, holds: int
) -> None:
    """SEV-CHANGE: what is closed is kept for 60 days at least. A catalogue that was frozen with more is read."""
    raw = json.loads(json.dumps(SECOND.raw))
    raw["catalogue"]["later"]["reopen_within"] = within
    at = utc("2026-02-04 10:00")
    for days, answer in ((holds, Allowed), (holds + 1, Refused)):
        closed = Standing(state="closed", now=at, closed_at=at - timedelta(days=days))
        assert isinstance(permit(Reopen(), closed, from_json(raw)), answer)


def test_no_catalogue_is_loaded_that_lets_an_incident_be_reopened_for_longer(tmp_path: Path) -> None:
    """SEV-CHANGE"""
    folder = shutil.copytree(HOUSE, tmp_path / "house")
    page = folder / "catalogue.yaml"
    page.write_text(page.read_text().replace("reopen_within: P14D", "reopen_within: P60D"))
    with pytest.raises(CatalogueFaults, match="/catalogue/later/reopen_within: an incident"):
        load(folder)


CODE = ("services", "router", "escalation", "notifier", "intake")

#: Mechanisms of the code that share their name with something in a catalogue, each for a reason.
OUR_WORDS = {
    "problem", "advisory", "security", "hotfix", "development",  # kinds of reports, fixed by the public face
    "portal", "phone", "monitoring", "api",  # channels, likewise
    "standard", "priority", "training",  # words of the language
    "onsite",  # a clock, too
    "github",  # an integration may be named; nothing decides by it
}  # fmt: skip


def names_of(folder: Path) -> set[str]:
    """What a catalogue named: rules, services, queues, products, portals, flags, impacts, severities longer than a letter."""
    catalogue = load(folder)
    raw = catalogue.raw
    found = {service.id for service in catalogue.services} | {service.queue for service in catalogue.services}
    found |= {catalogue.review.queue, *catalogue.portals, *catalogue.by_impact, *raw["work_order"]["services"]}
    found |= {severity.id for severity in catalogue.severities if len(severity.id) > 1} | set(catalogue.rules)
    found |= {name for call in catalogue.services for c in call.escalates_to for name in c.to} - ROLES
    for group in catalogue.product_groups.values():
        found |= set(group.covers) | set(group.excludes)
    text = json.dumps({name: raw[name] for name in ("catalogue", "services", "work_order")})
    found |= set(re.findall(r'"(P(?:\d+D|T\d+[HM]))"', text))
    return {name for name in found if len(name) > 1} - OUR_WORDS


#: Roles of people, as the public face has them, whom a catalogue calls.
ROLES = {"cloud-operations", "product-teams"}


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Every string of a module that is no docstring, with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def test_no_name_of_either_catalogue_stands_in_the_code() -> None:
    """MISSION, RR-ROUTE, AEM-WINDOW: what is on sale is data."""
    names = names_of(SHIPPED) | names_of(HOUSE)
    assert {"rapid-response", "entitlement-review", "P1", "PT15M", "kaufhaus", "watchtower"} <= names
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text!r}"
        for package in CODE
        for path in sorted((ROOT / package).rglob("*.py"))
        for line, text in strings(path)
        if text in names
    ]
    assert found == []


def test_whom_a_service_gives_a_crisis_manager_the_crisis_can_be_handed_over_of() -> None:
    """BASE-CM: in the software house P2 has one during a sale alone, and German is a service's only language."""
    found = {}
    for name in ("06-during-the-sale.json", "01-nobody-can-buy.json"):
        case = json.loads((HOUSE / "cases" / name).read_text())
        contract, at = parse(case["contract"], SECOND.work_order), datetime.fromisoformat(case["at"])
        report = replace(REPORT.validate_python(case["incident"]), impact="shop_slow")
        decision = decide(report, contract, SECOND, submitted_at=at, at=at)
        standing = Standing(state="open", now=at, decision=decision, contract=contract)
        found[decision.service] = permit(HandOverCrisis(), standing, SECOND)
    assert found.pop("sale-watch") == Allowed("SH-SALE-TIME")
    assert [isinstance(answer, Refused) for answer in found.values()] == [True]


def test_the_public_catalogue_says_which_language_alone_a_service_has() -> None:
    """RR-ENGLISH"""
    assert {one["id"]: one["only_in"] for one in public(load(None))["services"]}["rapid-response"] == "en"
    assert {one["only_in"] for one in public(SECOND)["services"]} == {None}


def test_the_two_catalogues_have_versions_of_their_own() -> None:
    """SEV-ASSIGN"""
    assert SECOND.version != load(None).version
    assert not {s.id for s in SECOND.severities} & {s.id for s in load(None).severities}
