"""A severity that is raised within a crisis: who has it is told, and nobody else who is on the way to it anyway."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.harness.escalation import Watch, watch

INC = "0198-inc"


@pytest_asyncio.fixture
async def desk(database: str) -> AsyncIterator[Watch]:
    async with watch(database) as found:
        await found.stores("contract", "WO-1", found.work_order)
        await found.happens(INC, "critical_degraded")
        await found.said()
        yield found


@pytest.mark.parametrize("taken", [True, False])
async def test_whoever_has_the_crisis_is_told_that_it_is_a_worse_one(desk: Watch, taken: bool) -> None:
    """SEV-CHANGE: whose page still waits for an answer reads it there."""
    if taken:
        await desk.acknowledges(INC)
    await desk.says("router", INC, desk.routed(INC, severity="1", cause="severity.assessed"))
    await desk.rests()
    raised = [(d["role"], d["reason"], d["rule"]) for _, d in await desk.said("escalation.raised")]
    told = [("crisis-manager", "severity A became 1", "SEV-CHANGE")] if taken else []
    assert [one for one in raised if one[0] == "crisis-manager"] == told
    await desk.says("router", INC, desk.routed(INC, severity="1", cause="incident.corrected"))
    await desk.says("router", INC, desk.routed(INC, severity="A", cause="severity.assessed"))
    await desk.rests()
    assert await desk.said("escalation.raised") == []


async def test_of_a_crisis_that_begins_by_it_nobody_is_told_twice(desk: Watch) -> None:
    """SEV-CHANGE: everybody is called anew then."""
    await desk.acknowledges(INC)
    for severity in ("B", "1"):
        await desk.says("router", INC, desk.routed(INC, severity=severity, cause="severity.assessed"))
    await desk.rests()
    assert [d["role"] for _, d in await desk.said("escalation.raised")] == ["product-team"]
