"""The contract's ledger: each rule, where it is decided, and the tests that name it; written to `docs/contract.md`.

The same files always give the same page: `python -m tests.harness.ledger` writes it, a test sees that it is fresh.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from services.catalogue.model import Rule
from services.catalogue.parse import load

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "contract.md"
PACKAGES = ("services", "events", "intake", "router", "escalation", "notifier")
#: The rules' own page names every one of them, and decides nothing.
WORDS_ONLY = ROOT / "services" / "catalogue" / "enterprise" / "rules.yaml"
_ID = re.compile(r"(?<![A-Za-z0-9_-])[A-Z0-9]+(?:-[A-Z0-9]+)*(?![A-Za-z0-9_-])")

HEAD = """# The contract, rule by rule

Each rule of the catalogue: where the service description has it, what it says, where it is decided, and which tests
name it. Written by `python -m tests.harness.ledger`, never by hand; a test fails while it is stale.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule, the files that decide by it, and the tests that name it: `path` and the name as a sentence."""

    id: str
    rule: Rule
    decided_in: tuple[str, ...]
    tests: tuple[tuple[str, str], ...]


def ledger() -> tuple[Entry, ...]:
    """Every rule of the shipped catalogue, in its order."""
    rules = load(None).rules
    decided: dict[str, set[str]] = defaultdict(set)
    tried: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for path in _sources():
        for id_ in _named(path.read_text(encoding="utf-8"), rules):
            decided[id_].add(_short(path))
    for where, name, text in _tests():
        for id_ in _named(text, rules):
            tried[id_].add((where, name))
    return tuple(
        Entry(id_, rule, tuple(sorted(decided[id_])), tuple(sorted(tried[id_]))) for id_, rule in rules.items()
    )


def page(entries: tuple[Entry, ...]) -> str:
    """The ledger as Markdown."""
    return HEAD + "".join(f"\n{_entry(entry)}" for entry in entries)


def _entry(entry: Entry) -> str:
    ours = " *(ours)*" if entry.rule.ours else ""
    files = ", ".join(f"`{path}`" for path in entry.decided_in) or "nowhere"
    by_file: dict[str, list[str]] = defaultdict(list)
    for path, name in entry.tests:
        by_file[path].append(name)
    tests = "".join(f"- `{path}`: {'; '.join(names)}\n" for path, names in by_file.items()) or "- none\n"
    return f"## {entry.id}\n\n{entry.rule.section}{ours}. {entry.rule.text}\n\nDecided in {files}. Tried by:\n\n{tests}"


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in (".py", ".yaml") and path != WORDS_ONLY:
                yield path


def _tests() -> Iterator[tuple[str, str, str]]:
    """(file, name as a sentence, text) of each test function, and of each conformance case."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield _short(path), node.name.removeprefix("test_").replace("_", " "), ast.get_docstring(node) or ""
    for path in sorted((ROOT / "tests" / "cases").glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        yield "tests/cases", case["name"], " ".join(case["rules"])


def _named(text: str, rules: Container[str]) -> set[str]:
    return {match for match in _ID.findall(text) if match in rules}


def _short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def main() -> int:
    """Writes the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(ledger()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
