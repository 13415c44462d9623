"""Nothing that is asked of the database reads a whole table: after a year there are millions of rows.

Our connections forbid PostgreSQL what an index can do, so a table that is read whole has no index that fits.
"""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from itertools import product
from typing import Any

import asyncpg

from backbone.log.event import Lane
from backbone.postgres.address import driver_url
from tests.harness.logs import are_dropped
from tests.harness.walk import Walk
from tests.harness.walk_steps import begins, goes_on
from tests.harness.world import START, World, world

_LISTS = {
    "/v1/incidents": {
        "state": "open", "severity": "1", "queue": "rapid-response", "contract": "WO-1", "flag": "needs-human",
        "reference": "PORTAL-1", "owner": "eva", "opened_after": "2026-01-01T00:00:00Z",
        "updated_after": "2026-01-01T00:00:00Z",
    },
    "/v1/clocks": {"state": "breached", "side": "provider", "due_before": "2026-12-01T00:00:00Z"},
    "/v1/pages": {"state": "sent"},
    "/v1/mailbox": {"to": "ana"},
    "/v1/escalations": {},
    "/v1/proposals": {"state": "open"},
    "/v1/attainment": {"contract": "WO-1", "from": "2026-01-01", "to": "2026-12-31"},
    "/v1/queues": {},
    "/v1/queues/rapid-response/incidents": {},
    "/v1/changes": {},
    "/v1/audit": {},
}  # fmt: skip
#: A row a replica; what is set aside, and what stands in no day of the log: both are counted, and wake somebody.
_FEW = (".sender", ".dead_letter", ".outbox_default")
_ABOUT = ("/v1/clocks", "/v1/pages", "/v1/mailbox", "/v1/escalations")


async def test_no_table_is_read_whole(database: str) -> None:
    async with world(database) as there:
        # The days of the log from tomorrow on are made, and read whole while they are.
        there.time.passes(days=1)
        for running in there.process.running:
            await running.housekeeping()
            await running.ask_others()
    await _ask(database, "select pg_stat_reset()")
    async with world(database, START + timedelta(days=1)) as there:
        walk = Walk(there, random.Random(3))
        await begins(walk)
        for running in there.process.running:
            await running.housekeeping()
            await running.ask_others()
        while len(walk.done) < walk.begun + 40:
            await goes_on(walk)
        await _asks_for_everything(there)
        await _ends(there, walk.cases)
        there.read |= {message["id"] for message in await there.mailbox()}
    assert (await _ask(database, "select sum(idx_scan) from pg_stat_user_tables"))[0][0] > 1000
    whole = "select schemaname || '.' || relname, seq_scan from pg_stat_user_tables where seq_scan > 0"
    assert {table: count for table, count in await _ask(database, whole) if not table.endswith(_FEW)} == {}


async def _asks_for_everything(there: World) -> None:
    """Every list, plain and by each of its filters, also further on; every page about one incident."""
    bound = await there.web.post("/v1/keys", json={"name": "bound", "scopes": ["view"], "contracts": ["WO-1"]})
    await there.rests()
    one = (await there.gets("/v1/incidents", limit="1"))["items"][0]["id"]
    for key, (path, filters) in product((None, bound.json()["key"]), _LISTS.items()):
        headers = None if key is None else {"Authorization": f"Bearer {key}"}
        queries: list[dict[str, str]] = [{}, *({name: value} for name, value in filters.items())]
        queries += [{"incident": one}] if path in _ABOUT else []
        for query in queries:
            answer = await there.web.get(path, params=query | {"limit": "1"}, headers=headers)
            assert answer.status_code in (200, 403, 404), answer.text
            if answer.status_code == 200 and (cursor := answer.json().get("next")):
                await there.gets(path, headers, **query, cursor=cursor, limit="1")
    for view in ("", "/timeline", "/explanation"):
        await there.gets(f"/v1/incidents/{one}{view}")


async def _ends(there: World, cases: list[str]) -> None:
    """All is closed, and long ago: the log's days are gone, and what the stages keep of incidents goes."""
    for case in cases:
        answer = await there.web.post(f"/v1/incidents/{case}/closure", json={"by": "ana", "note": "done"})
        assert answer.status_code in (200, 409), answer.text
    await there.rests()
    there.time.passes(days=401)
    for running in there.process.running:
        await are_dropped(running.ground)
        for work in running.stage.works:
            if work.name == "retention":
                await work.step(Lane.ORDINARY)
    registry = there.process.running[0].ground.around.registry
    for what in ("decisions", "clocks", "pages"):
        assert registry.get_sample_value(f"critsit_{what}_removed_total"), what


async def _ask(database: str, sql: str) -> list[Any]:
    """The rows of a statement, when everybody else has gone: a connection's statistics are complete when it has ended."""
    connection = await asyncpg.connect(driver_url(database))
    try:
        others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        for _ in range(200):
            if await connection.fetchval(others) == 0:
                break
            await asyncio.sleep(0.05)
        return list(await connection.fetch(sql))
    finally:
        await connection.close()
