"""Who is reporting: the contract's contacts behind an e-mail address or a phone number (CONTACTS).

E-mail is compared without case, phone as E.164; nobody is guessed from a name.
"""

from __future__ import annotations

from services.report import Reporter

from .model import Contact, Contract


def contacts_of(contract: Contract, reporter: Reporter) -> tuple[Contact, ...]:
    """The contacts that the reporter may be: those with its e-mail, then those with its phone; empty without any."""
    found: tuple[Contact, ...] = ()
    for address in (reporter.email, reporter.phone):
        if address:
            found += tuple(c for c in contract.by_address.get(address.casefold(), ()) if c not in found)
    return found
