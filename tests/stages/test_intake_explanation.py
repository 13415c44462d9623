"""The explanation over HTTP: each clock is told by the terms that it counts by, also where a later decision has others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from events.assignments import CrisisManagerAssigned, IncidentRouted
from events.escalations import Clock, ClockMet, ClockStarted, ClockSuperseded
from services.decision import Decision
from tests.harness.intake import Counterpart, intake
from tests.harness.work_orders import work_order


def _clock_of(fact: IncidentRouted, name: str, id_: str | None = None) -> Clock:
    terms = next(clock for clock in fact.decision.clocks if clock.name == name)
    return Clock(
        id_ or name, terms.name, terms.side, terms.started_at, terms.due_at, terms.warn_at, terms.target, terms.calendar,
        terms.rule, fact.decision.severity, fact.number,
    )  # fmt: skip


async def _reviewed(desk: Counterpart) -> dict[str, Any]:
    """An incident at B without a contract, routed; an hour later its contract is set. Its explanation."""
    await desk.knows("contract", "WO-1", work_order())
    id_ = await desk.reports(contract=None, impact="moderate", product="sql-server")
    first = await desk.routed(id_)
    old = _clock_of(first, "first_response", "c1")
    await desk.tells("router", id_, first)
    await desk.tells("escalation", id_, ClockStarted(old, "incident.reported"))
    desk.time.passes(hours=1)
    await desk.act(id_, "corrections", {"by": "desk", "changes": {"contract": "WO-1"}, "reason": "asked"})
    second = replace(await desk.routed(id_, cause="incident.corrected"), number=2)
    await desk.tells("router", id_, second)
    new = _clock_of(second, "first_response", "c2")
    await desk.tells("escalation", id_, ClockSuperseded(old, "the terms changed"), ClockStarted(new, "corrected"))
    found: dict[str, Any] = await desk.get(f"/v1/incidents/{id_}/explanation")
    return found


async def test_a_clock_of_an_earlier_decision_is_told_by_that_decisions_hours(database: str) -> None:
    """BASE-HOURS, TERM: without a contract the first clock ran in UTC; the second runs in Almaty."""
    async with intake(database) as desk:
        first, second = (await _reviewed(desk))["clocks"]
        assert first["text"].startswith("2 business hours from Wednesday 4 February 09:00 (UTC): 2 h counted")
        assert [(day["open"], day["counted"]) for day in first["days"]] == [([["09:00", "17:30"]], "PT2H")]
        assert second["text"].startswith("2 business hours from Wednesday 4 February 14:00 (Almaty time)")


async def test_a_clock_that_was_superseded_says_since_when_and_why(database: str) -> None:
    """SEV-CHANGE"""
    async with intake(database) as desk:
        first, second = (await _reviewed(desk))["clocks"]
        assert (first["state"], second["state"]) == ("superseded", "running")
        assert first["text"].endswith("It counts no longer since Wednesday 4 February 10:00: the terms changed.")
        assert "no longer" not in second["text"]


async def test_a_clock_keeps_the_severity_that_it_was_made_at(database: str) -> None:
    """SEV-CHANGE: also where the next decision is heard of before the clock of the first one."""
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        id_ = await desk.has(impact="moderate")
        now = desk.time.now()
        clock = Clock(
            "c1", "first_response", "provider", now, now + timedelta(hours=1), now, "PT1H", "24x7", "BASE-A", "A"
        )
        await desk.tells("escalation", id_, ClockStarted(clock, "incident.reported"))
        assert [shown["severity"] for shown in (await desk.record(id_))["clocks"]] == ["A"]


async def test_a_later_decision_says_why_it_was_made_and_where_its_clocks_count_from(database: str) -> None:
    """SEV-CHANGE, SEV-ASSIGN, SEV-DOWNGRADE"""
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        id_ = await desk.has(impact="moderate")
        desk.time.passes(minutes=20)
        change = {"by": "aigerim", "impact": "critical_down", "reason": "worse"}
        assert (await desk.act(id_, "severity-changes", change)).status_code == 200
        await desk.routes(id_, cause="impact.changed", clocks_from=desk.time.now())
        first, second = (await desk.get(f"/v1/incidents/{id_}/explanation"))["decisions"]
        assert first["text"].startswith("Severity B:")
        assert second["text"].startswith(
            "The customer stated another impact, so that everything is decided anew (SEV-CHANGE). The severity was raised,"
            " so that what is newly owed counts from then, Wednesday 4 February 14:20 (Almaty time; SEV-CHANGE)."
            " Severity 1:"
        )
        assert "SEV-CHANGE" in {rule["id"] for rule in second["rules"]}
        assert "SEV-CHANGE" not in {rule["id"] for rule in first["rules"]}


async def test_after_a_reopening_a_decision_says_that_its_clocks_count_from_that(database: str) -> None:
    """SEV-CHANGE: also where the severity had been raised before."""
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        id_ = await desk.has(impact="moderate")
        raised = desk.time.now()
        desk.time.passes(minutes=20)
        await desk.routes(id_, cause="incident.corrected", clocks_from=raised, reopened_at=desk.time.now())
        second = (await desk.get(f"/v1/incidents/{id_}/explanation"))["decisions"][-1]
        assert (
            "It had been opened again, so that what was not done before counts from then,"
            " Wednesday 4 February 14:20 (Almaty time)."
        ) in second["text"]
        assert "was raised" not in second["text"]
        assert second["inputs"]["reopened_at"] == "2026-02-04T09:20:00Z"
        assert (await desk.act(id_, "replay", {"by": "bo"})).json()["agrees"]


async def test_a_customers_key_reads_who_was_assigned_and_not_who_else_was_looked_at(database: str) -> None:
    """BASE-CM"""
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        id_ = await desk.has()
        looked = [{"person": "cm-bo", "load": 3}]
        await desk.tells("router", id_, CrisisManagerAssigned("cm-ana", "Ana", 1, "severity 1", looked))
        async with desk.with_key("view", contracts=["WO-1"]) as web:
            seen = (await web.get(f"/v1/incidents/{id_}/timeline")).json()["items"][-1]["data"]
        assert (seen["name"], "considered" in seen) == ("Ana", False)
        assert (await desk.timeline(id_))[-1]["data"]["considered"] == looked


async def test_a_later_decision_tells_the_clocks_that_run_and_none_that_was_met(database: str) -> None:
    """SEV-CHANGE: there is no second first response, and updates that were given count."""
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        id_ = await desk.reports(product="sql-server")
        first = await desk.routed(id_)
        await desk.tells("router", id_, first)
        response, manager, update = (
            _clock_of(first, name) for name in ("first_response", "crisis_manager", "status_update")
        )
        await desk.tells(
            "escalation", id_, *(ClockStarted(c, "incident.reported") for c in (response, manager, update))
        )
        desk.time.passes(minutes=30)
        armed = replace(update, id="u2", started_at=desk.time.now(), due_at=desk.time.now() + timedelta(hours=1))
        now = desk.time.now()
        await desk.tells("escalation", id_, ClockMet(response, now, "bo"), ClockMet(update, now, "bo"))
        await desk.tells("escalation", id_, ClockStarted(armed, "incident.updated"))
        desk.time.passes(minutes=10)
        await desk.act(id_, "corrections", {"by": "bo", "changes": {"title": "It is broken still"}, "reason": "so"})
        await desk.tells("router", id_, replace(await desk.routed(id_, cause="incident.corrected"), number=2))
        _, second = (await desk.get(f"/v1/incidents/{id_}/explanation"))["decisions"]
        assert "First response: done already, and not owed again (SEV-CHANGE)." in second["text"]
        assert "Crisis manager: 1 hour from Wednesday 4 February 14:00 (Almaty time)" in second["text"]
        assert "Status update: 1 hour from Wednesday 4 February 14:30 (Almaty time)" in second["text"]


async def test_an_incident_that_is_not_decided_yet_says_so(database: str) -> None:
    """UNROUTED"""
    async with intake(database) as desk:
        found = await desk.get(f"/v1/incidents/{await desk.reports()}/explanation")
        assert found["text"].endswith("\nIt has been taken, and nobody has decided on it yet.")
        assert (found["decisions"], found["clocks"]) == ([], [])


async def test_a_replay_disagrees_where_other_things_would_be_decided_and_not_where_they_would_be_worded_otherwise(
    database: str,
) -> None:
    """A version that says it better decides the same: `critsit replay` guards what is owed."""

    def reworded(was: Decision) -> Decision:
        why = tuple(replace(one, why="so it is") for one in was.passed_over)
        return replace(was, notes=("Said otherwise.",), passed_over=why)

    changes: list[tuple[Callable[[Decision], Decision], list[str]]] = [
        (reworded, []),
        (lambda was: replace(was, queue="elsewhere"), ["queue"]),
        (lambda was: replace(was, passed_over=()), ["passed_over"]),
    ]
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        for changed, differs in changes:
            id_ = await desk.reports(channel="phone", portal=None)
            fact = await desk.routed(id_)
            assert fact.decision.passed_over
            await desk.tells("router", id_, replace(fact, decision=changed(fact.decision)))
            told = (await desk.act(id_, "replay", {"by": "bo"})).json()
            assert (told["agrees"], [one["field"] for one in told["differences"]]) == (not differs, differs)
