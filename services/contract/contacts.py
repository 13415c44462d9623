"""Who is reporting: the contract's contact behind an e-mail address or a phone number (CONTACTS).

E-mail is compared without case, phone as E.164; nobody is guessed from a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from services.report import Reporter

from .model import Contact, Contract


@lru_cache(maxsize=512)
def _index(contacts: tuple[Contact, ...]) -> Mapping[str, tuple[Contact, ...]]:
    found: dict[str, list[Contact]] = {}
    for contact in contacts:
        for address in (contact.email, contact.phone):
            if address:
                found.setdefault(address.casefold(), []).append(contact)
    return {address: tuple(people) for address, people in found.items()}


def contacts_of(contract: Contract, reporter: Reporter) -> tuple[Contact, ...]:
    """The contacts that the reporter may be, by e-mail first, then by phone; empty where it is none of them."""
    index = _index(contract.contacts)
    for address in (reporter.email, reporter.phone):
        if address and (people := index.get(address.casefold())):
            return people
    return ()
