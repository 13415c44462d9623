"""Whatever happens, in whatever order: what was promised is kept, and what is kept agrees.

A walk that fails tells its seed, what was done, and what does not hold. `WALKS=100-200` walks other seeds.
"""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime

import pytest
import structlog

from tests.harness.walk import Walk
from tests.harness.walk_oracle import Oracle
from tests.harness.world import world

_FIRST, _, _LAST = os.environ.get("WALKS", "0-6").partition("-")
STEPS = 40
#: A Wednesday morning, a Thursday before a holiday, a Friday night, the night of a change of time, a Tuesday evening.
STARTS = (
    datetime(2026, 2, 4, 9, tzinfo=UTC), datetime(2026, 4, 2, 15, tzinfo=UTC), datetime(2026, 2, 6, 22, tzinfo=UTC),
    datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 2, 10, 17, 30, tzinfo=UTC),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(int(_FIRST), int(_LAST)))
async def test_a_walk(database: str, seed: int) -> None:
    """BASE-CM, SEV-CHANGE"""
    with structlog.testing.capture_logs() as logs:
        async with world(database, STARTS[seed % len(STARTS)]) as there:
            walk = Walk(there, random.Random(seed))
            await walk.begins()
            key = await there.web.post("/v1/keys", json={"name": "portal", "scopes": ["view"], "contracts": ["WO-1"]})
            await there.rests()
            oracle = Oracle(walk, key.json()["key"])
            while len(walk.done) < STEPS and not oracle.wrong:
                await walk.goes_on()
                await oracle.looks()
            if not oracle.wrong:
                await oracle.looks_back()
            there.read |= {message["id"] for message in await there.mailbox()}
    told = "\n".join([f"seed {seed}", *walk.done])
    assert oracle.wrong == [], told
    assert [line for line in logs if line["log_level"] in ("warning", "error", "critical")] == [], told
