"""`Prefer: wait` on an action: the answer shows what the other stages made of it, and never waits for what won't come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from backbone.time_source import ticks
from events.escalations import Clock, ClockMet, ClockStarted, ClockSuperseded
from events.notifications import Page, PageRequested
from tests.harness.intake import START, Counterpart, clocks_of, intake
from tests.harness.work_orders import work_order

RESPONSE = {"by": "eve", "message": "we are on it"}
CLOCK = Clock("c-1", "first_response", "provider", START, START, START, "PT15M", "24x7", "BASE-1-AZURE")


@pytest_asyncio.fixture
async def stage(database: str) -> AsyncIterator[Counterpart]:
    async with intake(database) as found:
        await found.knows("contract", "WO-1", work_order())
        yield found


async def test_who_prefers_to_wait_is_answered_when_the_other_stages_have_followed(stage: Counterpart) -> None:
    id_ = await stage.has()
    await stage.said()
    asked = asyncio.create_task(stage.act(id_, "responses", RESPONSE, Prefer="wait=5"))
    async with asyncio.timeout(5):
        while not await stage.said():
            pass
    await stage.tells("escalation", id_, ClockStarted(CLOCK, "incident.reported"))
    assert not asked.done()
    await stage.tells("escalation", id_, ClockMet(CLOCK, stage.time.now(), "eve"))
    answer = await asked
    assert [clock["state"] for clock in answer.json()["clocks"]] == ["met"]


async def test_who_prefers_to_wait_for_what_waits_for_the_route_is_answered_with_it(stage: Counterpart) -> None:
    id_ = await stage.reports()
    await stage.said()
    asked = asyncio.create_task(stage.act(id_, "onsite-consents", {"by": "Aigerim"}, Prefer="wait=5"))
    async with asyncio.timeout(5):
        while not await stage.said():
            pass
    await stage.routes(id_)
    assert (await asked).json()["severity"] == "1"


async def test_where_nothing_follows_by_then_it_is_the_plain_answer(stage: Counterpart) -> None:
    id_ = await stage.has()
    answer = await stage.act(id_, "responses", RESPONSE, Prefer="wait=0.05")
    assert (answer.status_code, answer.json()["clocks"]) == (200, [])
    started = ticks()
    await stage.act(id_, "rca-requests", {"by": "Aigerim", "reason": "our board"}, Prefer="wait=5")
    await stage.act(id_, "effort", {"by": "eve", "minutes": 20}, Prefer="wait=5")
    assert ticks() - started < 4


async def test_who_asks_for_management_and_prefers_to_wait_sees_who_is_called(stage: Counterpart) -> None:
    """RSM-BC"""
    id_ = await stage.has(impact="moderate")
    await stage.said()
    body = {"by": "Aigerim", "reason": "how far is it?"}
    asked = asyncio.create_task(stage.act(id_, "management-requests", body, Prefer="wait=5"))
    async with asyncio.timeout(5):
        while not await stage.said():
            pass
    await stage.tells("notifier", id_, PageRequested(Page("p-1", "duty-manager", "provider", "dm", "Dm", 0, "")))
    assert [page["to"] for page in (await asked).json()["pages"]] == ["dm"]


async def test_who_changes_the_severity_and_prefers_to_wait_sees_the_clocks_that_it_comes_to(
    stage: Counterpart,
) -> None:
    """SEV-CHANGE"""
    id_ = await stage.reports()
    first = await stage.routed(id_)
    await stage.tells("router", id_, first)
    await stage.starts_clocks(id_, first)
    await stage.said()
    body = {"by": "Aigerim", "impact": "moderate", "reason": "it runs again"}
    asked = asyncio.create_task(stage.act(id_, "severity-changes", body, Prefer="wait=5"))
    async with asyncio.timeout(5):
        while not await stage.said():
            pass
    second = await stage.routed(id_, cause="impact.changed")
    await stage.tells("router", id_, second)
    await stage.starts_clocks(id_, second)
    assert not asked.done(), "what is owed no more runs on"
    for clock in clocks_of(first):
        await stage.tells("escalation", id_, ClockSuperseded(clock, "another severity"))
    answer = (await asked).json()
    assert answer["severity"] == "B"
    assert [clock["name"] for clock in answer["clocks"] if clock["state"] == "running"] == ["first_response"]


async def test_who_waits_is_not_shown_what_another_customer_has_by_then(stage: Counterpart) -> None:
    await stage.knows("contract", "WO-2", work_order(number="WO-2", customer="Other"))
    id_ = await stage.has()
    await stage.said()
    async with stage.with_key("report", contracts=["WO-1"]) as ours:
        body = {"by": "Aigerim", "text": "west"}
        asking = ours.post(f"/v1/incidents/{id_}/customer-replies", json=body, headers={"Prefer": "wait=0.5"})
        asked = asyncio.create_task(asking)
        async with asyncio.timeout(5):
            while not await stage.said():
                pass
        correction = {"by": "eve", "changes": {"contract": "WO-2"}, "reason": "it is theirs"}
        assert (await stage.act(id_, "corrections", correction)).status_code == 200
        answer = await asked
    assert (answer.status_code, answer.json()["contract"], answer.json()["customer"]) == (200, "WO-1", "Steppe Telecom")
