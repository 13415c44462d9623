"""What is wrong with a work order: every fault at once, each with its place and its rule.

What can't be read is a fault too, and the rest is checked all the same; nothing here raises.
"""

from __future__ import annotations

from services.catalogue.work_order import WorkOrderTerms
from services.contract.shapes import WORK_ORDER
from services.faults import Fault

from .balances import check_balances
from .bookings import check_bookings
from .contacts import check_contacts
from .designated import check_designated
from .events import check_events
from .flex import check_flex
from .locations import check_locations
from .sheet import Sheet
from .solutions import check_solutions
from .term import check_term

_SUBJECTS = (
    check_term, check_locations, check_contacts, check_events, check_solutions, check_balances, check_flex,
    check_bookings, check_designated,
)  # fmt: skip


def check(raw: object, terms: WorkOrderTerms) -> list[Fault]:
    """All faults and warnings of a work order (parsed JSON, or YAML of the same shape), in the order of their pointers.

    `terms` is the catalogue's page on work orders, `catalogue.work_order`.
    """
    if not isinstance(raw, dict):
        return [Fault("", None, "fault", "a work order is an object: number, customer, term, services, locations, …")]
    sheet = Sheet(terms, raw)
    sheet.read(WORK_ORDER, raw, "")
    sheet.known(raw.get("services"), "/services", "a service that is sold", terms.services)
    for subject in _SUBJECTS:
        subject(sheet)
    return sorted(set(sheet.faults), key=lambda fault: (fault.pointer, fault.rule or "", fault.message))


__all__ = ["Fault", "check"]
