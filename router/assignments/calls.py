"""Who is called, and when: a crisis manager and the queue's engineers at once, the next one where somebody can't.

Nobody on call is never silence: the duty manager is called, and told why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pydantic_core import to_jsonable_python

from backbone.directory.directory import Directory
from backbone.log.event import Event
from backbone.log.tx import Tx
from events.assignments import CrisisManagerAssigned, OwnerChanged, OwnerRefused, PeopleAssigned
from services.assign import Assignment, Load, assign
from services.catalogue.model import Catalogue
from services.contract.model import Contract
from services.hearings import hearings
from services.roster import Override, Person, Roster, Rotation, on_call

from ..decisions import store
from ..decisions.desk import Desk

Count = Callable[[str], None]


class Calls:
    """Calls people for an incident, and settles who owns it."""

    def __init__(self, directory: Directory, catalogue: Catalogue, count: Count) -> None:
        self._directory = directory
        self._catalogue = catalogue
        self._count = count
        self._revision = -1
        self._roster = Roster()

    @property
    def roster(self) -> Roster:
        """Everybody, built anew when the directory has changed."""
        if self._revision != self._directory.revision:
            self._revision = self._directory.revision
            self._roster = roster_of(self._directory)
        return self._roster

    async def to_a_crisis(self, tx: Tx, desk: Desk, contract: Contract | None, event: Event) -> None:
        """At an urgent severity: a crisis manager, the engineers of the queue, and whom the flags concern."""
        assert desk.decision is not None
        if desk.crisis_manager is None:
            await self.next_crisis_manager(tx, desk, "severity " + desk.decision.severity, event)
        if not desk.engineers_called:
            desk.engineers_called = True
            people = [found.person.id for found in on_call(self.roster, "engineer", tx.now, desk.decision.queue)]
            if people:
                self._call(tx, desk, event, "engineer", people, f"on call for {desk.decision.queue}")
            else:
                self._nobody(tx, desk, event, f"no engineer is on call for {desk.decision.queue}")
        self._flags(tx, desk, contract, event)

    async def next_crisis_manager(self, tx: Tx, desk: Desk, reason: str, event: Event) -> None:
        """The next by preference who was not called yet; where nobody is left, the duty manager (BASE-CM)."""
        assert desk.decision is not None
        loads = {person: Load(count, since) for person, (count, since) in (await store.loads(tx)).items()}
        found = assign(
            desk.decision.language, self.roster, loads, tx.now, frozenset(desk.tried), queue=desk.decision.queue
        )
        if not isinstance(found, Assignment):
            desk.crisis_manager = desk.crisis_at = None
            why = "every crisis manager on call was tried" if desk.tried else "no crisis manager is on call"
            self._nobody(tx, desk, event, f"{why} ({reason})", rule="BASE-CM")
            return
        self._assigned(tx, desk, found.person, reason, [asdict(c) for c in found.considered], event)

    def by_hand(self, tx: Tx, desk: Desk, person: str, event: Event) -> None:
        """Hand the crisis over; somebody unknown is refused, and the present one stays."""
        known = self.roster.person(person)
        if known is None:
            tx.say(OwnerRefused(person, person, f"nobody here has the id {person}"), desk.subject, cause=event)
            return
        if desk.decision is not None and desk.decision.urgent and desk.state == "open":
            self._assigned(tx, desk, known, "handed over", [], event)

    def acknowledged(self, tx: Tx, desk: Desk, person: str, event: Event) -> None:
        """It is theirs, also where the next one had been called meanwhile; who was tried may be asked another time."""
        known = self.roster.person(person)
        if desk.crisis_manager != person and known is not None and desk.state == "open":
            self._assigned(tx, desk, known, "took it after all", [], event)
        desk.tried = (person,)

    def owner(self, tx: Tx, desk: Desk, by: str, person: str | None, event: Event) -> None:
        """Hand over, or back into the queue."""
        known = self.roster.person(person) if person is not None else None
        if person is not None and known is None and self.roster.people:
            tx.say(OwnerRefused(by, person, f"nobody here has the id {person}"), desk.subject, cause=event)
            return
        desk.owner = person
        tx.say(OwnerChanged(by, person, known.name if known else person), desk.subject, cause=event)

    def claimed(self, tx: Tx, desk: Desk, by: str, name: str) -> None:
        """Somebody takes it from the queue."""
        desk.owner = by
        tx.say(OwnerChanged(by, by, name), desk.subject)

    def _assigned(
        self, tx: Tx, desk: Desk, person: Person, reason: str, considered: list[dict[str, Any]], event: Event
    ) -> None:
        desk.crisis_manager, desk.crisis_at = person.id, tx.now
        desk.tried = (*(p for p in desk.tried if p != person.id), person.id)
        said = CrisisManagerAssigned(person.id, person.name, len(desk.tried), reason, to_jsonable_python(considered))
        tx.say(said, desk.subject, urgent=True, cause=event)
        self._count("crisis-manager")

    def _nobody(self, tx: Tx, desk: Desk, event: Event, reason: str, rule: str | None = None) -> None:
        people = [found.person.id for found in on_call(self.roster, "duty-manager", tx.now)]
        self._call(tx, desk, event, "duty-manager", people, reason, rule)

    def _call(
        self, tx: Tx, desk: Desk, event: Event, role: str, people: list[str], reason: str, rule: str | None = None,
        side: str = "provider",
    ) -> None:  # fmt: skip
        tx.say(PeopleAssigned(role, side, people, reason, rule), desk.subject, urgent=True, cause=event)
        self._count(role)

    def _flags(self, tx: Tx, desk: Desk, contract: Contract | None, event: Event) -> None:
        """Whom a flag concerns hears of it, once a flag."""
        assert desk.decision is not None
        for told in hearings(desk.decision, contract, self._catalogue):
            if told.flag in desk.flags_told:
                continue
            if told.side == "customer":
                if told.people:
                    self._call(tx, desk, event, told.role, list(told.people), told.flag, told.rule, side=told.side)
            else:
                people = [person for person in told.people if self.roster.person(person) is not None]
                if people:
                    self._call(tx, desk, event, told.role, people, told.flag, told.rule)
                else:
                    self._nobody(tx, desk, event, told.flag, told.rule)
            desk.flags_told = (*desk.flags_told, told.flag)


def roster_of(directory: Directory) -> Roster:
    """The roster as the directory has it."""
    people: list[Person] = [stored.value for stored in directory.all("person")]
    rotations: list[Rotation] = [stored.value for stored in directory.all("rotation")]
    overrides: list[Override] = [stored.value for stored in directory.all("override")]
    return Roster(people=tuple(people), rotations=tuple(rotations), overrides=tuple(overrides))
