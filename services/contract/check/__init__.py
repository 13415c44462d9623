"""What is wrong with a work order: every fault at once, each with its place and its rule.

What can't be read is a fault too, and the rest is checked all the same; nothing here raises.
"""

from __future__ import annotations

from services.catalogue.work_order import WorkOrderTerms
from services.faults import Fault

from .bookings import check_bookings
from .contacts import check_contacts
from .events import check_events
from .flex import check_flex
from .locations import check_locations
from .rest import check_rest
from .sheet import Sheet
from .solutions import check_solutions
from .term import check_term


def check(raw: object, terms: WorkOrderTerms) -> list[Fault]:
    """All faults and warnings of a work order (parsed JSON), in the order of their pointers."""
    sheet = Sheet(terms)
    fields = sheet.top(raw)
    if fields is not None:
        check_term(sheet, fields)
        check_locations(sheet, fields)
        check_contacts(sheet, fields)
        check_events(sheet, fields)
        check_solutions(sheet, fields)
        check_flex(sheet, fields)
        check_bookings(sheet, fields)
        check_rest(sheet, fields)
    return sorted(set(sheet.faults), key=lambda f: (f.pointer, f.rule or "", f.message))


__all__ = ["Fault", "check"]
