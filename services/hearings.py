"""Whom a decision's flags concern: the customer's administrators, or its delivery manager.

Which flags they are the catalogue says; a flag that nobody is named for stays on the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.calendar import calendar_of, next_open
from services.catalogue.model import Catalogue
from services.contract.contacts import administrators
from services.contract.model import Contract
from services.decision import Decision


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who is told of a flag, and by which rule. `people` are ids: of contacts on the customer's side, else of people;
    empty where none is named, and whoever is on duty stands in."""

    flag: str
    rule: str
    role: Literal["administrator", "delivery-manager"]
    side: Literal["customer", "provider"]
    people: tuple[str, ...]


def hearings(decision: Decision, contract: Contract | None, catalogue: Catalogue) -> tuple[Hearing, ...]:
    """Who hears of the decision's flags, in their order; nobody without a contract.

    An administrator confirms an unverified reporter (CONTACTS, ADMIN); missing papers are the delivery manager's.
    """
    if contract is None:
        return ()
    papers = {s.papers.flag: s.papers.rule for s in catalogue.services if s.papers is not None}
    found = []
    for flag in decision.flags:
        if flag == catalogue.reporting.flag:
            people = tuple(contact.id for contact in administrators(contract, decision.terms.location))
            found.append(Hearing(flag, catalogue.reporting.rule, "administrator", "customer", people))
        elif flag in papers:
            manager = (contract.delivery_manager,) if contract.delivery_manager is not None else ()
            found.append(Hearing(flag, papers[flag], "delivery-manager", "provider", manager))
    return tuple(found)


def delivery_manager_from(contract: Contract, catalogue: Catalogue, at: datetime) -> datetime:
    """From when the delivery manager is there: the host location's business hours (MULTI-SDM). Raises NeverOpen."""
    return next_open(calendar_of(contract, contract.host.id, catalogue.business_hours), at)
