"""What stands in the stages' logs and what no longer does, by hand: for a test of one stage, to which nobody speaks.

Also the same events as Kafka would bring them again, which has no say in what the logs hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import text

from backbone import STAGES
from backbone.ground import Ground
from backbone.log.event import Event


async def stand(ground: Ground, *events: Event) -> None:
    """They stand in the logs of those who said them."""
    async with ground.engine.begin() as connection:
        for event in events:
            await connection.execute(
                text(
                    f"insert into {event.source}.outbox (event_id, subject, sequence, urgent, type, payload, headers,"
                    " after, occurred_at) values (:i, :s, :q, :u, :t, cast(:p as jsonb), '{}', cast(:a as jsonb), :o)"
                ),
                {
                    "i": event.id, "s": event.subject, "q": event.sequence, "u": event.urgent, "t": event.type,
                    "p": event.payload, "a": json.dumps(dict(event.after)), "o": event.occurred_at,
                },
            )  # fmt: skip


async def are_dropped(ground: Ground) -> None:
    """The days of all logs are dropped. By an index: a test of plans takes what is read whole for a fault."""
    async with ground.engine.begin() as connection:
        for stage in STAGES:
            await connection.execute(text(f"delete from {stage}.outbox where subject > ''"))


async def begin_again(ground: Ground) -> None:
    """The stage forgets how far it has read; a replica that is made now begins at the beginning."""
    async with ground.engine.begin() as connection:
        await connection.execute(text("update cursor set position = 0"))


def by_kafka(events: Iterable[Event]) -> list[Event]:
    """The same events, as a Kafka that is read from its beginning brings them."""
    return [replace(event, seq=0) for event in events]
