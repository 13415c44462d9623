"""The documents: every link leads somewhere, every path and verb that they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backbone.process.settings import Settings
from critsit.main import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
_TOP = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
#: What is there only once something has run.
_MADE = {"data/admin.key"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text("utf-8"))
    assert [link for link in links if "://" not in link and not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_paths_exist(document: Path) -> None:
    named = re.findall(r"`([\w.-]+(?:/[\w.-]+)*/?)`", document.read_text("utf-8"))
    paths = [name for name in named if "/" in name and name.split("/")[0] in _TOP and name not in _MADE]
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_verbs_of_make_exist(document: Path) -> None:
    there = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)\b", document.read_text("utf-8"), re.MULTILINE))
    assert named <= there


def test_commands_of_the_readme_and_the_runbook_exist() -> None:
    there = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    named = {
        word
        for name in ("README.md", "docs/runbook.md")
        for word in re.findall(r"(?:`|^ +|bin/)critsit ([a-z]+)\b", (ROOT / name).read_text("utf-8"), re.MULTILINE)
    }
    assert named
    assert named <= there


def test_the_readme_names_every_setting() -> None:
    table = (ROOT / "README.md").read_text("utf-8").partition("## Settings")[2]
    said: set[str] = set()
    for row in re.findall(r"^\| (.*?) \|", table, re.MULTILINE):
        first = ""
        for word in re.findall(r"`([A-Z_]+)`", row):
            first = first or word
            said.add((first.split("_")[0] + word if word.startswith("_") else word).lower())
    assert set(Settings.model_fields) - {"databases", "readers", "own"} - said == set()


def test_the_runbook_has_every_alert() -> None:
    alerts = re.findall(r"alert: (\w+)", (ROOT / "deploy/prometheus/rules.yml").read_text("utf-8"))
    runbook = (ROOT / "docs/runbook.md").read_text("utf-8")
    assert [alert for alert in alerts if f"## {alert}\n" not in runbook] == []
