"""`Prefer: wait` on an action: the answer shows what the other stages made of it, and never waits for what won't come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest
import pytest_asyncio

from backbone.time_source import ticks
from events.assignments import (
    BalanceDrawn,
    CrisisManagerRefused,
    EffortRefused,
    IncidentRouted,
    OwnerChanged,
    OwnerRefused,
)
from events.codec import Fact
from events.escalations import Clock, ClockMet, ClockStarted, ClockSuperseded
from events.notifications import Page, PageRequested
from tests.harness.intake import START, Counterpart, clocks_of, intake
from tests.harness.work_orders import work_order

RESPONSE = {"by": "eve", "message": "we are on it"}
QUESTION, REPLY = {"by": "eve", "text": "Which one?", "to": "case-owner"}, {"by": "Aigerim", "text": "The third."}
CLOCK = Clock("c-1", "first_response", "provider", START, START, START, "PT15M", "24x7", "BASE-1-AZURE")
OF_THE_CUSTOMER = replace(CLOCK, name="customer_reply", side="customer")


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


async def test_a_question_without_a_clock_and_a_reply_that_nobody_waits_for_are_answered_at_once(
    stage: Counterpart,
) -> None:
    """CUST-C-REPLY"""
    id_ = await stage.has(impact="minimal")
    began = ticks()
    await stage.act(id_, "questions", QUESTION | {"to": "resources"}, Prefer="wait=5")
    await stage.act(id_, "customer-replies", REPLY, Prefer="wait=5")
    assert ticks() - began < 4
    asked = asyncio.create_task(stage.act(id_, "questions", QUESTION, Prefer="wait=5"))
    await asyncio.wait([asked], timeout=0.5)
    assert not asked.done()
    await stage.tells("escalation", id_, ClockStarted(OF_THE_CUSTOMER, "question.asked"))
    assert [clock["name"] for clock in (await asked).json()["clocks"]] == ["customer_reply"]


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


async def test_who_records_effort_and_prefers_to_wait_sees_whether_the_balance_covers_it(stage: Counterpart) -> None:
    """DSE: other effort draws from nothing, and nobody waits for it."""
    bought = work_order(
        services=["base", "designated-engineering"], balances={"dse_hours": 2},
        designated={"products": ["sql-server"], "location": "almaty"},
    )  # fmt: skip
    await stage.knows("contract", "WO-1", bought)
    id_ = await stage.has(impact="moderate", product="sql-server", location="almaty")
    drawn = BalanceDrawn("dse_hours", 1.0, 1.0, "DSE", announce=False)
    refused = EffortRefused("eve", 200, 1.0, "DSE", "1 of the hours bought are left")
    for minutes, follows, counted in ((60, drawn, 60), (200, refused, 60)):
        await stage.said()
        body = {"by": "eve", "minutes": minutes}
        asked = asyncio.create_task(stage.act(id_, "effort", body, Prefer="wait=5"))
        async with asyncio.timeout(5):
            while not await stage.said():
                pass
        assert not asked.done()
        began = ticks()
        await stage.tells("router", id_, follows)
        assert (await asked).json()["effort_minutes"] == counted
        assert ticks() - began < 4
    elsewhere = await stage.has(impact="moderate", product="windows-server", location="almaty")
    began = ticks()
    await stage.act(elsewhere, "effort", {"by": "eve", "minutes": 20}, Prefer="wait=5")
    assert ticks() - began < 4


@pytest.mark.parametrize(
    ("action", "refused"),
    [
        ("owner", OwnerRefused("eve", "bo", "nobody here has the id bo")),
        ("crisis-manager", CrisisManagerRefused("eve", "bo", "nobody here has the id bo")),
    ],
)  # fmt: skip
async def test_who_prefers_to_wait_for_what_is_refused_is_answered_when_it_is(
    stage: Counterpart, action: str, refused: Fact
) -> None:
    """It waited for its whole time, and whoever handed over looked at a portal that stood still."""
    id_ = await stage.has()
    await stage.said()
    version = (await stage.record(id_))["version"]
    asked = asyncio.create_task(stage.act(id_, action, {"by": "eve", "person": "bo"}, Prefer="wait=5"))
    async with asyncio.timeout(5):
        while not await stage.said():
            pass
    began = ticks()
    await stage.tells("router", id_, refused)
    answer = (await asked).json()
    assert ticks() - began < 4
    assert (answer["owner"], answer["version"]) == (None, version + 1)


async def test_a_repeat_waits_for_what_the_first_asking_waited_for(stage: Counterpart) -> None:
    """Whoever lost the answer asked again and was shown the record as if nothing would follow."""
    id_ = await stage.has()
    await stage.said()
    wish = {"Idempotency_Key": "k-1", "Prefer": "wait=5"}
    assert (await stage.act(id_, "owner", {"by": "eve", "person": "raj"}, Idempotency_Key="k-1")).json()[
        "owner"
    ] is None
    asked = asyncio.create_task(stage.act(id_, "owner", {"by": "eve", "person": "raj"}, **wish))
    await asyncio.wait([asked], timeout=0.5)
    assert not asked.done()
    await stage.tells("router", id_, OwnerChanged("eve", "raj", "Raj"))
    assert (await asked).json()["owner"] == {"id": "raj", "name": "Raj"}
    began = ticks()
    again = await stage.act(id_, "owner", {"by": "eve", "person": "raj"}, **wish)
    assert again.json()["owner"] == {"id": "raj", "name": "Raj"}
    await stage.act(id_, "owner", {"by": "eve", "person": "bo"}, Idempotency_Key="k-2")
    await stage.tells("router", id_, OwnerRefused("eve", "bo", "nobody here has the id bo"))
    await stage.act(id_, "owner", {"by": "eve", "person": "bo"}, **(wish | {"Idempotency_Key": "k-2"}))
    assert ticks() - began < 4, "what has followed already is not waited for"
    assert [type_ for type_, _ in await stage.said()] == ["owner.requested", "owner.requested"]


async def test_a_repeat_of_what_waited_for_the_route_waits_for_it(stage: Counterpart) -> None:
    id_ = await stage.reports()
    await stage.act(id_, "onsite-consents", {"by": "Aigerim"}, Idempotency_Key="k-1")
    asking = stage.act(id_, "onsite-consents", {"by": "Aigerim"}, Idempotency_Key="k-1", Prefer="wait=5")
    asked = asyncio.create_task(asking)
    await asyncio.wait([asked], timeout=0.5)
    assert not asked.done()
    await stage.routes(id_)
    assert (await asked).json()["severity"] == "1"


async def _changes(stage: Counterpart, impact: str) -> tuple[str, IncidentRouted, asyncio.Task[httpx2.Response]]:
    """A routed incident whose clocks run, what was decided, and somebody who has changed its severity and waits."""
    id_ = await stage.reports()
    first = await stage.routed(id_)
    await stage.tells("router", id_, first)
    await stage.starts_clocks(id_, first)
    await stage.said()
    body = {"by": "Aigerim", "impact": impact, "reason": "it changed"}
    asked = asyncio.create_task(stage.act(id_, "severity-changes", body, Prefer="wait=5"))
    async with asyncio.timeout(5):
        while not await stage.said():
            pass
    return id_, first, asked


async def test_who_changes_the_severity_and_prefers_to_wait_sees_the_clocks_that_it_comes_to(
    stage: Counterpart,
) -> None:
    """SEV-CHANGE"""
    id_, first, asked = await _changes(stage, "moderate")
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
    await stage.tells("escalation", id_, ClockStarted(OF_THE_CUSTOMER, "question.asked"))
    await stage.said()
    async with stage.with_key("report", contracts=["WO-1"]) as ours:
        asking = ours.post(f"/v1/incidents/{id_}/customer-replies", json=REPLY, headers={"Prefer": "wait=0.5"})
        asked = asyncio.create_task(asking)
        async with asyncio.timeout(5):
            while not await stage.said():
                pass
        correction = {"by": "eve", "changes": {"contract": "WO-2"}, "reason": "it is theirs"}
        assert (await stage.act(id_, "corrections", correction)).status_code == 200
        answer = await asked
    assert (answer.status_code, answer.json()["contract"], answer.json()["customer"]) == (200, "WO-1", "Steppe Telecom")


async def test_nobody_waits_for_what_will_not_come(stage: Counterpart) -> None:
    """A response after the first, an update that is not owed, what is turned down, the closing of what is resolved."""
    id_ = await stage.reports()
    first = await stage.routed(id_)
    await stage.tells("router", id_, first)
    await stage.starts_clocks(id_, first)
    (owed,) = [clock for clock in clocks_of(first) if clock.name == "first_response"]
    await stage.tells("escalation", id_, ClockMet(owed, stage.time.now(), "eve"))
    minor = await stage.has(impact="moderate")
    started = ticks()
    for case, action, body in (
        (id_, "responses", RESPONSE), (minor, "updates", {"by": "eve", "status": "still"}),
        (minor, "resolution", {"by": "eve", "note": "done"}), (minor, "closure", {"by": "eve", "note": "done"}),
    ):  # fmt: skip
        assert (await stage.act(case, action, body, Prefer="wait=5")).status_code == 200
    assert ticks() - started < 4


async def test_what_is_decided_anew_and_comes_to_the_same_is_waited_for_no_longer_than_it_takes(
    stage: Counterpart,
) -> None:
    id_, _, asked = await _changes(stage, "critical_down")
    began = ticks()
    await stage.tells("router", id_, await stage.routed(id_, cause="impact.changed"))
    assert (await asked).json()["severity"] == "1"
    assert ticks() - began < 4
