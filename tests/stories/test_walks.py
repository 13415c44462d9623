"""Whatever happens, in whatever order: what was promised is kept, and what is kept agrees.

A walk that fails tells its seed, what was done, and what does not hold. `WALKS=100-200` walks other seeds.
"""

from __future__ import annotations

import os
import random
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from tests.harness.held_stream import HeldStream
from tests.harness.walk import Walk
from tests.harness.walk_around import slower
from tests.harness.walk_oracle import Oracle
from tests.harness.walk_steps import begins, goes_on, mend
from tests.harness.walk_wires import wires_of
from tests.harness.world import KEY, world

_FIRST, _, _LAST = os.environ.get("WALKS", "0-6").partition("-")
STEPS = 40
#: A Wednesday morning, a Thursday before a holiday, a Friday night, the night of a change of time, a Tuesday evening.
STARTS = (
    datetime(2026, 2, 4, 9, tzinfo=UTC), datetime(2026, 4, 2, 15, tzinfo=UTC), datetime(2026, 2, 6, 22, tzinfo=UTC),
    datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 2, 10, 17, 30, tzinfo=UTC),
)  # fmt: skip


@pytest.fixture(scope="session")
def slower_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another catalogue, for a router that is started again."""
    return slower(tmp_path_factory.mktemp("slower"))


@pytest.mark.parametrize("seed", range(int(_FIRST), int(_LAST)))
async def test_a_walk(database: str, slower_catalogue: Path, seed: int) -> None:
    """BASE-CM, SEV-CHANGE"""
    with structlog.testing.capture_logs() as logs:
        async with world(database, STARTS[seed % len(STARTS)]) as there, AsyncExitStack() as held:
            walk = Walk(there, random.Random(seed), catalogues=(None, slower_catalogue))
            walk.stream = HeldStream(lambda: there.process.app, KEY)
            walk.stream.holds()
            held.push_async_callback(walk.stream.lets_go)
            if seed % 2:
                walk.wires = await held.enter_async_context(wires_of(there))
            await begins(walk)
            keys = {}
            for number in ("WO-1", "WO-2"):
                body = {"name": "portal", "scopes": ["view"], "contracts": [number]}
                keys[number] = (await there.web.post("/v1/keys", json=body)).json()["key"]
            await there.rests()
            oracle = Oracle(walk, keys)
            await oracle.looks()
            while len(walk.done) < walk.begun + STEPS and not oracle.wrong:
                await goes_on(walk)
                await oracle.looks()
            if not oracle.wrong:
                if walk.wires is not None:
                    mend(walk)
                await oracle.looks_back()
            there.read |= {message["id"] for message in await there.mailbox()}
    told = "\n".join([f"seed {seed}", *walk.done, *oracle.wrong])
    assert not oracle.wrong, told
    assert [line for line in logs if line["log_level"] in ("warning", "error", "critical")] == [], told
