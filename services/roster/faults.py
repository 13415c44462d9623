"""What can be wrong with people, rotations and overrides beyond their form.

Each finding stands at the place that its author has to change.
"""

from __future__ import annotations

import re

from services.faults import Fault, pointer
from services.roster.model import Member
from services.roster.names import KEYS, name_of
from services.roster.wire import instant

_SHAPES = {
    "sms": (re.compile(r"\+[1-9][0-9]{3,14}"), "is not a phone number in E.164, for example +351210000001"),
    "voice": (re.compile(r"\+[1-9][0-9]{3,14}"), "is not a phone number in E.164, for example +351210000001"),
    "email": (re.compile(r"[^@\s]+@[^@\s]+"), "is not an e-mail address"),
    "webhook": (re.compile(r"https?://[^/\s]+\S*"), "is not an http or https address"),
}

Raw = dict[object, object]


def _items(raw: object, kind: str) -> list[tuple[int, Raw]]:
    items = raw.get(kind) if isinstance(raw, dict) else None
    return [(i, item) for i, item in enumerate(items if isinstance(items, list) else []) if isinstance(item, dict)]


def names_in(raw: object, kind: str) -> set[str]:
    """Every name of a kind that was written, whether or not the rest can be understood."""
    return {name for _, item in _items(raw, kind) if (name := name_of(kind, item)) is not None}


def twice(raw: object, seen: set[tuple[str, str]]) -> list[Fault]:
    """Each item with a name that an earlier one has, of this roster or of one before it; adds its names to `seen`."""
    faults = []
    for kind, key in KEYS.items():
        for index, item in _items(raw, kind):
            name = name_of(kind, item)
            if name is None:
                continue
            if (kind, name) in seen and item.get(key) is None:
                faults.append(Fault(pointer(kind, index), None, "fault", "the same override is there twice"))
            elif (kind, name) in seen:
                faults.append(Fault(pointer(kind, index, key), None, "fault", f"{name!r} is there twice"))
            seen.add((kind, name))
    return faults


def strangers(raw: object, people: set[Member], rotations: set[str]) -> list[Fault]:
    """Each name of a person or a rotation that nobody has."""
    faults = []
    for index, item in _items(raw, "rotations"):
        members = item.get("members")
        for place, member in enumerate(members if isinstance(members, list) else []):
            if isinstance(member, str) and member not in people:
                faults.append(_unknown(pointer("rotations", index, "members", place), "person", member))
    for index, item in _items(raw, "overrides"):
        for key, kind, known in (
            ("rotation", "rotation", rotations),
            ("person", "person", people),
            ("replaces", "person", people),
        ):
            name = item.get(key)
            if isinstance(name, str) and name not in known:
                faults.append(_unknown(pointer("overrides", index, key), kind, name))
    return faults


def _unknown(at: str, kind: str, name: str) -> Fault:
    return Fault(at, None, "fault", f"no {kind} is called {name!r}")


def of_person(person: Raw, at: str) -> list[Fault]:
    """What is wrong with a person beyond the form of the fields."""
    contacts = person.get("contacts") or []
    if contacts == []:
        return [Fault(at + "/contacts", None, "warning", "nothing to reach them by but the built-in mailbox")]
    faults = []
    for index, contact in enumerate(contacts if isinstance(contacts, list) else []):
        if isinstance(contact, dict) and isinstance(address := contact.get("address"), str):
            shape = _SHAPES.get(str(contact.get("channel")))
            if shape is not None and not shape[0].fullmatch(address):
                faults.append(Fault(at + pointer("contacts", index, "address"), None, "fault", shape[1]))
    return faults


def of_rotation(rotation: Raw, at: str) -> list[Fault]:
    """What is wrong with a rotation beyond the form of the fields."""
    faults = []
    if rotation.get("on_call") == "one" and rotation.get("shift") is None:
        faults.append(Fault(at + "/shift", None, "fault", "is needed where one at a time is on call"))
    if rotation.get("on_call", "all") == "all" and rotation.get("shift") is not None:
        faults.append(Fault(at + "/shift", None, "fault", "has no meaning where all are on call"))
    hours = rotation.get("hours")
    if isinstance(hours, dict) and not any(hours.values()):
        faults.append(Fault(at + "/hours", None, "warning", "nobody is on call at any hour"))
    if rotation.get("queues") == []:
        faults.append(Fault(at + "/queues", None, "warning", "no queue is answered; every queue is null"))
    members = found if isinstance(found := rotation.get("members"), list) else []
    if rotation.get("members") == []:
        faults.append(Fault(at + "/members", None, "warning", "nobody is in this rotation"))
    for index, member in enumerate(members):
        if member in members[:index]:
            faults.append(Fault(at + pointer("members", index), None, "fault", f"{member!r} is there twice"))
    return faults


def of_override(override: Raw, at: str) -> list[Fault]:
    """What is wrong with an override beyond the form of the fields."""
    try:
        start, end = instant(override.get("from")), instant(override.get("to"))
    except ValueError:
        return []
    return [] if start < end else [Fault(at + "/to", None, "fault", "is not after its beginning")]
