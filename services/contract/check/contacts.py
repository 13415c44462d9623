"""The contacts: each can be reached, has roles that exist, and a location that is listed (CONTACTS)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.contract.wire import ContactWire

from .sheet import Sheet


def check_contacts(sheet: Sheet, fields: Mapping[str, Any]) -> None:
    """Every contact by itself."""
    listed = sheet.location_ids(fields)
    for where, contact in sheet.items(fields, "contacts", ContactWire):
        if not contact.email and not contact.phone:
            sheet.fault(where, sheet.terms.addresses.rule, f"{contact.name} has neither e-mail nor phone: give one")
        for index, role in enumerate(contact.roles):
            if role not in sheet.terms.contact_roles:
                known = ", ".join(sheet.terms.contact_roles)
                sheet.fault(f"{where}/roles/{index}", None, f"{role!r} is not a role of a contact: {known}")
        if contact.location is not None and contact.location not in listed:
            sheet.fault(where + "/location", None, f"{contact.location!r} is not a listed location")
