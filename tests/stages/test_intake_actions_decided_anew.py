"""What may be done, and what is told, once an incident is decided otherwise than it was."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from tests.harness.intake import START, Counterpart, intake
from tests.harness.work_orders import work_order

REASON = {"by": "Aigerim", "reason": "our board asks"}
EVENT = {
    "id": "launch", "name": "Launch", "starts_at": "2026-02-03T00:00:00Z", "ends_at": "2026-02-06T00:00:00Z",
    "confirmed_at": "2025-11-01T00:00:00Z", "products": ["azure/*"], "form": "launch",
}  # fmt: skip


@pytest_asyncio.fixture
async def stage(database: str) -> AsyncIterator[Counterpart]:
    async with intake(database) as found:
        await found.knows("contract", "WO-1", work_order(services=["base", "event-management"], events=[EVENT]))
        yield found


async def test_a_limit_that_is_near_once_it_holds_is_announced_with_the_decision_and_once(stage: Counterpart) -> None:
    """ADV: corrected to advice when most of the effort is spent, and not until it is."""
    near, far = await stage.has(impact="minimal"), await stage.has(impact="minimal")
    for id_, minutes in ((near, 300), (far, 287)):
        await stage.act(id_, "effort", {"by": "eve", "minutes": minutes})
        await stage.said()
        announced = []
        for kind in ("advisory", "problem", "advisory"):
            change = {"by": "eve", "changes": {"kind": kind}, "reason": "so it is"}
            assert (await stage.act(id_, "corrections", change)).status_code == 200
            await stage.routes(id_, cause="incident.corrected")
            announced += [payload for type_, payload in await stage.said() if type_ == "effort.announced"]
        assert announced == ([{"total": 300, "limit": 360, "rule": "ADV"}] if id_ == near else [])
    await stage.act(far, "effort", {"by": "eve", "minutes": 1})
    assert [type_ for type_, _ in await stage.said()] == ["effort.recorded", "effort.announced"]


async def test_what_was_a_crisis_of_an_event_stays_one_when_it_is_lowered_after_the_event(stage: Counterpart) -> None:
    """AEM-RCA: for all its incidents of 1 and A, closed or not; what was lowered during the event is none of them."""
    after, during, moved = [await stage.has(form={"id": "launch"}) for _ in range(3)]
    await stage.act(moved, "corrections", {"by": "eve", "changes": {"contract": None}, "reason": "another's"})
    for id_ in (during, moved):
        await stage.routes(id_, cause="severity.assessed", severity="B")
    stage.time.move_to(START + timedelta(days=4))
    for id_ in (after, during, moved):
        await stage.routes(id_, cause="severity.assessed", severity="B")
        await stage.act(id_, "closure", {"by": "eve"})
    asked = [(await stage.act(id_, "rca-requests", REASON)).status_code for id_ in (after, during, moved)]
    assert asked == [200, 409, 409]
