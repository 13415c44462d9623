"""Who can be called: people, the rotations that they stand in, and the overrides of a day; pure values.

A roster is only ever asked, never trusted to be complete: an empty rota is an answer, and somebody else's to raise.
"""

from services.roster.doubts import Doubt, doubts
from services.roster.gaps import Gap, gaps
from services.roster.model import (
    Member,
    Override,
    Person,
    PersonContact,
    Role,
    Roster,
    Rotation,
    Shift,
    WeekHours,
    Window,
)
from services.roster.names import KEYS, name_of
from services.roster.on_call import OnCall, on_call, with_role
from services.roster.parse import (
    RosterFaults,
    check,
    check_together,
    parse,
    parse_override,
    parse_person,
    parse_rotation,
)
from services.roster.write import to_json

__all__ = [
    "KEYS",
    "Doubt",
    "Gap",
    "Member",
    "OnCall",
    "Override",
    "Person",
    "PersonContact",
    "Role",
    "Roster",
    "RosterFaults",
    "Rotation",
    "Shift",
    "WeekHours",
    "Window",
    "check",
    "check_together",
    "doubts",
    "gaps",
    "name_of",
    "on_call",
    "parse",
    "parse_override",
    "parse_person",
    "parse_rotation",
    "to_json",
    "with_role",
]
