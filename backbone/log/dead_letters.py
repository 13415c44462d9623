"""Dead letters: what could not be handled, whole, with what came after it about the same subject.

A replay hears them again in order; a discard passes over one for good. Neither loses the others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..postgres.connection import Connection
from .event import Event, is_directory
from .store import from_json
from .tx import Tx


class NotTheFirst(Exception):
    """An earlier letter of the same sayer stands before it: passing over the later one would lose that one unheard."""


async def listed(c: Connection, after: int, limit: int) -> list[Mapping[str, Any]]:
    """The dead letters behind id `after`, oldest first."""
    rows = await c.execute(
        "select id, source, subject, sequence, type, event::text, error, held_at from dead_letter"
        " where id > :after order by id limit :limit",
        {"after": after, "limit": limit},
    )
    return [
        {
            "id": r[0], "source": r[1], "subject": r[2], "sequence": r[3], "type": r[4], "event": json.loads(r[5]),
            "error": r[6], "held_at": r[7],
        }
        for r in rows
    ]  # fmt: skip


async def count(c: Connection) -> int:
    """How many there are."""
    return int((await c.execute("select count(*) from dead_letter")).scalar_one())


async def release(
    tx: Tx, id_: int, *, discard: bool, discarded: Callable[[Event], None] = lambda letter: None
) -> tuple[Event, list[Event]] | None:
    """Lift the hold of a letter's subject. Answers the letter, and what is to be heard again, in order; None without it.

    With `discard` the letter counts as heard and is gone; `discarded` is called where its subject is locked. The
    others stay until `clear` sees that they were heard: a crash in between loses nothing.
    Raises NotTheFirst where a discard would pass over an earlier letter as well.
    """
    row = (await tx.execute("select event::text from dead_letter where id = :i", {"i": id_})).first()
    if row is None:
        return None
    letter = from_json(json.loads(row[0]))
    if is_directory(letter.subject):
        if discard:
            await tx.execute("delete from dead_letter where id = :i", {"i": id_})
        return letter, [] if discard else [letter]
    subject = (await tx.lock([letter.subject], make=False)).get(letter.subject)
    if discard:
        first = await tx.execute(
            "select min(sequence) from dead_letter where source = :o and subject = :s",
            {"o": letter.source, "s": letter.subject},
        )
        if (earliest := first.scalar_one()) is not None and earliest < letter.sequence:
            raise NotTheFirst(f"{letter.source} {letter.subject} {earliest}")
        await tx.execute("delete from dead_letter where id = :i", {"i": id_})
    if subject is not None:
        subject.held = False
        subject.changed = True
        if discard:
            subject.heard[letter.source] = max(subject.heard.get(letter.source, 0), letter.sequence)
            discarded(letter)
    rows = await tx.execute("select event::text from dead_letter where subject = :s order by id", {"s": letter.subject})
    return letter, [from_json(json.loads(r[0])) for r in rows]


async def clear(tx: Tx, letter: Event) -> int:
    """Delete the letters of a subject that have been heard by now; answers how many are left."""
    if is_directory(letter.subject):
        kind, _, id_ = letter.subject.partition(":")
        await tx.execute(
            "delete from dead_letter l where subject = :s and exists (select from directory d"
            " where d.kind = :k and d.id = :i and d.version >= l.sequence)",
            {"s": letter.subject, "k": kind, "i": id_},
        )
    else:
        subject = (await tx.lock([letter.subject], make=False)).get(letter.subject)
        if subject is not None and not subject.held:
            await tx.execute(
                "delete from dead_letter where subject = :s"
                " and sequence <= coalesce(cast(cast(:h as jsonb) ->> source as int), 0)",
                {"s": letter.subject, "h": json.dumps(subject.heard)},
            )
    left = await tx.execute("select count(*) from dead_letter where subject = :s", {"s": letter.subject})
    return int(left.scalar_one())
