"""The alerts: each speaks when it should and holds its tongue otherwise, and asks for metrics that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from ruamel.yaml import YAML

from backbone.process.gauges import Gauges

_FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian: prometheus)")
@pytest.mark.parametrize(
    "asked",
    [["check", "config", "prometheus.yml"], ["check", "rules", "rules.yml"], ["test", "rules", "rules_test.yml"]],
    ids=" ".join,
)
def test_promtool_finds_nothing_wrong(asked: list[str]) -> None:
    done = subprocess.run(["promtool", *asked], cwd=_FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_asks_for_a_metric_that_a_stage_has() -> None:
    registry = CollectorRegistry()
    Gauges(registry).know("intake")
    there = {metric.name for metric in registry.collect()}
    groups = YAML(typ="safe").load(_FOLDER / "rules.yml")["groups"]
    asked = {name for group in groups for rule in group["rules"] for name in re.findall(r"critsit_\w+", rule["expr"])}
    assert asked
    assert asked <= there
