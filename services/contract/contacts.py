"""Who is reporting: the contract's contacts behind an e-mail address or a phone number (CONTACTS).

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
