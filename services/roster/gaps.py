"""The spans in which nobody of a role is on call, found before they are needed.

No gap is missed for being short: the answer is looked up between every two instants at which it can change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from services.calendar.local_time import zone as zone_of
from services.roster.model import Role, Roster, Rotation
from services.roster.on_call import on_call
from services.roster.rotation import turn_start, windows_on


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody of `role` (for `queue`, where one is meant) is on call in [start, end)."""

    role: Role
    queue: str | None
    start: datetime
    end: datetime


def gaps(
    roster: Roster, roles: Iterable[Role], start: datetime, end: datetime, queues: Sequence[str | None] = (None,)
) -> tuple[Gap, ...]:
    """Every gap of each role within [start, end), joined, by role and queue and then by time.

    `queues` are looked at one by one for engineers, who answer queues; None stands for any queue."""
    found: list[Gap] = []
    for role in roles:
        edges = sorted({start, end, *(edge for edge in _edges(roster, role, start, end) if start < edge < end)})
        for queue in queues if role == "engineer" else (None,):
            found.extend(_joined(roster, role, queue, edges))
    return tuple(found)


def _joined(roster: Roster, role: Role, queue: str | None, edges: list[datetime]) -> Iterator[Gap]:
    begun: datetime | None = None
    for here, _ in pairwise(edges):
        if on_call(roster, role, here, queue):
            if begun is not None:
                yield Gap(role, queue, begun, here)
            begun = None
        elif begun is None:
            begun = here
    if begun is not None:
        yield Gap(role, queue, begun, edges[-1])


def _edges(roster: Roster, role: Role, start: datetime, end: datetime) -> Iterator[datetime]:
    names = set()
    for rotation in roster.rotations:
        if rotation.role == role:
            names.add(rotation.name)
            yield from _edges_of(rotation, start, end)
    for override in roster.overrides:
        if override.rotation in names:
            yield override.start
            yield override.end


def _edges_of(rotation: Rotation, start: datetime, end: datetime) -> Iterator[datetime]:
    zone = zone_of(rotation.time_zone)
    if rotation.shift is not None:
        # Later handovers open no gap: whoever is known takes the turn of somebody who is not.
        yield turn_start(rotation.shift, zone, 0)
    day = start.astimezone(zone).date() - timedelta(days=1)
    last = end.astimezone(zone).date()
    while rotation.hours is not None and day <= last:
        for window in windows_on(rotation, day):
            yield from window
        day += timedelta(days=1)
