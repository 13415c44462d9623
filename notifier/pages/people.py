"""Finds people: by which channels somebody is reached, and in which time zone they live.

Looked up anew at every attempt, since a phone number may have been corrected since the page was made.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from backbone.directory.directory import Directory, Unreadable
from backbone.postgres.connection import Connection
from notifier.channels import Channel, Mailbox, Way, ways
from notifier.pages.incident import Incident
from notifier.pages.page import Page, Side
from services.contract.model import Contract
from services.contract.parse import build
from services.roster import Override, Person, Roster, Rotation, parse_override, parse_person, parse_rotation

#: How the directory's objects become values here.
PARSERS = {"contract": build, "person": parse_person, "rotation": parse_rotation, "override": parse_override}


@dataclass(frozen=True, slots=True)
class Reach:
    """How somebody is reached. `last_resort` where only the mailbox is left though real channels are configured."""

    ways: tuple[Way, ...]
    time_zone: str
    last_resort: bool = False


@dataclass(slots=True)
class People:
    """The directory as the notifier asks it."""

    directory: Directory
    channels: Mapping[str, Channel]
    _roster: Roster = field(default_factory=Roster)
    _revision: int = -1

    def roster(self) -> Roster:
        """Everybody, and who is on call when; made anew only when the directory has changed."""
        if self._revision != self.directory.revision:
            self._revision = self.directory.revision
            self._roster = Roster(
                tuple(x.value for x in self.directory.all("person") if isinstance(x.value, Person)),
                tuple(x.value for x in self.directory.all("rotation") if isinstance(x.value, Rotation)),
                tuple(x.value for x in self.directory.all("override") if isinstance(x.value, Override)),
            )
        return self._roster

    async def contract(self, incident: Incident, connection: Connection | None = None) -> Contract | None:
        """The incident's contract as it is now (contacts change), else as it was when it was decided."""
        if incident.contract is None:
            return None
        found = self.directory.get("contract", incident.contract)
        if found is None and incident.contract_version is not None:
            with contextlib.suppress(Unreadable):  # it is logged, and the duty manager is reached without it
                found = await self.directory.frozen(
                    "contract", incident.contract, incident.contract_version, connection
                )
        return found.value if found is not None and isinstance(found.value, Contract) else None

    def customer(self, incident: Incident) -> str | None:
        """Whose incident it is: by its decision, before there is one by the contract that the report names; of one that is
        not here the number."""
        if incident.customer is not None or incident.contract is None:
            return incident.customer
        found = self.directory.get("contract", incident.contract)
        if found is not None and isinstance(found.value, Contract):
            return found.value.customer
        return f"contract {incident.contract}"

    def name(self, person: str) -> str:
        """A person's name; the id where nobody has it."""
        found = self.directory.get("person", person)
        return found.value.name if found is not None and isinstance(found.value, Person) else person

    async def reach(self, page: Page, incident: Incident, connection: Connection | None = None) -> Reach:
        """By which ways the page's person is reached: at least one."""
        contacts: tuple[tuple[str, str], ...] = ()
        zone = "UTC"
        if page.side is Side.CUSTOMER:
            contract = await self.contract(incident, connection)
            contact = next((x for x in contract.contacts if x.id == page.person), None) if contract else None
            if contract is not None and contact is not None:
                contacts = tuple(
                    (channel, address)
                    for channel, address in (("email", contact.email), ("sms", contact.phone), ("voice", contact.phone))
                    if address is not None
                )
                zone = (contract.location(contact.location) or contract.host).time_zone
        else:
            found = self.directory.get("person", page.person)
            if found is not None and isinstance(found.value, Person):
                contacts = tuple((x.channel, x.address) for x in found.value.contacts)
                zone = found.value.time_zone
        found_ways = ways(contacts, self.channels, page.person)
        if found_ways:
            return Reach(found_ways, zone)
        return Reach((Way("mailbox", _mailbox(self.channels), page.person),), zone, last_resort=True)


def _mailbox(channels: Mapping[str, Channel]) -> Mailbox:
    mailbox = channels["mailbox"]
    assert isinstance(mailbox, Mailbox)
    return mailbox
