"""Proposals to lower a severity, when it is another one by the time that somebody looks."""

from __future__ import annotations

from events.incidents import DowngradeDecided, QuestionAsked, SeverityAssessed
from tests.harness.escalation import Watch, watch

INC = "inc-1"


async def _proposed(desk: Watch) -> None:
    await desk.happens(INC)
    await desk.says("intake", INC, QuestionAsked("bo", "may we log in?", "resources"))
    await desk.rests()
    await desk.passes(minutes=31)
    assert [item["to"] for item in (await desk.get("/v1/proposals", state="open"))["items"]] == ["A"]


async def test_a_proposal_ends_where_a_person_has_set_another_severity_meanwhile(database: str) -> None:
    """SEV-DOWNGRADE, SEV-ASSIGN: to accept A would raise what is B by now."""
    async with watch(database) as desk:
        await desk.stores("contract", "WO-1", desk.work_order)
        await _proposed(desk)
        await desk.says("intake", INC, SeverityAssessed("eve", "B", "there is a way around"))
        await desk.says("router", INC, desk.routed(INC, cause="severity.assessed", severity="B"))
        await desk.rests()
        (item,) = (await desk.get("/v1/proposals"))["items"]
        assert (item["state"], item["by"], item["settled_reason"]) == ("withdrawn", "router", "severity 1 became B")


async def test_a_decision_that_owes_the_same_leaves_the_proposal_open(database: str) -> None:
    """SEV-DOWNGRADE"""
    async with watch(database) as desk:
        await desk.stores("contract", "WO-1", desk.work_order)
        await _proposed(desk)
        await desk.says("router", INC, desk.routed(INC, cause="incident.corrected"))
        await desk.rests()
        assert len((await desk.get("/v1/proposals", state="open"))["items"]) == 1


async def test_what_was_accepted_is_not_withdrawn_by_the_decision_that_follows(database: str) -> None:
    """SEV-DOWNGRADE"""
    async with watch(database) as desk:
        await desk.stores("contract", "WO-1", desk.work_order)
        await _proposed(desk)
        await desk.says("intake", INC, DowngradeDecided("dm", "accept", "nobody there", "severity", "A"))
        await desk.says("router", INC, desk.routed(INC, cause="downgrade.decided", severity="A"))
        await desk.rests()
        (item,) = (await desk.get("/v1/proposals"))["items"]
        assert (item["state"], item["by"]) == ("accepted", "dm")
