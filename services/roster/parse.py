"""Turns what was handed in (parsed JSON or YAML) into a roster, or says everything that is wrong with it.

Nothing half understood becomes a roster: one fault refuses the whole, and no fault hides another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from services.faults import Fault, faults_of_shape, pointer, refuses
from services.roster.faults import Raw, names_in, of_override, of_person, of_rotation, strangers, twice
from services.roster.model import Override, Person, PersonContact, Roster, Rotation, Shift
from services.roster.names import KEYS, override_id
from services.roster.wire import OVERRIDE, PERSON, ROTATION, OverrideWire, PersonWire, RotationWire

_EMPTY = Roster()

T = TypeVar("T")


class RosterFaults(ValueError):
    """What was handed in is no roster, person, rotation or override; `faults` has every reason. Not worth a retry."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.pointer or '/'} {fault.message}" for fault in self.faults))


def parse(raw: object, known: Roster = _EMPTY) -> Roster:
    """The roster in `raw`, `{"people": [...], "rotations": [...], "overrides": [...]}`, each list optional.

    `known` is what there is besides, so that a rotation may name people of another file. Raises RosterFaults."""
    draft = _read(raw, known)
    _accept(draft.faults)
    return Roster(tuple(draft.people), tuple(draft.rotations), tuple(draft.overrides))


def check(raw: object, known: Roster = _EMPTY) -> list[Fault]:
    """Every fault and warning of the roster in `raw`, none of them hiding another; empty where it is sound."""
    return _read(raw, known).faults


def check_together(
    raws: Sequence[object], people: Iterable[str] = (), rotations: Iterable[str] = ()
) -> list[list[Fault]]:
    """The faults and warnings of each of several rosters that belong together, such as the files of a folder.

    A name counts wherever it stands among them, or in `people` and `rotations`, which there are besides; the same one
    twice is the later one's fault."""
    return [draft.faults for draft in _read_all(raws, people, rotations)]


def parse_person(raw: object) -> Person:
    """One person. Raises RosterFaults."""
    return _one(raw, "people", Person)


def parse_rotation(raw: object) -> Rotation:
    """One rotation; whether its members exist is not looked at, since they may come later. Raises RosterFaults."""
    return _one(raw, "rotations", Rotation)


def parse_override(raw: object) -> Override:
    """One override; whether its rotation and people exist is not looked at. Raises RosterFaults."""
    return _one(raw, "overrides", Override)


@dataclass(slots=True)
class _Draft:
    faults: list[Fault] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    rotations: list[Rotation] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)

    def add(self, kind: str, raw: object, at: str) -> None:
        if kind == "people":
            self._more(of_person, raw, at)
            self.people += (_person(wire) for wire in self._wire(PERSON, raw, at))
        elif kind == "rotations":
            self._more(of_rotation, raw, at)
            self.rotations += (_rotation(wire) for wire in self._wire(ROTATION, raw, at))
        else:
            self._more(of_override, raw, at)
            self.overrides += (_override(wire) for wire in self._wire(OVERRIDE, raw, at))

    def _more(self, finds: Callable[[Raw, str], list[Fault]], raw: object, at: str) -> None:
        # Looked for in what was written, so that a fault of form hides no other.
        if isinstance(raw, dict):
            self.faults += finds(raw, at)

    def _wire(self, adapter: TypeAdapter[T], raw: object, at: str) -> list[T]:
        try:
            return [adapter.validate_python(raw)]
        except ValidationError as error:
            self.faults += faults_of_shape(error, at)
            return []


def _one(raw: object, kind: str, cls: type[T]) -> T:
    draft = _Draft()
    draft.add(kind, raw, "")
    _accept(draft.faults)
    (value,) = getattr(draft, kind)
    assert isinstance(value, cls)
    return value


def _accept(faults: list[Fault]) -> None:
    if refuses(faults):
        raise RosterFaults(fault for fault in faults if fault.level == "fault")


def _read(raw: object, known: Roster) -> _Draft:
    (draft,) = _read_all([raw], (one.id for one in known.people), (one.name for one in known.rotations))
    return draft


def _read_all(raws: Sequence[object], people: Iterable[str], rotations: Iterable[str]) -> list[_Draft]:
    # Names are taken from what was written, not from what was understood: a person with a fault is not also missing.
    known = {*people}.union(*(names_in(raw, "people") for raw in raws))
    called = {*rotations}.union(*(names_in(raw, "rotations") for raw in raws))
    seen: set[tuple[str, str]] = set()
    drafts = []
    for raw in raws:
        draft = _read_alone(raw)
        draft.faults += twice(raw, seen) + strangers(raw, known, called)
        drafts.append(draft)
    return drafts


def _read_alone(raw: object) -> _Draft:
    draft = _Draft()
    if not isinstance(raw, dict):
        draft.faults.append(Fault("", None, "fault", "is not an object with people, rotations and overrides"))
        return draft
    for key in raw:
        if key not in KEYS:
            draft.faults.append(Fault(pointer(str(key)), None, "fault", "is not a field here"))
    for kind in KEYS:
        items = raw.get(kind)
        if not isinstance(items, list | None):
            draft.faults.append(Fault(pointer(kind), None, "fault", "is not a list"))
            continue
        for index, item in enumerate(items or []):
            draft.add(kind, item, pointer(kind, index))
    return draft


def _person(wire: PersonWire) -> Person:
    return Person(
        id=wire.id,
        name=wire.name,
        roles=wire.roles,
        languages=wire.languages,
        skills=wire.skills,
        time_zone=wire.time_zone,
        contacts=tuple(PersonContact(channel=item.channel, address=item.address) for item in wire.contacts),
    )


def _rotation(wire: RotationWire) -> Rotation:
    shift = wire.shift
    return Rotation(
        name=wire.name,
        role=wire.role,
        time_zone=wire.time_zone,
        members=wire.members,
        on_call=wire.on_call,
        shift=None if shift is None else Shift(every=shift.every, starts_at=shift.starts_at),
        hours=None if wire.hours is None else wire.hours.week(),
        queues=wire.queues,
    )


def _override(wire: OverrideWire) -> Override:
    return Override(
        id=wire.id or override_id(wire.rotation, wire.person, wire.replaces, wire.start),
        rotation=wire.rotation,
        person=wire.person,
        replaces=wire.replaces,
        start=wire.start,
        end=wire.end,
    )
