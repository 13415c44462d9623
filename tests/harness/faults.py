"""Work orders with and without faults, and what the check finds in them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from services.catalogue.parse import load
from services.contract.check import check

TERMS = load(None).work_order
CASES = sorted((Path(__file__).parent.parent / "faults").glob("*.json"))
SOUND: dict[str, Any] = json.loads(CASES[0].read_text())["contract"]
EVENT = {"id": "e", "name": "e", "starts_at": "2026-06-01T08:00:00Z", "ends_at": "2026-06-02T08:00:00Z",
         "confirmed_at": "2026-04-06T08:00:00Z", "products": ["azure/*"], "solution": None, "form": "f"}  # fmt: skip


def found(contract: object) -> set[tuple[str, str | None, str]]:
    """Pointer, rule and level of each."""
    return {(fault.pointer, fault.rule, fault.level) for fault in check(contract, TERMS)}


def faulty(**changes: Any) -> dict[str, Any]:
    """The sound one, changed."""
    return copy.deepcopy(SOUND) | changes
