"""The customer's clocks: what we ask, how long they have, and what is proposed when they stay silent."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from events.incidents import (
    CustomerReplied,
    DowngradeDecided,
    QuestionAsked,
)
from tests.harness.escalation import Watch, watch

INC = "0198-inc"


@pytest_asyncio.fixture
async def desk(database: str) -> AsyncIterator[Watch]:
    async with watch(database) as found:
        await found.stores("contract", "WO-1", found.work_order)
        await found.rests()
        yield found


async def test_the_customers_silence_at_severity_1_proposes_a_downgrade_that_a_reply_withdraws(desk: Watch) -> None:
    """CUST-ACCESS, SEV-DOWNGRADE"""
    await desk.happens(INC)
    await desk.says("intake", INC, QuestionAsked("bo", "may we log in?", "resources"))
    await desk.rests()
    await desk.passes(minutes=31)
    proposed = (await desk.said("downgrade.proposed"))[0][1]
    assert (proposed["about"], proposed["to"]) == ("severity", "A")
    item = (await desk.get("/v1/proposals", state="open"))["items"][0]
    assert (item["incident"], item["about"], item["to"], item["rule"]) == (INC, "severity", "A", "SEV-DOWNGRADE")
    await desk.says("intake", INC, CustomerReplied("aigerim", "yes"))
    await desk.rests()
    assert (await desk.get("/v1/proposals", state="open"))["items"] == []
    assert (await desk.get("/v1/proposals"))["items"][0]["state"] == "withdrawn"


async def test_a_person_settles_a_proposal(desk: Watch) -> None:
    """SEV-DOWNGRADE"""
    await desk.happens(INC)
    await desk.says("intake", INC, QuestionAsked("bo", "?", "resources"))
    await desk.rests()
    await desk.passes(minutes=31)
    await desk.says("intake", INC, DowngradeDecided("dm", "reject", "they called", "severity", "A"))
    await desk.rests()
    item = (await desk.get("/v1/proposals"))["items"][0]
    assert (item["state"], item["by"], item["settled_reason"]) == ("rejected", "dm", "they called")


async def test_each_question_starts_the_customers_clock_anew(desk: Watch) -> None:
    """CUST-C-REPLY"""
    await desk.happens(INC, "minimal")
    await desk.says("intake", INC, QuestionAsked("bo", "?", "case-owner"))
    await desk.rests()
    desk.time.passes(hours=2)
    await desk.says("intake", INC, QuestionAsked("bo", "??", "case-owner"))
    await desk.says("intake", INC, QuestionAsked("bo", "by the way", "resources"))
    await desk.rests()
    assert (await desk.clock("customer_reply", "running"))["due_at"] == "2026-02-05T12:00:00Z"
    assert (await desk.clock("customer_reply", "superseded"))["due_at"] == "2026-02-05T10:00:00Z"


async def test_change_control_answers_within_business_hours(desk: Watch) -> None:
    """CUST-B-CHANGE: 4 business hours of Almaty, from the frozen contract's calendar"""
    await desk.happens(INC, "moderate")
    await desk.says("intake", INC, QuestionAsked("bo", "may we restart it?", "change-control"))
    await desk.rests()
    shown = await desk.clock("change_control")
    # 15:00 in Almaty: two and a half hours that day, one and a half the next.
    assert (shown["calendar"], shown["due_at"]) == ("almaty", "2026-02-05T05:30:00Z")


async def test_a_downgrade_in_rapid_response_is_about_the_effort(desk: Watch) -> None:
    """SEV-DOWNGRADE: in Rapid Response the proposal is about coverage"""
    desk.work_order = {**desk.work_order, "services": ["base", "rapid-response"], "topology_on_file": True}
    await desk.stores("contract", "WO-1", desk.work_order)
    await desk.happens(INC)
    await desk.says("intake", INC, QuestionAsked("bo", "?", "resources"))
    await desk.rests()
    await desk.passes(minutes=31)
    item = (await desk.get("/v1/proposals", state="open"))["items"][0]
    assert (item["about"], item["to"]) == ("coverage", "business-hours")
