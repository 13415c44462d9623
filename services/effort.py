"""Which bought hours the effort on an incident is drawn from (DSE, RSM-ADDON); other effort draws from nothing.

Advisory effort has hours of its own (ADV), and never draws others.
"""

from __future__ import annotations

from services.catalogue.model import BoughtHours, Catalogue
from services.catalogue.products import matches
from services.contract.model import Contract
from services.decision import Decision


def hours_of(
    contract: Contract, decision: Decision | None, product: str | None, catalogue: Catalogue, *, manages: bool
) -> BoughtHours | None:
    """The hours that effort on the product draws from, None where from none. `manages`: it is management attention that
    was asked for from bought hours."""
    if manages:
        return catalogue.management.bought
    designated = contract.designated
    if designated is None or not matches(designated.products, product):
        return None
    if decision is not None and decision.terms.advisory_limit is not None:
        return None  # it has hours of its own (ADV), which intake counts
    place = decision.terms.location if decision is not None else None
    if place is not None and place != designated.location:
        return None
    return next((hours for hours in catalogue.effort.balances if contract.bought(hours.service)), None)
