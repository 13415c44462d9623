"""A human is needed, at another stage and at the notifier itself: one call at a time, and none is forgotten for another."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from backbone.log.event import Event, Lane
from backbone.log.tx import Tx
from backbone.loops.order import Heard
from events.incidents import IncidentMended, IncidentReopened, IncidentResolved, IncidentStuck
from tests.harness.notifier import Desk, desk, person, rotation, routed

INC = "0198-a"


@pytest.fixture
async def notifier(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as made:
        await made.knows("person", person("dan", "duty-manager"))
        await made.knows("rotation", rotation("duty-manager", "dan"))
        await made.reports(INC)
        yield made


async def _cannot_be_read(notifier: Desk) -> None:
    fact = notifier.event("router", INC, routed("1", notifier.time.now()))
    await notifier.running.ear.hear([replace(fact, payload='{"number": "not this"}')])


async def _acknowledges_the_open_one(notifier: Desk) -> None:
    (open_,) = [page for page in await notifier.pages() if page["state"] == "delivered"]
    await notifier.post(f"/v1/pages/{open_['id']}/acknowledgement", {"by": "dan"})


async def test_own_holds_wait_for_the_call_that_is_on_its_way_and_are_told_after_it(notifier: Desk) -> None:
    await notifier.tells("escalation", INC, IncidentStuck("escalation", "a clock that is due", "KeyError"))
    await notifier.rests()
    await _cannot_be_read(notifier)
    own_holds = next(work for work in notifier.running.stage.works if work.name == "own-holds")
    assert await own_holds.step(Lane.URGENT) is None
    assert len(await notifier.pages()) == 1
    await _acknowledges_the_open_one(notifier)
    await notifier.rests()
    assert await notifier.received() == [("dan", "email"), ("dan", "email")]
    assert "notifier could not handle an event" in (await notifier.mailbox())[0]["text"]


async def test_what_is_set_aside_of_an_incident_that_is_over_asks_for_a_human_too(notifier: Desk) -> None:
    """It may be that it was opened again: of a severity 1 nobody would hear."""
    await notifier.tells("intake", INC, IncidentResolved("ana", ""))
    again = notifier.event("intake", INC, IncidentReopened("ana", ""))
    await notifier.running.ear.hear([replace(again, payload='{"by": 1}')])
    await notifier.rests()
    assert await notifier.received() == [("dan", "email")]
    assert "notifier could not handle an event" in (await notifier.mailbox())[0]["text"]


async def test_nobody_is_called_any_more_when_nothing_is_set_aside_at_any_stage(notifier: Desk) -> None:
    for stage in ("router", "escalation"):
        await notifier.tells(stage, INC, IncidentStuck(stage, "incident.reopened", "KeyError"))
    await notifier.rests()
    await notifier.tells("router", INC, IncidentMended("router"))
    await notifier.tells("intake", INC, IncidentResolved("ana", ""))
    await notifier.passes(minutes=1)
    assert await notifier.received() == [("dan", "email"), ("dan", "sms")]
    await notifier.tells("escalation", INC, IncidentMended("escalation"))
    (page,) = await notifier.pages()
    assert page["ended"] == "nothing of it is set aside any more"


async def test_nor_when_what_was_set_aside_here_was_passed_over(notifier: Desk) -> None:
    await _cannot_be_read(notifier)
    await notifier.rests()
    assert await notifier.running.replay(await notifier.one("select id from dead_letter"), discard=True) == 0
    (page,) = await notifier.pages()
    assert page["ended"] == "nothing of it is set aside any more"


async def test_what_is_heard_again_pages_nobody_who_was_stood_down_meanwhile(
    notifier: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear, sound = notifier.running.ear, notifier.running.stage

    async def fails(tx: Tx, events: Sequence[Event]) -> None:
        raise KeyError("a fault of ours")

    ear.stage = replace(sound, handle=fails)
    await notifier.knows("person", person("ana", "crisis-manager"))
    await notifier.assigns(INC, "ana")
    await notifier.tells("intake", INC, IncidentResolved("bo", "it is back"))
    ear.stage, hear = sound, ear.hear

    async def hear_and_send(events: Sequence[Event], *, fused: bool) -> Heard:
        heard = await hear(events, fused=fused)
        await notifier.sender.step(Lane.URGENT)
        return heard

    monkeypatch.setattr(ear, "hear", hear_and_send)
    assert await notifier.running.replay(await notifier.one("select min(id) from dead_letter"), discard=False) == 0
    assert [page["state"] for page in await notifier.pages()] == ["cancelled"]
    assert await notifier.received() == []


async def test_to_take_a_breach_is_not_to_take_what_is_stuck(notifier: Desk) -> None:
    await notifier.escalates(INC)
    await notifier.rests()
    await _cannot_be_read(notifier)
    await notifier.rests()
    assert sorted(page["reason"] for page in await notifier.pages()) == [
        "first response is overdue", "notifier could not handle an event, and set it aside",
    ]  # fmt: skip
