"""Who is called, and when: a crisis manager and the queue's engineers at once, the next one where somebody can't.

Nobody on call is never silence: the duty manager is called, and told why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from pydantic_core import to_jsonable_python

from backbone.log.event import Event
from backbone.log.tx import Tx
from events.assignments import (
    MANAGEMENT,
    CrisisManagerAssigned,
    CrisisManagerRefused,
    CrisisManagerReleased,
    OwnerChanged,
    OwnerRefused,
    PeopleAssigned,
)
from services.assign import Assignment, Considered, assign
from services.catalogue.model import Catalogue
from services.contract.model import Contract
from services.hearings import hearings
from services.roster import Person, Role, Roster, on_call, with_role

from ..decisions.desk import Desk
from ..people.roster import CurrentRoster
from .loads import Loads

Count = Callable[[str], None]


class Calls:
    """Calls people for an incident, and settles who owns it."""

    def __init__(self, roster: CurrentRoster, count: Count) -> None:
        self._roster = roster
        self._count = count

    @property
    def roster(self) -> Roster:
        """Everybody, as the directory has them."""
        return self._roster()

    async def after_a_decision(
        self, tx: Tx, desk: Desk, contract: Contract | None, catalogue: Catalogue, loads: Loads, event: Event
    ) -> None:
        """Call whom the decision concerns and who was not called yet; nobody while the incident is not open."""
        if desk.state != "open":
            return
        assert desk.decision is not None
        if desk.wants_crisis_manager and desk.crisis_manager is None:
            await self.next_crisis_manager(tx, desk, f"severity {desk.decision.severity}", loads, event)
        if desk.in_crisis:
            self._engineers(tx, desk, desk.decision.queue, event)
        self._flags(tx, desk, contract, catalogue, event)

    def _engineers(self, tx: Tx, desk: Desk, queue: str, event: Event) -> None:
        """At an urgent severity the engineers of the queue, once; anew where it has been in another one meanwhile."""
        if desk.queues_called[-1:] != (queue,):
            desk.queues_called = (queue,)
            engineers = self._standing("engineer", tx, queue)
            if engineers:
                self._call(tx, desk, event, "engineer", engineers, f"on call for {queue}")
            else:
                self._nobody(tx, desk, event, f"no engineer is on call for {queue}")

    async def next_crisis_manager(self, tx: Tx, desk: Desk, reason: str, loads: Loads, event: Event) -> None:
        """The next by preference who was not called yet; where nobody is left, the duty manager (BASE-CM)."""
        assert desk.decision is not None
        roster = self.roster
        load = await loads.of([person.id for person in with_role(roster, "crisis-manager")])
        found = assign(desk.decision.language, roster, load, tx.now, frozenset(desk.tried), queue=desk.decision.queue)
        if isinstance(found, Assignment):
            self._assigned(tx, desk, found.person, reason, found.considered, loads, event)
            return
        self._let_go(tx, desk, reason, event)
        why = "every crisis manager on call was tried" if desk.tried else "no crisis manager is on call"
        self._nobody(tx, desk, event, f"{why} ({reason})", rule=desk.crisis_rule)

    async def reopened(
        self, tx: Tx, desk: Desk, contract: Contract | None, catalogue: Catalogue, loads: Loads, event: Event
    ) -> None:
        """Open again: who had it may be asleep by now, so that everybody is called anew."""
        self._let_go(tx, desk, "the incident is open again, and everybody is called anew", event)
        desk.tried = desk.queues_called = ()
        await self.after_a_decision(tx, desk, contract, catalogue, loads, event)

    def raised(self, desk: Desk) -> None:
        """A higher severity: while the first response is owed it is due sooner, and the engineers are called anew."""
        if not desk.responded:
            desk.queues_called = ()

    def stand_down(self, desk: Desk) -> None:
        """Who is not promised any more has it no longer, as the decision says; should it be a crisis again, everybody is
        called anew."""
        if desk.crisis_rule is None:
            desk.crisis_manager = desk.crisis_at = None
            desk.tried = ()
        if desk.decision is not None and not desk.decision.urgent:
            desk.queues_called = ()

    def by_hand(self, tx: Tx, desk: Desk, by: str, person: str, loads: Loads, event: Event) -> None:
        """Hand the crisis over; who is unknown is refused, and what is no crisis, and the present one stays."""
        known = self.roster.person(person)
        if known is None:
            tx.say(CrisisManagerRefused(by, person, f"nobody here has the id {person}"), desk.subject, cause=event)
        elif not desk.wants_crisis_manager:
            tx.say(CrisisManagerRefused(by, person, "the incident has no crisis manager"), desk.subject, cause=event)
        else:
            self._assigned(tx, desk, known, "handed over", (), loads, event)

    def acknowledged(self, tx: Tx, desk: Desk, person: str, loads: Loads, event: Event) -> None:
        """It is theirs, also where the next one had been called meanwhile; who was tried may be asked another time."""
        known = self.roster.person(person)
        if not desk.wants_crisis_manager:
            return
        if desk.crisis_manager != person and known is not None:
            self._assigned(tx, desk, known, "took it after all", (), loads, event, acknowledged=True)
        desk.tried = (person,)

    def owner(self, tx: Tx, desk: Desk, by: str, person: str | None, event: Event) -> None:
        """Hand over, or back into the queue."""
        known = self.roster.person(person) if person is not None else None
        if person is not None and known is None and self.roster.people:
            tx.say(OwnerRefused(by, person, f"nobody here has the id {person}"), desk.subject, cause=event)
            return
        desk.owner = person
        tx.say(OwnerChanged(by, person, known.name if known else person), desk.subject, cause=event)

    def name_of(self, id_: str) -> str:
        """A person's name, or what they called themselves."""
        known = self.roster.person(id_)
        return known.name if known is not None else id_

    def claimed(self, tx: Tx, desk: Desk, by: str) -> None:
        """Somebody takes it from the queue."""
        desk.owner = by
        tx.say(OwnerChanged(by, by, self.name_of(by)), desk.subject)

    def _assigned(
        self, tx: Tx, desk: Desk, person: Person, reason: str, considered: tuple[Considered, ...], loads: Loads, event: Event,
        *, acknowledged: bool = False,
    ) -> None:  # fmt: skip
        desk.crisis_manager, desk.crisis_at = person.id, tx.now
        loads.called[person.id] = tx.now
        desk.tried = (*(tried for tried in desk.tried if tried != person.id), person.id)
        looked: list[dict[str, Any]] = to_jsonable_python([asdict(one) for one in considered])
        said = CrisisManagerAssigned(person.id, person.name, len(desk.tried), reason, looked, acknowledged)
        tx.say(said, desk.subject, urgent=True, cause=event)
        self._count("crisis-manager")

    def _let_go(self, tx: Tx, desk: Desk, reason: str, event: Event) -> None:
        """Whoever has it, if anybody, has it no longer, and is shown no longer."""
        if desk.crisis_manager is not None:
            person = desk.crisis_manager
            tx.say(CrisisManagerReleased(person, self.name_of(person), reason), desk.subject, cause=event)
        desk.crisis_manager = desk.crisis_at = None

    def _nobody(
        self, tx: Tx, desk: Desk, event: Event, reason: str, rule: str | None = None, *, informs: bool = False
    ) -> None:
        people = self._standing("duty-manager", tx)
        self._call(tx, desk, event, "duty-manager", people, reason, rule, informs=informs)

    def _standing(self, role: Role, tx: Tx, queue: str | None = None) -> list[str]:
        return [found.person.id for found in on_call(self.roster, role, tx.now, queue)]

    def _call(
        self, tx: Tx, desk: Desk, event: Event, role: str, people: list[str], reason: str, rule: str | None = None,
        side: str = "provider", informs: bool = False, about: str | None = None,
    ) -> None:  # fmt: skip
        said = PeopleAssigned(role, side, people, reason, rule, informs, about)
        tx.say(said, desk.subject, urgent=None if informs else True, cause=event)
        self._count(role)

    def _flags(self, tx: Tx, desk: Desk, contract: Contract | None, catalogue: Catalogue, event: Event) -> None:
        """Whom a flag concerns hears of it, once a flag: the customer at every severity, the provider in a crisis."""
        assert desk.decision is not None
        for told in hearings(desk.decision, contract, catalogue):
            # Papers that are missing are the contract's matter: a storm of small things doesn't tell of them each time.
            if told.flag in desk.flags_told or (told.side == "provider" and not desk.in_crisis):
                continue
            desk.flags_told = (*desk.flags_told, told.flag)
            if told.side == "provider":
                self._inform(tx, desk, event, told.people, told.flag, told.rule)
            elif told.people:
                self._call(
                    tx, desk, event, told.role, list(told.people), told.flag, told.rule, side=told.side, informs=True
                )  # fmt: skip

    def management(self, tx: Tx, desk: Desk, by: str, reason: str, rule: str | None, event: Event) -> None:
        """The customer asks for management attention: the duty manager has it (RSM-BC)."""
        people = self._standing("duty-manager", tx)
        self._call(tx, desk, event, "duty-manager", people, f"{by} asks: {reason}", rule, about=MANAGEMENT)

    def runs_out(self, tx: Tx, desk: Desk, contract: Contract, reason: str, rule: str, event: Event) -> None:
        """A balance nears its end: the customer's delivery manager hears of it before it does."""
        self._inform(tx, desk, event, [one for one in (contract.delivery_manager,) if one is not None], reason, rule)

    def _inform(self, tx: Tx, desk: Desk, event: Event, people: Sequence[str], reason: str, rule: str) -> None:
        """The delivery managers that are meant; where nobody here has their id, the duty manager."""
        known = [person for person in people if self.roster.person(person) is not None]
        if known:
            self._call(tx, desk, event, "delivery-manager", known, reason, rule, informs=True)
        else:
            self._nobody(tx, desk, event, reason, rule, informs=True)
