"""Whose hours the effort on an incident is: advisory support's own, or designated ones that were bought (ADV, DSE).

It is told by the same terms by which effort is refused and balances are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from services.catalogue.model import Catalogue
from services.contract.model import Contract
from services.decision import Decision
from services.effort import hours_of
from services.explain_words import promised
from services.report import Report


def effort_in_words(
    decision: Decision, report: Report, contract: Contract | None, catalogue: Catalogue
) -> Iterator[str]:
    """The limit of the effort, where there is one; else that designated engineers join, where they do: while the work
    order runs, and where it bought hours."""
    terms = decision.terms
    if terms.advisory_limit is not None:
        most = promised(timedelta(minutes=terms.advisory_limit), business=False)
        yield f"At most {most} of effort are covered ({terms.advisory_rule})."
        return
    designated = contract.designated if contract is not None else None
    if contract is None or designated is None or designated.location != terms.location:
        return
    if catalogue.review.out_of_term.flag in decision.flags:
        return
    hours = hours_of(contract, decision, report.product, catalogue, manages=False)
    if hours is not None and contract.balances.get(hours.balance, 0) > 0:
        yield (
            f"Designated engineers join in the business hours of {designated.location}, from the hours that were bought"
            f" ({hours.rule})."
        )
