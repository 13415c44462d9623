"""Who a side's executives are: the provider's by its roster, the customer's by its work order.

Where there are none the answer is empty, and whoever asks tells the duty manager.
"""

from __future__ import annotations

from datetime import datetime

from notifier.rules.who import Somebody
from services.contract.model import Contract
from services.roster import Roster, on_call, with_role


def of_the_provider(roster: Roster, at: datetime) -> tuple[Somebody, ...]:
    """BASE-EXEC-PROVIDER: those on call where a rotation of executives has somebody, else every one."""
    standing = tuple(found.person for found in on_call(roster, "executive", at))
    return tuple(Somebody(person.id, person.name) for person in standing or with_role(roster, "executive"))


def of_the_customer(contract: Contract | None) -> tuple[Somebody, ...]:
    """BASE-EXEC-CUSTOMER: the contacts that the work order names as executives."""
    contacts = contract.contacts if contract is not None else ()
    return tuple(Somebody(contact.id, contact.name) for contact in contacts if "executive" in contact.roles)
