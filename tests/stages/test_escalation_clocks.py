"""Clocks on a real PostgreSQL: started by decisions, warned, met at the very due instant, breached, superseded."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from events.incidents import (
    ImpactChanged,
    IncidentReopened,
    IncidentResolved,
    IncidentResponded,
    IncidentUpdated,
    OnsiteConsented,
    QuestionAsked,
)
from tests.harness.escalation import START, Watch, minutes, report, watch

INC = "0198-inc"


@pytest_asyncio.fixture
async def desk(database: str) -> AsyncIterator[Watch]:
    async with watch(database) as found:
        await found.stores("contract", "WO-1", found.work_order)
        await found.rests()
        yield found


async def test_a_decision_starts_its_clocks_from_the_submission(desk: Watch) -> None:
    """BASE-1-AZURE, BASE-CM, RSM-ESCALATION-1"""
    await desk.happens(INC)
    assert {(c["name"], c["target"], c["started_at"], c["state"]) for c in await desk.clocks(incident=INC)} == {
        ("first_response", "PT15M", "2026-02-04T10:00:00Z", "running"),
        ("crisis_manager", "PT15M", "2026-02-04T10:00:00Z", "running"),
        ("status_update", "PT1H", "2026-02-04T10:00:00Z", "running"),
    }


async def test_a_minimal_incident_says_one_clock_and_nothing_else(desk: Watch) -> None:
    """BASE-C"""
    await desk.happens(INC, "minimal")
    assert await desk.heard_of() == ["clock.started first_response"]


async def test_a_response_at_the_very_due_instant_is_in_time(desk: Watch) -> None:
    await desk.happens(INC)
    await desk.said()
    desk.time.passes(minutes=15)
    await desk.works()
    await desk.says("intake", INC, IncidentResponded("bo", "looking"))
    await desk.hears()
    met = (await desk.said("clock.met"))[0][1]
    assert (met["clock"]["name"], met["met_at"], met["correction"], met["late"]) == (
        "first_response", "2026-02-04T10:15:00Z", False, False,
    )  # fmt: skip
    assert (await desk.clock("first_response"))["state"] == "met"


async def test_a_clock_is_warned_at_four_fifths_of_its_time_and_breached_after_all_of_it(desk: Watch) -> None:
    await desk.happens(INC)
    await desk.said()
    await desk.passes(minutes=11, seconds=59)
    assert await desk.said() == []
    await desk.passes(seconds=1)
    assert sorted(await desk.heard_of()) == ["clock.warned crisis_manager", "clock.warned first_response"]
    await desk.passes(minutes=3)
    assert await desk.said() == []
    await desk.passes(seconds=0.001)
    assert sorted(await desk.heard_of()) == [
        "clock.breached crisis_manager", "clock.breached first_response", "escalation.raised duty-manager",
        "escalation.raised duty-manager",
    ]  # fmt: skip
    assert (await desk.clock("first_response"))["state"] == "breached"


async def test_a_breach_climbs_its_ladder_until_the_promise_is_kept(desk: Watch) -> None:
    await desk.happens(INC)
    await desk.passes(minutes=16)
    await desk.acknowledges(INC)
    await desk.rests()
    await desk.passes(minutes=14)
    raised = [(d["clock"], d["role"], d["level"], d["policy"]) for _, d in await desk.said("escalation.raised")]
    assert ("crisis_manager", "delivery-manager", 2, "default") not in raised
    assert ("first_response", "delivery-manager", 2, "default") in raised
    await desk.says("intake", INC, IncidentResponded("bo", "sorry"))
    await desk.rests()
    late = (await desk.said("clock.met"))[-1][1]
    assert (late["late"], late["correction"]) == (True, False)
    shown = await desk.clock("first_response")
    assert (shown["state"], shown["met_at"]) == ("breached", "2026-02-04T10:30:00Z")
    assert shown["reason"] == "first response was done 15 min after it was due"
    await desk.passes(hours=3)
    assert [d for _, d in await desk.said("escalation.raised") if d["clock"] == "first_response"] == []
    items = (await desk.get("/v1/escalations", incident="INC-000001"))["items"]
    assert {(e["clock"], e["level"], e["state"]) for e in items if e["clock"] == "first_response"} == {
        ("first_response", 1, "ended"), ("first_response", 2, "ended"),
    }  # fmt: skip


async def test_a_crisis_manager_is_assigned_when_the_page_is_acknowledged(desk: Watch) -> None:
    """BASE-CM: other people's acknowledgements assign nobody"""
    await desk.happens(INC)
    desk.time.passes(minutes=5)
    await desk.acknowledges(INC, "engineer")
    await desk.rests()
    assert (await desk.clock("crisis_manager"))["state"] == "running"
    await desk.acknowledges(INC)
    await desk.rests()
    shown = await desk.clock("crisis_manager")
    assert (shown["state"], shown["met_at"], shown["met_by"]) == ("met", "2026-02-04T10:05:00Z", "cm-ana")


async def test_what_was_done_in_time_and_is_heard_of_late_corrects_the_breach(desk: Watch) -> None:
    await desk.happens(INC)
    await desk.passes(minutes=16)
    assert (await desk.clock("first_response"))["state"] == "breached"
    await desk.said()
    await desk.says("intake", INC, IncidentResponded("bo", "here"), at=START + minutes(15))
    await desk.rests()
    met = (await desk.said("clock.met"))[0][1]
    assert (met["correction"], met["late"], met["met_at"]) == (True, False, "2026-02-04T10:15:00Z")
    assert (await desk.clock("first_response", "met"))["reason"] is None
    await desk.passes(minutes=20)
    assert all(d["clock"] != "first_response" for _, d in await desk.said("escalation.raised"))


async def test_before_a_breach_the_logs_are_asked_for_what_is_on_its_way(desk: Watch) -> None:
    await desk.happens(INC)
    await desk.said()
    desk.time.passes(minutes=14)
    await desk.says("intake", INC, IncidentResponded("bo", "here"))
    desk.time.passes(minutes=2)
    await desk.works()
    assert [d["clock"]["name"] for _, d in await desk.said("clock.breached")] == ["crisis_manager"]
    desk.time.passes(minutes=1)
    await desk.works()
    assert (await desk.clock("first_response"))["state"] == "running"
    await desk.rests()
    assert (await desk.clock("first_response"))["state"] == "met"
    assert await desk.heard_of() == ["clock.met first_response"]


async def test_what_was_done_too_late_stops_no_breach(desk: Watch) -> None:
    await desk.happens(INC)
    desk.time.passes(minutes=15, seconds=1)
    await desk.says("intake", INC, IncidentResponded("bo", "here"))
    await desk.works()
    assert (await desk.clock("first_response"))["state"] == "breached"


async def test_a_response_before_the_decision_is_settled_with_it(desk: Watch) -> None:
    await desk.says("intake", INC, desk.reported(INC, report()))
    desk.time.passes(seconds=20)
    await desk.says("intake", INC, IncidentResponded("bo", "on it"))
    await desk.says("intake", INC, QuestionAsked("bo", "since when?", "case-owner"))
    await desk.rests()
    assert await desk.said() == []
    desk.time.passes(seconds=20)
    await desk.says("router", INC, desk.routed(INC))
    await desk.rests()
    assert (await desk.clock("first_response"))["met_at"] == "2026-02-04T10:00:20Z"
    assert (await desk.clock("customer_access"))["due_at"] == "2026-02-04T10:30:20Z"


async def test_a_raised_severity_starts_anew_from_the_change_and_the_old_clock_stays_on_the_record(desk: Watch) -> None:
    """SEV-CHANGE: raised"""
    await desk.happens(INC, "minimal")
    desk.time.passes(minutes=30)
    await desk.says("intake", INC, ImpactChanged("a", "critical_down", "worse"))
    desk.reports[INC] = report()
    await desk.says("router", INC, desk.routed(INC, cause="impact.changed", clocks_from=desk.time.now()))
    await desk.rests()
    old = await desk.clock("first_response", "superseded")
    new = await desk.clock("first_response", "running")
    assert (old["target"], old["stopped_at"], old["reason"]) == (
        "PT4H", "2026-02-04T10:30:00Z", "severity C became 1",
    )  # fmt: skip
    assert (new["started_at"], new["due_at"]) == ("2026-02-04T10:30:00Z", "2026-02-04T10:45:00Z")
    await desk.passes(minutes=16)
    assert "escalation.raised duty-manager" in await desk.heard_of()


async def test_a_lowered_severity_keeps_the_submission_and_what_was_met_stays_met(desk: Watch) -> None:
    """SEV-CHANGE: lowered"""
    await desk.happens(INC)
    await desk.says("intake", INC, IncidentResponded("bo", "hi"))
    desk.time.passes(minutes=10)
    desk.reports[INC] = report("moderate")
    await desk.says("router", INC, desk.routed(INC, cause="impact.changed"))
    await desk.rests()
    states = {(c["name"], c["state"]) for c in await desk.clocks()}
    assert states == {("first_response", "met"), ("crisis_manager", "superseded"), ("status_update", "superseded")}


async def test_a_lowered_severity_whose_time_is_over_is_breached_at_once(desk: Watch) -> None:
    """SEV-CHANGE: breached at once where that is over"""
    await desk.happens(INC, "minimal", product="sql-server")
    await desk.passes(days=1)
    await desk.said()
    desk.reports[INC] = report("moderate", product="sql-server")
    await desk.says("router", INC, desk.routed(INC, cause="severity.assessed"))
    await desk.rests()
    assert "clock.breached first_response" in await desk.heard_of()


async def test_a_status_update_arms_the_next_one_and_each_missed_one_climbs_a_level(desk: Watch) -> None:
    """RSM-ESCALATION-1"""
    await desk.happens(INC)
    await desk.says("intake", INC, IncidentResponded("bo", "hi"))
    await desk.acknowledges(INC)
    desk.time.passes(minutes=30)
    await desk.says("intake", INC, IncidentUpdated("bo", "found it"))
    await desk.rests()
    assert (await desk.clock("status_update", "running"))["due_at"] == "2026-02-04T11:30:00Z"
    await desk.said()
    desk.time.passes(minutes=61)
    await desk.rests()
    assert [(d["role"], d["level"]) for _, d in await desk.said("escalation.raised")] == [("duty-manager", 1)]
    running = await desk.clock("status_update", "running")
    assert (running["started_at"], running["due_at"]) == ("2026-02-04T11:30:00Z", "2026-02-04T12:30:00Z")
    await desk.passes(minutes=60)
    assert [(d["role"], d["level"]) for _, d in await desk.said("escalation.raised")] == [("delivery-manager", 2)]
    await desk.passes(minutes=60)
    assert [(d["role"], d["level"]) for _, d in await desk.said("escalation.raised")] == [("delivery-manager", 2)]


async def test_an_update_in_time_that_is_heard_of_late_takes_the_miss_back(desk: Watch) -> None:
    await desk.happens(INC)
    await desk.passes(minutes=61)
    await desk.said()
    await desk.says("intake", INC, IncidentUpdated("bo", "all well"), at=START + minutes(60))
    await desk.rests()
    assert [w for w in await desk.heard_of() if "status_update" in w] == [
        "clock.met status_update", "clock.superseded status_update", "clock.started status_update",
    ]  # fmt: skip
    assert (await desk.clock("status_update", "running"))["due_at"] == "2026-02-04T12:00:00Z"


async def test_a_contract_that_the_directory_has_not_heard_of_is_read_from_the_log(database: str) -> None:
    async with watch(database) as desk:
        await desk.happens(INC, "moderate")
        await desk.says("intake", INC, QuestionAsked("bo", "?", "change-control"), urgent=True)
        await desk.stores("contract", "WO-1", desk.work_order)
        await desk.running.followers["urgent"][0].step()  # type: ignore[index]
        assert (await desk.clock("change_control"))["calendar"] == "almaty"


async def test_on_site_resources_are_due_once_the_customer_has_agreed(desk: Watch) -> None:
    """BASE-ONSITE"""
    await desk.happens(INC)
    desk.time.passes(hours=22)
    await desk.says("intake", INC, OnsiteConsented("aigerim"))
    await desk.says("intake", INC, OnsiteConsented("aigerim"))
    await desk.rests()
    assert (await desk.clock("onsite"))["due_at"] == "2026-02-05T12:00:00Z"


async def test_the_trigger_refuses_to_move_a_target(desk: Watch) -> None:
    await desk.happens(INC)
    for column in ("due_at", "started_at"):
        with pytest.raises(DBAPIError, match="never moved"):
            async with desk.ground.engine.begin() as connection:
                await connection.execute(text(f"update clock set {column} = {column} + interval '1 hour'"))
    with pytest.raises(DBAPIError, match="never moved"):
        async with desk.ground.engine.begin() as connection:
            await connection.execute(text("update clock set target = 'PT9H'"))


async def test_teams_are_called_in_at_the_decision_where_the_contract_says_so(desk: Watch) -> None:
    """BASE-ESCALATE, RR-ESCALATE"""
    desk.work_order = {**desk.work_order, "services": ["base", "rapid-response"], "topology_on_file": True}
    await desk.happens(INC)
    raised = {(d["role"], d["rule"], d["level"], d["policy"]) for _, d in await desk.said("escalation.raised")}
    assert raised == {
        ("cloud-operations", "RR-ESCALATE", 1, "contract"), ("product-team", "BASE-ESCALATE", 1, "contract"),
    }  # fmt: skip
    await desk.says("router", INC, desk.routed(INC, cause="incident.corrected"))
    await desk.rests()
    assert await desk.said() == []


async def test_teams_are_called_in_again_when_it_is_raised_or_opened_again(desk: Watch) -> None:
    """BASE-ESCALATE"""
    await desk.happens(INC)
    await desk.rests()
    await desk.said()
    await desk.says("router", INC, desk.routed(INC, severity="B", cause="severity.assessed"))
    await desk.says("router", INC, desk.routed(INC, cause="impact.changed"))
    await desk.rests()
    assert [d["role"] for _, d in await desk.said("escalation.raised")] == ["product-team"]
    await desk.says("intake", INC, IncidentResolved("eng", "fixed"))
    await desk.says("intake", INC, IncidentReopened("cust", "it is not"))
    await desk.rests()
    assert [d["role"] for _, d in await desk.said("escalation.raised")] == ["product-team"]
