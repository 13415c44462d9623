"""The subjects' rows: how far a stage has heard the others about each, and how much it has said itself.

A row's lock is the subject's lock in this stage. Whoever locks several gets them in one order, and nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

from ..postgres.connection import Connection

#: What an update of a row writes, for whoever writes more of the row with it: what is set from `w`, and what `w` is of.
SET = "heard = w.heard::jsonb, said = w.said, urgent = w.urgent, held = w.held"
NAMES = "heard, said, urgent, held"
ARRAYS = "cast(:heard as text[]), cast(:said as int[]), cast(:urgent as bool[]), cast(:held as bool[])"


@dataclass(slots=True)
class Subject:
    """A subject's row, locked: `heard` per stage, `said` by this one; only what has `changed` is written back."""

    id: str
    heard: dict[str, int]
    said: int
    urgent: bool
    held: bool
    changed: bool = False


async def lock_subjects(
    c: Connection, table: str, subjects: Iterable[str], *, make: Collection[str]
) -> dict[str, Subject]:
    """Make those of `make` that aren't there, then lock the rows of all `subjects` in one order, whoever made them.

    Who waits for a row that is being made holds none yet that others wait for: so nobody waits in a circle.
    """
    wanted = set(subjects)
    found: dict[str, Subject] = {}
    if make:
        made = await c.execute(
            f"insert into {table} (subject) select s from unnest(cast(:s as text[])) w(s) order by s"
            " on conflict (subject) do nothing returning subject",
            {"s": sorted(wanted.intersection(make))},
        )
        found = {row[0]: Subject(row[0], {}, 0, False, False) for row in made}
    if wanted := wanted - found.keys():
        rows = await c.execute(
            f"select subject, heard::text, said, urgent, held from {table}"
            " where subject = any(cast(:s as text[])) order by subject for update",
            {"s": sorted(wanted)},
        )
        found |= {row[0]: Subject(row[0], from_json(row[1]), row[2], row[3], row[4]) for row in rows}
    return found


async def known_subjects(c: Connection, table: str, subjects: Iterable[str]) -> dict[str, Subject]:
    """What is known of `subjects`, without a lock."""
    rows = await c.execute(
        f"select subject, heard::text, said, urgent, held from {table} where subject = any(cast(:s as text[]))",
        {"s": list(set(subjects))},
    )
    return {row[0]: Subject(row[0], from_json(row[1]), row[2], row[3], row[4]) for row in rows}


async def save_subjects(c: Connection, table: str, subjects: Sequence[Subject]) -> None:
    """Write back what the transaction heard and said."""
    await c.execute(
        f"update {table} t set {SET} from unnest(cast(:id as text[]), {ARRAYS}) w(id, {NAMES}) where t.subject = w.id",
        {"id": [x.id for x in subjects], **arrays(subjects)},
    )


def arrays(subjects: Sequence[Subject]) -> dict[str, list[Any]]:
    """The parameters of ARRAYS."""
    return {
        "heard": [to_json(x.heard).decode() for x in subjects],
        "said": [x.said for x in subjects],
        "urgent": [x.urgent for x in subjects],
        "held": [x.held for x in subjects],
    }
