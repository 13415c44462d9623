"""A caller's trace goes with the incident: what follows from a report, in whatever stage and however late, belongs to it."""

from __future__ import annotations

import asyncio

import asyncpg

from backbone import STAGES
from tests.harness.world import incident, world

TRACE = "f7d0c40c2efc1747a12dda8528a2cb12"


async def test_what_a_report_leads_to_bears_its_trace_as_far_as_the_page_that_left(database: str) -> None:
    async with world(database) as there:
        await there.signs()
        await there.employs("ana", "crisis-manager", "sms", "email")
        # As a task of its own, or what follows would be in the request's own context.
        posting = asyncio.create_task(
            there.web.post("/v1/incidents", json=incident(), headers={"traceparent": f"00-{TRACE}-b922eca19edff385-01"})
        )
        id_ = (await posting).json()["id"]
        await there.rests()
        await there.passes(seconds=70)
        there.read |= {message["id"] for message in await there.mailbox()}
        connection = await asyncpg.connect(database)
        try:
            rows = await connection.fetch(
                " union all ".join(
                    f"select type, headers->>'traceparent' as trace from {stage}.outbox where subject = $1"
                    for stage in STAGES
                ),
                id_,
            )
        finally:
            await connection.close()
        told = {row["type"] for row in rows if (row["trace"] or "").split("-")[1:2] == [TRACE]}
        assert told >= {
            "incident.reported", "incident.routed", "crisis_manager.assigned", "clock.started", "page.requested",
            "page.sent", "page.delivered",
        }, {(row["type"], row["trace"]) for row in rows}  # fmt: skip
