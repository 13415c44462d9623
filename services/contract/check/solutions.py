"""The mission-critical solutions: an exhibit names clocks and severities that exist, and targets that are durations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.contract.wire import Duration, SolutionWire
from services.faults import pointer

from .sheet import Sheet


def check_solutions(sheet: Sheet, fields: Mapping[str, Any]) -> None:
    """Every solution by itself."""
    for where, solution in sheet.items(fields, "solutions", SolutionWire):
        for clock, targets in solution.exhibit.items():
            here = where + pointer("exhibit", clock)
            if clock not in sheet.terms.clocks:
                sheet.fault(here, None, f"{clock!r} is not a clock: {', '.join(sheet.terms.clocks)}")
            elif not isinstance(targets, dict):
                sheet.fault(here, None, "is not an object of severities and targets, as {\"1\": \"PT5M\"}")
            else:
                for severity, target in targets.items():
                    _target(sheet, here, severity, target)


def _target(sheet: Sheet, where: str, severity: object, target: object) -> None:
    here = where + pointer(str(severity))
    if severity not in sheet.terms.severities:
        sheet.fault(here, None, f"{severity!r} is not a severity: {', '.join(sheet.terms.severities)}")
    else:
        sheet.read(Duration, target, here)  # type: ignore[arg-type]
