"""In which order a batch takes effect: each event after what it presupposes, and nothing of a subject that is held.

Pure: what was heard stands in the rows, what is at hand in the pool.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..log.event import Event
from ..log.subjects import Subject

#: Source, subject, sequence.
Key = tuple[str, str, int]


class Unheard(Exception):
    """What an event needs to be heard first is in no log any more: it is set aside, and a human is told."""


@dataclass(slots=True)
class Heard:
    """What became of a round."""

    handled: int = 0
    repeats: int = 0
    filled: int = 0
    held: int = 0
    lost: int = 0
    taken: bool = True


def key_of(event: Event) -> Key:
    """By what an event is known, whoever carries it."""
    return (event.source, event.subject, event.sequence)


def pool_of(events: Iterable[Event]) -> dict[Key, Event]:
    """What is at hand."""
    return {key_of(event): event for event in events}


def order(
    events: Sequence[Event],
    pool: Mapping[Key, Event],
    rows: Mapping[str, Subject],
    hears: Container[str],
    result: Heard,
) -> tuple[list[Event], list[Event]]:
    """What is to be handled, each after what it presupposes, and what is to be held because its subject is.

    Raises Unheard where the rows, now locked, show that something else was presupposed than was fetched.
    """
    ordered: list[Event] = []
    held: list[Event] = []
    reached: dict[tuple[str, str], int] = {}

    def heard(source: str, subject: str) -> int:
        return reached.get((source, subject), rows[subject].heard.get(source, 0))

    def take(event: Event) -> bool:
        if event.sequence <= heard(event.source, event.subject):
            return True
        for source, last in (*event.after.items(), (event.source, event.sequence - 1)):
            if source not in hears:
                continue
            while (next_one := heard(source, event.subject) + 1) <= last:
                earlier = pool.get((source, event.subject, next_one))
                if earlier is None or not take(earlier):
                    return False
        if event.sequence <= heard(event.source, event.subject):
            return True
        reached[event.source, event.subject] = event.sequence
        ordered.append(event)
        return True

    for event in events:
        row = rows.get(event.subject)
        if row is None:
            result.lost += 1
        elif row.held:
            if event.sequence > row.heard.get(event.source, 0):
                held.append(event)
        elif event.sequence <= heard(event.source, event.subject):
            result.repeats += 1
        elif not take(event):
            if any((event.source, event.subject, n) not in pool for n in range(1, event.sequence)) and not row.heard:
                result.lost += 1
            else:
                raise Unheard(f"{event.source} {event.subject} {event.sequence}")
    return ordered, held
