"""What the flags that any incident may get say of this one, in sentences for the customer.

The flags of a service are told by the catalogue's own words.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.catalogue.model import Catalogue
from services.contract.model import Contract
from services.decision import Decision
from services.report import Report


def flags_in_words(
    decision: Decision, report: Report, contract: Contract | None, catalogue: Catalogue
) -> Iterator[str]:
    """A sentence a flag: another severity was asked for, the location or the solution is not known."""
    flags = catalogue.flags
    if flags.severity_differs.flag in decision.flags:
        rule = flags.severity_differs.rule
        yield f"Severity {report.requested_severity} was asked for, which is recorded and does not bind ({rule})."
    if flags.unknown_location.flag in decision.flags and contract is not None:
        rule = flags.unknown_location.rule
        yield f"{report.location!r} is no location of the work order: the host's, {contract.host.id}, is taken ({rule})."
    if flags.unknown_solution.flag in decision.flags:
        yield f"{report.solution!r} is no solution of the work order ({flags.unknown_solution.rule})."
