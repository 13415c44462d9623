"""Escalation under many: batches, replicas, handlers and claims at once, outages."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from sqlalchemy import text

from backbone.log.event import Lane
from backbone.process.runner import settle
from events.incidents import IncidentMended, IncidentResolved, IncidentResponded, IncidentUpdated
from tests.harness.escalation import Watch, report, watch
from tests.harness.statements import statements

_COUNT = "select count(*) from clock where incident like '{}-%' and state = '{}'"


@pytest_asyncio.fixture
async def desk(database: str) -> AsyncIterator[Watch]:
    async with watch(database) as found:
        await found.stores("contract", "WO-1", found.work_order)
        await found.rests()
        yield found


async def in_a_batch(desk: Watch, count: int, prefix: str, impact: str = "minimal") -> list[str]:
    ids = [f"{prefix}-{number:04d}" for number in range(count)]
    urgent = impact.startswith("critical")
    await desk.write("intake", [(i, desk.reported(i, report(impact))) for i in ids], urgent=urgent)
    await desk.hears()
    await desk.write("router", [(i, desk.routed(i)) for i in ids], urgent=urgent)
    return ids


async def test_a_batch_costs_the_same_few_statements_whatever_it_holds(desk: Watch) -> None:
    counts = []
    for number, size in enumerate((5, 200)):
        await in_a_batch(desk, size, f"batch{number}")
        async with statements(desk.ground.engine) as sent:
            await desk.running.followers[Lane.ORDINARY][0].step()
        counts.append(len(sent))
        assert await desk.one(_COUNT.format(f"batch{number}", "running")) == size
        await desk.hears()
    assert abs(counts[0] - counts[1]) <= 1, counts
    assert 5 <= max(counts) <= 20, counts


async def test_two_hundred_breaches_cost_the_same_few_statements_as_five(desk: Watch) -> None:
    counts = []
    for number, size in enumerate((5, 150)):
        await in_a_batch(desk, size, f"due{number}")
        await desk.hears()
        desk.time.passes(days=1)
        async with statements(desk.ground.engine) as sent:
            await desk.running.stage.works[0].step(Lane.ORDINARY)
        counts.append(len(sent))
        await desk.works()
        assert await desk.one(_COUNT.format(f"due{number}", "breached")) == size
    assert abs(counts[0] - counts[1]) <= 1, counts


async def test_two_replicas_share_what_is_due_and_nothing_happens_twice(database: str, desk: Watch) -> None:
    ids = await in_a_batch(desk, 300, "twice", "critical_degraded")
    await desk.hears()
    await desk.said()
    async with watch(database, desk.time) as other:
        desk.time.passes(hours=1, seconds=1)
        await asyncio.gather(desk.works(), other.works(), desk.works(), other.works())
        await desk.works()
    breached = Counter((d["clock"]["id"]) for _, d in await desk.said("clock.breached"))
    assert len(breached) == 2 * len(ids)
    assert set(breached.values()) == {1}


async def test_urgent_clocks_never_wait_for_the_others(desk: Watch) -> None:
    await in_a_batch(desk, 250, "storm")
    await desk.hears()
    await desk.happens("urgent-one")
    desk.time.passes(days=2)
    await desk.said()
    await desk.running.stage.works[0].step(Lane.URGENT)
    assert {d["clock"]["name"] for _, d in await desk.said("clock.breached")} == {
        "first_response", "crisis_manager", "status_update",
    }  # fmt: skip


async def test_a_claim_and_a_handler_never_deadlock(database: str, desk: Watch) -> None:
    ids = await in_a_batch(desk, 60, "both", "critical_degraded")
    await desk.hears()
    desk.time.passes(minutes=55)
    async with watch(database, desk.time) as other:

        async def people() -> None:
            for turn in range(6):
                fact = IncidentResponded("bo", "hi") if turn == 0 else IncidentUpdated("bo", "on")
                await desk.write("intake", [(i, fact) for i in ids[::-1]])
                await desk.hears()

        async def clocks(which: Watch) -> None:
            for _ in range(12):
                await which.works()
                desk.time.passes(minutes=40)
                await asyncio.sleep(0)

        await asyncio.gather(people(), clocks(desk), clocks(other))
        await settle([desk.running, other.running])
    assert await desk.one("select count(*) from dead_letter") == 0
    assert await desk.one("select count(*) from clock where name = 'first_response' and met_at is null") == 0
    running = "select count(*) n from clock where state = 'running' group by incident"
    assert await desk.one(f"select max(n) from ({running}) x") == 1


async def test_a_subject_in_other_hands_is_passed_over_and_looked_at_again(desk: Watch) -> None:
    await desk.happens("mine")
    await desk.happens("yours")
    await desk.said()
    desk.time.passes(minutes=16)
    async with desk.ground.engine.begin() as connection:
        await connection.execute(text("select 1 from subject where subject = 'yours' for update"))
        await desk.works()
        assert await desk.one("select count(*) from clock where state = 'breached' and incident = 'yours'") == 0
        assert await desk.one("select count(*) from clock where state = 'breached' and incident = 'mine'") == 2
    await desk.works()
    assert await desk.one("select count(*) from clock where state = 'breached' and incident = 'yours'") == 2


async def test_several_updates_missed_in_an_outage_are_recorded_each_and_raised_once(desk: Watch) -> None:
    """RSM-ESCALATION-1"""
    await desk.happens("long")
    await desk.says("intake", "long", IncidentResponded("bo", "hi"))
    await desk.acknowledges("long")
    await desk.rests()
    await desk.said()
    await desk.passes(hours=5, minutes=1)
    said = await desk.said()
    assert sum(t == "clock.breached" for t, _ in said) == 5
    assert [(d["level"], d["clock"]) for t, d in said if t == "escalation.raised"] == [(2, "status_update")]


async def test_a_clock_that_jumps_forward_and_back_delays_nothing(desk: Watch) -> None:
    await desk.happens("jump", "minimal")
    desk.time.passes(hours=2)
    await desk.rests()
    desk.time.passes(hours=-2)
    await desk.rests()
    await desk.happens("after-the-jump")
    await desk.passes(minutes=16)
    breached = {d["clock"]["name"] for _, d in await desk.said("clock.breached")}
    assert breached == {"first_response", "crisis_manager"}


async def test_the_invariants_count_what_is_left_lying(desk: Watch) -> None:
    counts = desk.running.stage.invariants
    await desk.happens("fine")
    await desk.says("intake", "unrouted", desk.reported("unrouted", report()))
    await desk.hears()
    assert {name: await count() for name, count in counts.items()} == dict.fromkeys(counts, 0)
    desk.time.passes(hours=3)
    found = {name: await count() for name, count in counts.items()}
    assert found["accepted_without_a_route"] == 1
    assert found["clock_past_due_still_running"] == 4
    await desk.works()
    assert (await counts["clock_past_due_still_running"]()) == 0


async def test_a_clock_that_cannot_be_acted_on_stops_no_other_and_asks_for_a_human(desk: Watch) -> None:
    for name in ("good", "broken", "well"):
        await desk.happens(name)
    await desk.said()
    async with desk.ground.engine.begin() as connection:
        await connection.execute(text("update incident set body = '{}' where id = 'broken'"))
    await desk.passes(minutes=16)
    said = await desk.said()
    assert sum(t == "clock.breached" for t, _ in said) == 4
    assert [d["stage"] for t, d in said if t == "incident.stuck"] == ["escalation"]
    await desk.passes(minutes=4)
    assert "incident.stuck" not in {t for t, _ in await desk.said()}


async def test_a_clock_that_goes_on_after_all_is_said_to_be_mended_once_and_nobody_is_asked_for_twice(
    desk: Watch,
) -> None:
    for name in ("broken", "settled"):
        await desk.happens(name)
    bodies = {
        name: await desk.one(f"select body::text from incident where id = '{name}'") for name in ("broken", "settled")
    }
    await _becomes(desk, broken="{}", settled="{}")
    await desk.said()
    await desk.passes(minutes=16)
    for _ in range(3):
        await desk.passes(minutes=5)
    assert [t for t, _ in await desk.said()] == ["incident.stuck"] * 2
    await _becomes(desk, **bodies)
    await desk.says("intake", "settled", IncidentResolved("bo", "done"))
    await desk.hears()
    assert (await desk.said("incident.mended")) == [("incident.mended", {"stage": "escalation"})]
    await desk.passes(minutes=5)
    await desk.passes(minutes=5)
    said = await desk.said()
    assert [d["stage"] for t, d in said if t == "incident.mended"] == ["escalation"]
    assert sum(t == "clock.breached" for t, _ in said) == 2
    await _becomes(desk, broken="{}")
    await desk.passes(hours=1)
    assert [t for t, _ in await desk.said()] == ["incident.stuck"], "it is stuck anew"


@pytest.mark.parametrize("ended", ["name = 'first_response'", "stuck"], ids=["one", "all"])
async def test_what_an_earlier_version_brought_to_its_end_is_stuck_no_more(desk: Watch, ended: str) -> None:
    """It knows no such mark, and leaves it where it is."""
    await desk.happens("a")
    body = await desk.one("select body::text from incident where id = 'a'")
    await _becomes(desk, a="{}")
    await desk.passes(minutes=16)
    await _becomes(desk, a=body)
    async with desk.ground.engine.begin() as connection:
        await connection.execute(
            text(f"update clock set state = 'superseded', superseded_at = due_at, next_at = null where {ended}")
        )
    await desk.said()
    await desk.says("intake", "a", IncidentResolved("bo", "done"))
    await desk.passes(minutes=5)
    assert [t for t, _ in await desk.said("incident.stuck", "incident.mended")] == ["incident.mended"]
    assert await desk.one("select count(*) from clock where stuck") == 0


async def test_what_is_held_besides_waits_for_a_human_though_its_clock_goes_on(desk: Watch) -> None:
    await desk.happens("held")
    body = await desk.one("select body::text from incident where id = 'held'")
    await _becomes(desk, held="{}")
    await desk.passes(minutes=16)
    await desk.says("intake", "held", replace(IncidentResponded("bo", "hi"), by=None))  # type: ignore[arg-type]
    await desk.hears()
    await _becomes(desk, held=body)
    assert await desk.one("select held from subject where subject = 'held'")
    await desk.said()
    await desk.passes(minutes=5)
    assert {t for t, _ in await desk.said()} == {"clock.breached", "escalation.raised"}


async def test_a_replay_that_says_all_is_mended_lets_a_clock_that_is_not_ask_again(desk: Watch) -> None:
    await desk.happens("both")
    await _becomes(desk, both="{}")
    await desk.passes(minutes=16)
    await desk.said()
    assert desk.running.stage.on_hold is not None
    async with desk.ground.transactions() as tx:
        await desk.running.stage.on_hold(tx, "both", IncidentMended("escalation"))
    await desk.passes(minutes=5)
    assert [t for t, _ in await desk.said()] == ["incident.stuck"]


async def _becomes(desk: Watch, **bodies: str) -> None:
    """What is known of these incidents is this now."""
    async with desk.ground.engine.begin() as connection:
        for name, body in bodies.items():
            await connection.execute(
                text("update incident set body = cast(:body as jsonb) where id = :id"), {"body": body, "id": name}
            )


async def test_a_held_incident_is_escalated_all_the_same(desk: Watch) -> None:
    await desk.happens("held")
    await desk.said()
    desk.time.passes(minutes=10)
    async with desk.ground.engine.begin() as connection:
        await connection.execute(text("update subject set held = true where subject = 'held'"))
    await desk.says("intake", "held", IncidentResponded("bo", "nobody hears it"))
    desk.time.passes(minutes=6)
    await desk.rests()
    assert "escalation.raised" in {t for t, _ in await desk.said()}
