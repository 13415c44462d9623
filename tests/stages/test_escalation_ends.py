"""Resolved, reopened, changed, after an outage: what was over before is breached, and what is over then is told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from events.incidents import (
    IncidentClosed,
    IncidentReopened,
    IncidentResolved,
    QuestionAsked,
)
from tests.harness.escalation import Watch, report, watch

INC = "0198-inc"


@pytest_asyncio.fixture
async def desk(database: str) -> AsyncIterator[Watch]:
    async with watch(database) as found:
        await found.stores("contract", "WO-1", found.work_order)
        await found.rests()
        yield found


async def test_resolving_closes_what_runs_and_what_was_breached_stays_on_the_record(desk: Watch) -> None:
    await desk.happens(INC)
    await desk.passes(minutes=16)
    await desk.says("intake", INC, IncidentResolved("bo", "done"))
    await desk.rests()
    assert {(c["name"], c["state"], c["reason"]) for c in await desk.clocks() if c["state"] == "superseded"} == {
        ("status_update", "superseded", "resolved")
    }
    await desk.says("intake", INC, IncidentClosed("bo", ""))
    await desk.said()
    await desk.passes(days=2)
    assert await desk.said() == []


async def test_reopening_owes_updates_anew_and_whatever_was_never_done(desk: Watch) -> None:
    await desk.happens(INC)
    await desk.acknowledges(INC)
    await desk.says("intake", INC, IncidentResolved("bo", "done"))
    await desk.rests()
    await desk.passes(hours=5)
    await desk.says("intake", INC, IncidentReopened("aigerim", "not done"))
    await desk.rests()
    running = {(c["name"], c["due_at"]) for c in await desk.clocks(state="running")}
    assert running == {("status_update", "2026-02-04T16:00:00Z"), ("first_response", "2026-02-04T15:15:00Z")}


async def test_a_decision_that_has_not_heard_of_the_reopening_owes_nothing_from_before_it(desk: Watch) -> None:
    """SEV-CHANGE: a correction, the end and the reopening at once; the router comes to it after that."""
    await desk.happens(INC, product="sql-server")
    await desk.says("intake", INC, IncidentResolved("bo", "done"))
    await desk.passes(hours=5)
    await desk.says("intake", INC, IncidentReopened("aigerim", "not done"))
    await desk.rests()
    before = await desk.clocks(state="running")
    await desk.says("router", INC, desk.routed(INC, cause="incident.corrected"))
    await desk.rests()
    assert await desk.clocks(state="running") == before


async def test_an_incident_that_nobody_decides_on_is_raised_after_two_minutes(desk: Watch) -> None:
    """UNROUTED"""
    await desk.says("intake", INC, desk.reported(INC, report()))
    await desk.rests()
    await desk.passes(minutes=2)
    assert await desk.said() == []
    assert await desk.clocks() == []
    await desk.passes(seconds=1)
    assert await desk.heard_of() == ["clock.breached unrouted", "escalation.raised duty-manager"]
    await desk.says("router", INC, desk.routed(INC))
    await desk.rests()
    assert (await desk.heard_of())[0] == "clock.met unrouted"


async def test_what_was_over_before_an_end_or_a_change_is_breached_whoever_looked_first(desk: Watch) -> None:
    """SEV-CHANGE, CUST-C-REPLY: a resolution, another severity, a new question undo no breach that nobody saw yet."""
    await desk.happens("inc-resolved")
    await desk.happens("inc-changed")
    await desk.happens("inc-asked", "minimal")
    await desk.says("intake", "inc-asked", QuestionAsked("bo", "?", "case-owner"))
    await desk.rests()
    await desk.said()
    desk.time.passes(hours=25)
    await desk.says("intake", "inc-resolved", IncidentResolved("bo", ""))
    desk.reports["inc-changed"] = report("minimal")
    await desk.says("router", "inc-changed", desk.routed("inc-changed", cause="impact.changed"))
    await desk.says("intake", "inc-asked", QuestionAsked("bo", "still?", "case-owner"))
    await desk.hears()
    assert (await desk.clock("first_response", incident="inc-resolved"))["state"] == "breached"
    assert (await desk.clock("first_response", "breached", incident="inc-changed"))["target"] == "PT15M"
    assert (await desk.clock("customer_reply", "breached", incident="inc-asked"))["due_at"] == "2026-02-05T10:00:00Z"
    assert await desk.said("clock.superseded") == []


async def test_what_is_overdue_after_an_outage_is_marked_late_and_fires_oldest_first(desk: Watch) -> None:
    for number in range(3):
        await desk.happens(f"inc-{number}", product="sql-server")
        desk.time.passes(minutes=1)
    await desk.said()
    desk.time.passes(minutes=70)
    await desk.works()
    breached = [d for _, d in await desk.said("clock.breached") if d["clock"]["name"] == "first_response"]
    assert [d["late"] for d in breached] == [True, True, True]
    assert [d["clock"]["due_at"] for d in breached] == sorted(d["clock"]["due_at"] for d in breached)
