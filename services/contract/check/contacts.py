"""The contacts: each can be reached, has roles that exist, and a location that is listed (CONTACTS).

An address that can't be read is a fault of its own, and not also a missing one.
"""

from __future__ import annotations

from services.contract.shapes import CONTACT
from services.faults import pointer

from .sheet import Sheet


def check_contacts(sheet: Sheet) -> None:
    """Every contact by itself."""
    stated = sheet.list_of("contacts")
    for where, contact in sheet.items("contacts", CONTACT):
        raw = stated[int(where.rpartition("/")[2])]
        if isinstance(raw, dict):
            if not raw.get("email") and not raw.get("phone"):
                sheet.fault(where, sheet.terms.addresses.rule, "has neither e-mail nor phone: give one of them")
            sheet.known(raw.get("roles"), where + pointer("roles"), "a contact's role", sheet.terms.contact_roles)
        sheet.listed(contact.get("location"), where + "/location")
