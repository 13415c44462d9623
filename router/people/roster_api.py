"""The roster over HTTP: who is on call at an instant, where nobody will be, and whom nothing reaches.

A gap is shown before it is needed, for each queue whose engineers are somebody else's.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any, get_args

from fastapi import APIRouter

from backbone.ground import Ground
from backbone.web.keys import Caller, require
from services.catalogue.model import Catalogue
from services.instants import InstantOfOurTime, write_instant
from services.roster import Role, Roster, doubts, gaps, on_call

from .roster import CurrentRoster

#: How far ahead hours are looked for in which nobody is on call.
AHEAD = timedelta(days=14)

#: Without these on call an incident can find nobody; of another role somebody has to be where it has a rotation.
NEEDED: frozenset[Role] = frozenset({"crisis-manager", "engineer", "duty-manager"})


def routes(ground: Ground, catalogue: Catalogue, roster: CurrentRoster) -> APIRouter:
    """The route of the roster."""
    router = APIRouter(tags=["people"])
    queues = tuple(dict.fromkeys((*(service.queue for service in catalogue.services), catalogue.review.queue)))

    @router.get("/v1/roster")
    async def read_roster(
        caller: Annotated[Caller, require("view")], at: InstantOfOurTime | None = None
    ) -> dict[str, Any]:
        """Who is on call at an instant, by role, where nobody is in the two weeks after it, and what of it will fail."""
        await ground.directory.refresh()
        moment = at or ground.around.time.now()
        found = Roster() if caller.bound else roster()
        return {
            "at": write_instant(moment),
            "on_call": [_standing(found, role, moment) for role in get_args(Role)],
            # Who is shown nobody is not told either that nobody is there.
            "gaps": [] if caller.bound else _gaps(found, moment, queues),
            "warnings": [asdict(doubt) for doubt in doubts(found)],
        }

    return router


def _standing(roster: Roster, role: Role, at: datetime) -> dict[str, Any]:
    people = [
        {"id": one.person.id, "name": one.person.name, "rotations": list(one.rotations)}
        for one in on_call(roster, role, at)
    ]
    return {"role": role, "people": people}


def _gaps(roster: Roster, at: datetime, queues: tuple[str, ...]) -> list[dict[str, Any]]:
    """`{"role", "queue", "from", "to"}`; a queue is named for engineers alone."""
    needed = NEEDED | {rotation.role for rotation in roster.rotations}
    found = gaps(roster, [role for role in get_args(Role) if role in needed], at, at + AHEAD, queues)
    return [
        {"role": gap.role, "queue": gap.queue, "from": write_instant(gap.start), "to": write_instant(gap.end)}
        for gap in found
    ]
