"""Who is who of the customer: behind an e-mail address or a phone number (CONTACTS), and who administers (ADMIN).

E-mail is compared without case, phone as E.164; nobody is guessed from a name.
"""

from __future__ import annotations

from services.report import Reporter

from .model import Contact, Contract


def contacts_of(contract: Contract, reporter: Reporter) -> tuple[Contact, ...]:
    """The contacts that the reporter is, those of the e-mail address first; empty where it is none of them."""
    found: dict[str, Contact] = {}
    for address in (reporter.email, reporter.phone):
        for contact in contract.by_address.get(address.casefold(), ()) if address else ():
            found.setdefault(contact.id, contact)
    return tuple(found.values())


def administrators(contract: Contract, location: str | None) -> tuple[Contact, ...]:
    """The support service administrators to ask about something at a location: its own, else the host's, else all.

    ADMIN: there is one for each location, where several are supported; one without a location is the host's.
    """
    everybody = tuple(contact for contact in contract.contacts if "administrator" in contact.roles)
    for place in (location or contract.host.id, contract.host.id):
        found = tuple(c for c in everybody if (c.location or contract.host.id) == place)
        if found:
            return found
    return everybody
