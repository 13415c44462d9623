"""What a stage is: a value. Its name, whom it hears, how it handles, what it works off, its routes.

No base class and no registry: `build` in each stage's `app.py` makes one, and the process runs it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fastapi import APIRouter

from .log.event import Event, Fact, Lane
from .log.partitions import Keep
from .log.tx import Tx

#: Handles events in the order given; says what follows through `tx`. What it raises makes them poison.
Handler = Callable[[Tx, Sequence[Event]], Awaitable[None]]

#: Does what is due now in a lane; answers the earliest instant at which there is more, None for "not known".
Step = Callable[[Lane], Awaitable[datetime | None]]

#: A sentence that must hold, as a count of what breaks it.
Invariant = Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Work:
    """Something that falls due. Every lane is a loop of its own, so that urgent work never waits for the rest.

    A stage is not ready without its `vital` works.
    """

    name: str
    step: Step
    lanes: tuple[Lane, ...] = (Lane.URGENT, Lane.ORDINARY)
    poll: float = 0.25
    vital: bool = True


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `hears` maps a stage's name to the event types that are of use here, None being all; the others are only
    counted.

    `subjects` names the table that holds its subjects' rows. `makes_subjects` is false where a subject begins here.
    `patience`: seconds that ordinary events may wait to be heard together; nobody waits at a caller's for them.
    `on_hold` is told in the same transaction what is said of a subject that is held, or is no more: a stage does not
    hear what it says itself. `before_drop` keeps what stays of a day of the log.
    """

    name: str
    hears: Mapping[str, frozenset[str] | None]
    handle: Handler
    works: tuple[Work, ...] = ()
    routes: tuple[APIRouter, ...] = ()
    hot: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    invariants: Mapping[str, Invariant] = field(default_factory=dict)
    subjects: str = "subject"
    makes_subjects: bool = True
    patience: float = 0.0
    on_start: Callable[[], Awaitable[None]] | None = None
    on_stop: Callable[[], Awaitable[None]] | None = None
    before_drop: Keep | None = None
    on_hold: Callable[[Tx, str, Fact], Awaitable[None]] | None = None

    def uses(self, event: Event) -> bool:
        """Whether an event of a stage that is heard is of use here."""
        types = self.hears[event.source]
        return types is None or event.type in types
