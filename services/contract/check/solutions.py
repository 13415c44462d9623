"""The mission-critical solutions: an exhibit names clocks and severities that exist, and targets that are durations.

Which ones exist is the catalogue's to say.
"""

from __future__ import annotations

from services.contract.shapes import SOLUTION, TARGET, read_field
from services.faults import pointer

from .sheet import Sheet


def check_solutions(sheet: Sheet) -> None:
    """Every solution by itself."""
    for where, solution in sheet.items("solutions", SOLUTION):
        exhibit = solution.get("exhibit")
        if exhibit is None:
            continue
        if not isinstance(exhibit, dict):
            sheet.fault(where + "/exhibit", None, 'is not an object, for example {"first_response": {"1": "PT5M"}}')
            continue
        for clock, targets in exhibit.items():
            _clock(sheet, where + pointer("exhibit", str(clock)), clock, targets)


def _clock(sheet: Sheet, where: str, clock: object, targets: object) -> None:
    known = sheet.terms.clocks
    if clock not in known:
        sheet.fault(where, None, f"{clock!r} is not a clock; these are: {', '.join(known)}")
    elif not isinstance(targets, dict):
        sheet.fault(where, None, 'is not an object of targets by severity, for example {"1": "PT5M"}')
    else:
        for severity, target in targets.items():
            here = where + pointer(str(severity))
            if str(severity) not in sheet.terms.severities:  # YAML reads a bare 1 as a number
                severities = ", ".join(sheet.terms.severities)
                sheet.fault(here, None, f"{severity!r} is not a severity; these are: {severities}")
            else:
                read_field(TARGET, target, here, sheet.faults, {}, "target")
