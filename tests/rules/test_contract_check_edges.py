"""Every line of what a check of a work order finds, at its very edges: the golden table `work_order_faults.yaml`.

Each order is checked as JSON and as YAML, by the library and by the command; the set of faults is complete.
"""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from critsit.main import app
from services.catalogue.parse import load
from services.contract.check import check
from services.contract.parse import ContractFaults, parse
from services.yaml_text import read_yaml

TERMS = load(None).work_order
HERE = Path(__file__).parent
SOUND: dict[str, Any] = json.loads((HERE.parent / "faults" / "01-nothing-wrong.json").read_text())["contract"]
TABLE: Any = read_yaml((HERE / "work_order_faults.yaml").read_text())
Found = list[tuple[str, str, str]]


def order(case: dict[str, Any]) -> dict[str, Any]:
    """The sound work order with the case's changes, one after the other."""
    raw = copy.deepcopy(SOUND)
    for way, value in case.get("change", {}).items():
        place, last = _place(raw, way)
        if isinstance(place, list) and last == "-":
            place.append(copy.deepcopy(value))
        else:
            place[int(last) if isinstance(place, list) else last] = copy.deepcopy(value)
    for way in case.get("without", ()):
        place, last = _place(raw, way)
        del place[last]
    return raw


def _place(raw: Any, way: str) -> tuple[Any, str]:
    *keys, last = (key.replace("~1", "/") for key in way.strip().split("/")[1:])
    for key in keys:
        raw = raw[int(key) if isinstance(raw, list) else key]
    return raw, last


def wanted(case: dict[str, Any]) -> Found:
    faults = [(*fault, "fault")[:3] for fault in case["faults"]]
    return sorted((pointer, str(rule), level) for pointer, rule, level in faults)


def found(raw: object) -> Found:
    return sorted((fault.pointer, str(fault.rule), fault.level) for fault in check(raw, TERMS))


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case["name"])
def test_each_work_order_has_exactly_its_faults(case: dict[str, Any]) -> None:
    """TERM, MULTI, MULTI-BILLING, CONTACTS, AEM-CONFIRM, FLEX-20, FLEX-SDM, FLEX-ALLOCATE, REQUEST-60"""
    raw = order(case)
    assert found(raw) == wanted(case)
    if any(level == "fault" for _, _, level in wanted(case)):
        with pytest.raises(ContractFaults):
            parse(raw, TERMS)
    else:
        assert parse(raw, TERMS).number == raw["number"]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case["name"])
def test_a_work_order_in_yaml_has_the_same_faults(case: dict[str, Any]) -> None:
    """TERM: days and instants stand without quotes there, as people write them."""
    text = io.StringIO()
    YAML(typ="safe", pure=True).dump(order(case), text)
    assert found(read_yaml(text.getvalue())) == wanted(case)
    assert found(read_yaml(_without_quotes(text.getvalue()))) == wanted(case)


def _without_quotes(text: str) -> str:
    """Days and instants as YAML's own, where the dump has put them in quotes."""
    return "\n".join(line.replace("'", "") if ": '20" in line else line for line in text.splitlines())


def test_the_command_finds_the_same_in_json_and_in_yaml(tmp_path: Path) -> None:
    """TERM, MULTI, CONTACTS"""
    for number, case in enumerate(TABLE):
        (tmp_path / f"{number:03}.json").write_text(json.dumps(order(case)))
        with (tmp_path / f"{number:03}.yaml").open("w") as file:
            YAML(typ="safe", pure=True).dump(order(case), file)
    answer = CliRunner().invoke(app, ["check", str(tmp_path), "--json"])
    assert answer.exit_code == 1, answer.output
    files = {Path(one["file"]).name: one["faults"] for one in json.loads(answer.stdout)["files"]}
    assert len(files) == 2 * len(TABLE)
    for number, case in enumerate(TABLE):
        for name in (f"{number:03}.json", f"{number:03}.yaml"):
            faults = sorted((one["pointer"], str(one["rule"]), one["level"]) for one in files[name])
            assert faults == wanted(case), (name, case["name"])
