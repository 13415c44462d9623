"""Hears everything that the other stages say: the record follows, and the facts are kept."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from backbone.log.event import Event, Fact
from backbone.log.tx import Tx
from backbone.loops.breath import Breath
from backbone.stage import Handler

from . import moves, store
from .project import project
from .record import Record

#: Settles what waited for a route, now that the record has it.
Settle = Callable[[Tx, Record, Sequence[dict[str, Any]], Event], Awaitable[None]]
#: Says what follows from a fact that has come in, with its data.
Follow = Callable[[Tx, Record, Event, dict[str, Any]], Awaitable[None]]


def handle_with(told: Callable[[Sequence[Event]], None], settle: Settle, follows: Mapping[str, Follow]) -> Handler:
    """The handler; `told` is called after the commit with what was heard, `follows` are by the fact's type."""

    async def handle(tx: Tx, events: Sequence[Event]) -> None:
        breath = Breath()
        records = await store.load(tx, sorted({event.subject for event in events}))
        for event in events:
            record = records.get(event.subject)
            if record is not None:
                held = record.view.get("held", [])
                data = event.json()
                moves.hear(record, event)
                project(record, event.type, data, event.occurred_at)
                moves.mark(record, event, data)
                if held and record.decision is not None:
                    await settle(tx, record, held, event)
                if (follow := follows.get(event.type)) is not None:
                    await follow(tx, record, event, data)
            await breath()
        await store.save(tx, list(records.values()))
        tx.at_end.append(lambda: store.note(tx, events))
        tx.committed.append(lambda: told(events))

    return handle


async def flag_holds(tx: Tx, subject: str, fact: Fact) -> None:
    """Intake itself could not go on with an incident, or can again: its record says whether a human is needed."""
    records = await store.load(tx, [subject])
    for record in records.values():
        project(record, fact.type, json.loads(fact.to_json()), tx.now)
    await store.save(tx, list(records.values()))
