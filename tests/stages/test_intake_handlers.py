"""What intake hears of the other stages: each fact once and in order, and one that can't be handled harms no other.

What is set aside is heard again, or passed over, by HTTP; the incident says meanwhile that it needs a human.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backbone.log.event import Event
from backbone.log.tx import Tx
from events.assignments import CrisisManagerAssigned
from events.escalations import Clock, ClockBreached, ClockMet, ClockStarted
from events.incidents import IncidentStuck
from tests.harness.intake import START, Counterpart, intake


class CannotBeHandled(Exception):
    """What a fault of ours meets an event with."""


def fails_at(desk: Counterpart, *events: Event) -> None:
    """From now on intake has a fault with these events; with none, the fault is mended."""
    sound, bad = desk.running.stage, {event.id for event in events}

    async def handle(tx: Tx, heard: Sequence[Event]) -> None:
        await sound.handle(tx, heard)
        if any(event.id in bad for event in heard):
            raise CannotBeHandled

    desk.running.ear.stage = replace(sound, handle=handle)


def assigned(person: str, attempt: int = 1) -> CrisisManagerAssigned:
    return CrisisManagerAssigned(person, person.title(), attempt, "is next", [])


async def types(desk: Counterpart, id_: str) -> list[str]:
    return [fact["type"] for fact in await desk.timeline(id_)]


async def letters(desk: Counterpart) -> list[tuple[int, str, int]]:
    items = (await desk.get("/v1/intake/dead-letters"))["items"]
    return [(item["id"], item["source"], item["sequence"]) for item in items]


async def test_a_repeat_changes_nothing_and_stands_once_in_the_timeline(database: str) -> None:
    async with intake(database) as desk:
        id_ = await desk.reports()
        routed = desk.event("router", id_, await desk.routed(id_))
        await desk.hears([routed, routed])
        before = await desk.record(id_)
        await desk.hears([routed])
        assert await desk.record(id_) == before
        assert before["version"] == 2
        assert await types(desk, id_) == ["incident.reported", "incident.routed"]


async def test_of_a_breach_that_was_said_too_early_nothing_is_left_in_the_record(database: str) -> None:
    clock = Clock("c-1", "first_response", "provider", START, START, START, "PT15M", "24x7", "BASE-1-AZURE")
    async with intake(database) as desk:
        id_ = await desk.reports()
        await desk.tells("escalation", id_, ClockStarted(clock, "incident.reported"), ClockMet(clock, START, "eve"))
        met = (await desk.record(id_))["clocks"]
        other = await desk.reports()
        early = ClockBreached(clock, False, "first response was due at 09:00:00 UTC on 2026-02-04 and is not met")
        await desk.tells("escalation", other, ClockStarted(clock, "incident.reported"), early)
        await desk.tells("escalation", other, ClockMet(clock, START, "eve", correction=True))
        assert (await desk.record(other))["clocks"] == met


async def test_a_gap_is_filled_from_the_sayers_log_and_heard_in_order(database: str) -> None:
    async with intake(database) as desk:
        id_ = await desk.reports()
        await desk.logs(desk.event("router", id_, await desk.routed(id_)))
        await desk.logs(desk.event("router", id_, assigned("ana")))
        await desk.hears([desk.event("router", id_, assigned("bo", 2))])
        assert (await desk.record(id_))["crisis_manager"] == {"id": "bo", "name": "Bo"}
        assert await types(desk, id_) == [
            "incident.reported", "incident.routed", "crisis_manager.assigned", "crisis_manager.assigned",
        ]  # fmt: skip
        await desk.follows()
        assert len(await desk.timeline(id_)) == 4


async def test_poison_is_set_aside_with_what_follows_and_its_incident_asks_for_a_human(database: str) -> None:
    async with intake(database) as desk:
        bad, well = await desk.reports(), await desk.reports()
        await desk.said()
        poison = await desk.logs(desk.event("router", bad, await desk.routed(bad)))
        fails_at(desk, poison)
        await desk.logs(desk.event("router", well, await desk.routed(well)))
        await desk.logs(desk.event("router", bad, assigned("ana")))
        await desk.logs(desk.event("notifier", bad, IncidentStuck("notifier", "x", "y")))
        await desk.follows()
        assert [(source, sequence) for _, source, sequence in await letters(desk)] == [
            ("router", 1), ("router", 2), ("notifier", 1),
        ]  # fmt: skip
        assert ((await desk.record(well))["severity"], (await desk.record(bad))["severity"]) == ("1", None)
        assert "needs-human" in (await desk.record(bad))["flags"]
        assert "needs-human" not in (await desk.record(well))["flags"]
        assert [item["id"] for item in (await desk.get("/v1/incidents", flag="needs-human"))["items"]] == [bad]
        ((type_, told),) = await desk.said()
        assert (type_, told["stage"], told["event"]) == ("incident.stuck", "intake", "incident.routed")
        assert "CannotBeHandled" in told["error"]
        assert "incident.stuck" in await types(desk, bad)
        desk.time.passes(minutes=10)
        counts = {name: await count() for name, count in desk.running.stage.invariants.items()}
        assert counts == {"dead_letter_without_a_flag": 0}


async def test_what_is_mended_is_heard_again_in_order_by_a_replay(database: str) -> None:
    async with intake(database) as desk:
        id_ = await desk.reports()
        poison = await desk.logs(desk.event("router", id_, await desk.routed(id_)))
        fails_at(desk, poison)
        await desk.logs(desk.event("router", id_, assigned("ana")))
        await desk.follows()
        (letter, *_) = await letters(desk)
        failed = await desk.web.post(f"/v1/intake/dead-letters/{letter[0]}/replay")
        assert (failed.status_code, failed.json()) == (200, {"left": 2})
        assert "needs-human" in (await desk.record(id_))["flags"]
        fails_at(desk)
        done = await desk.web.post(f"/v1/intake/dead-letters/{letter[0]}/replay")
        assert (done.status_code, done.json()) == (200, {"left": 0})
        record = await desk.record(id_)
        assert "needs-human" not in record["flags"]
        assert (record["severity"], record["crisis_manager"]["id"]) == ("1", "ana")
        assert await letters(desk) == []
        again = await desk.web.post(f"/v1/intake/dead-letters/{letter[0]}/replay")
        assert again.status_code == 404
        await desk.tells("router", id_, assigned("bo", 2))
        assert (await desk.record(id_))["crisis_manager"]["id"] == "bo"


async def test_what_can_not_be_mended_is_passed_over_and_what_follows_is_heard(database: str) -> None:
    async with intake(database) as desk:
        id_ = await desk.reports()
        await desk.routes(id_)
        poison = await desk.logs(desk.event("router", id_, assigned("ana")))
        fails_at(desk, poison)
        await desk.logs(desk.event("router", id_, assigned("bo", 2)))
        await desk.follows()
        (first, second) = await letters(desk)
        early = await desk.web.post(f"/v1/intake/dead-letters/{second[0]}/discard")
        assert early.status_code == 409, "what stands before it would be passed over with it"
        assert len(await letters(desk)) == 2
        done = await desk.web.post(f"/v1/intake/dead-letters/{first[0]}/discard")
        assert (done.status_code, done.json()) == (200, {"left": 0})
        record = await desk.record(id_)
        assert record["crisis_manager"]["id"] == "bo"
        assert "needs-human" not in record["flags"]
        assert (await types(desk, id_)).count("crisis_manager.assigned") == 1


async def test_dead_letters_are_the_managers_and_no_customers(database: str) -> None:
    async with intake(database) as desk:
        async with desk.with_key("view", "work", "report") as web:
            assert (await web.get("/v1/intake/dead-letters")).status_code == 403
        async with desk.with_key("manage", contracts=["WO-1"]) as web:
            assert (await web.get("/v1/intake/dead-letters")).status_code == 404
        assert (await desk.web.post("/v1/intake/dead-letters/7/discard")).status_code == 404
