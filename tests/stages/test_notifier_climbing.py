"""A page climbs its person's channels until somebody acknowledges; then others are asked, the duty manager for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from backbone.log.event import Lane
from events.escalations import ClockMet
from events.incidents import IncidentReopened, IncidentResolved
from tests.harness.notifier import Desk, desk, first_response, person, rotation, routed

INC = "0198-a"


@pytest.fixture
async def notifier(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as made:
        for id_, role in (
            ("ana", "crisis-manager"),
            ("bo", "crisis-manager"),
            ("eve", "engineer"),
            ("fay", "engineer"),
        ):
            await made.knows("person", person(id_, role))
        await made.knows("person", person("dora", "duty-manager"))
        await made.knows("person", person("dan", "duty-manager"))
        await made.knows("rotation", rotation("duty-manager", "dora", "dan"))
        await made.knows("person", person("ceo", "executive", contacts=1))
        await made.reports(INC)
        yield made


async def test_the_crisis_manager_is_paged_on_one_channel_after_the_other(notifier: Desk) -> None:
    """BASE-CM"""
    await notifier.assigns(INC, "ana")
    await notifier.rests()
    assert await notifier.received() == [("ana", "email")]
    await notifier.passes(seconds=45)
    assert await notifier.received() == [("ana", "email")]
    await notifier.passes(seconds=15)
    assert await notifier.received() == [("ana", "email"), ("ana", "sms")]
    (message, _) = await notifier.mailbox()
    assert message["subject"].startswith("INC-000042 sev 1 Steppe Telecom: All VMs down - first response due 14:35, 14")
    assert "https://critsit.example.org/ack/" in message["text"]
    assert await notifier.said_types() == ["page.requested", *["page.sent", "page.delivered"] * 2]


async def test_the_pace_of_the_climb_is_a_setting(database: str) -> None:
    async with desk(database, page_step_seconds=20) as hasty:
        await hasty.knows("person", person("ana", "crisis-manager"))
        await hasty.reports(INC)
        await hasty.assigns(INC, "ana")
        await hasty.passes(seconds=15)
        assert await hasty.received() == [("ana", "email")]
        await hasty.passes(seconds=5)
        assert await hasty.received() == [("ana", "email"), ("ana", "sms")]


async def test_an_acknowledgement_ends_the_climb(notifier: Desk) -> None:
    """BASE-CM"""
    await notifier.assigns(INC, "ana")
    await notifier.rests()
    answer = await notifier.acknowledges("ana")
    assert answer.status_code == 200
    assert answer.json()["state"] == "acknowledged"
    assert answer.json()["acknowledged_by"] == "ana"
    await notifier.passes(minutes=10)
    assert await notifier.received() == [("ana", "email")]
    again = await notifier.acknowledges("ana")
    assert (again.status_code, again.json()) == (200, answer.json())
    assert (await notifier.said_types()).count("page.acknowledged") == 1


async def test_all_channels_tried_is_exhausted_and_the_next_one_takes_over(notifier: Desk) -> None:
    await notifier.assigns(INC, "ana")
    await notifier.passes(minutes=3)
    assert (await notifier.page("ana"))["state"] == "exhausted"
    assert (await notifier.said())[-1][0] == "page.exhausted"
    await notifier.assigns(INC, "bo", 2)
    await notifier.rests()
    assert await notifier.received() == [("ana", "email"), ("ana", "sms"), ("bo", "email")]


async def test_somebody_late_may_still_take_it_while_nobody_has(notifier: Desk) -> None:
    await notifier.assigns(INC, "ana")
    await notifier.passes(minutes=3)
    await notifier.assigns(INC, "bo", 2)
    await notifier.rests()
    assert (await notifier.acknowledges("ana")).status_code == 200
    assert (await notifier.page("bo"))["ended"] == "taken by Ana"
    refused = await notifier.acknowledges("bo")
    assert refused.status_code == 409
    assert "Ana has it" in refused.json()["detail"]


async def test_handing_over_cancels_the_former_ones_page(notifier: Desk) -> None:
    await notifier.assigns(INC, "ana")
    await notifier.rests()
    await notifier.assigns(INC, "bo", 2)
    await notifier.passes(minutes=1)
    assert (await notifier.page("ana"))["ended"] == "handed over to Bo"
    assert await notifier.received() == [("ana", "email"), ("bo", "email"), ("bo", "sms")]


async def test_whoever_has_said_yes_already_is_not_paged_for_it_and_whoever_is_asked_anew_is(notifier: Desk) -> None:
    await notifier.assigns(INC, "ana")
    await notifier.rests()
    await notifier.acknowledges("ana")
    await notifier.assigns(INC, "ana", 2, acknowledged=True)
    await notifier.rests()
    assert await notifier.received() == [("ana", "email")]
    await notifier.assigns(INC, "ana", 1)
    await notifier.rests()
    assert await notifier.received() == [("ana", "email"), ("ana", "email")]


async def test_what_is_no_crisis_any_more_pages_nobody(notifier: Desk) -> None:
    """SEV-CHANGE"""
    await notifier.assigns(INC, "ana")
    await notifier.calls(INC, "engineer", "eng")
    await notifier.tells("router", INC, routed("B", notifier.time.now(), 2))
    await notifier.passes(minutes=5)
    assert {page["state"] for page in await notifier.pages()} == {"cancelled"}


async def test_declining_is_said_at_once(notifier: Desk) -> None:
    await notifier.assigns(INC, "ana")
    await notifier.rests()
    answer = await notifier.declines("ana")
    assert answer.status_code == 200
    assert answer.json()["state"] == "cancelled"
    assert (await notifier.said())[-1][0] == "page.declined"
    await notifier.passes(minutes=5)
    assert await notifier.received() == [("ana", "email")]
    assert (await notifier.acknowledges("ana")).status_code == 409


async def test_the_duty_managers_page_never_exhausts(notifier: Desk) -> None:
    """Every 5 minutes, with the next one on call, until acknowledged."""
    await notifier.escalates(INC)
    await notifier.passes(minutes=16)
    rounds = ["dan", "dora", "dan", "dora"]
    assert await notifier.received() == [(who, way) for who in rounds for way in ("email", "sms")]
    assert "page.exhausted" not in await notifier.said_types()
    assert (await notifier.acknowledges("dora")).status_code == 200
    assert (await notifier.page("dan"))["state"] == "cancelled"
    before = await notifier.received()
    await notifier.passes(minutes=20)
    assert await notifier.received() == before


async def test_a_round_that_begins_late_has_its_five_minutes_too(notifier: Desk) -> None:
    await notifier.knows("rotation", rotation("duty-manager", "dan"))
    await notifier.escalates(INC)
    notifier.time.passes(minutes=20)
    await notifier.passes(minutes=4, seconds=45)
    assert await notifier.received() == [("dan", "email"), ("dan", "sms")]
    await notifier.passes(seconds=15)
    assert await notifier.received() == [("dan", "email"), ("dan", "sms"), ("dan", "email")]


async def test_a_duty_manager_who_declines_is_followed_by_the_next_at_once(notifier: Desk) -> None:
    await notifier.escalates(INC)
    await notifier.rests()
    await notifier.declines("dan")
    await notifier.rests()
    assert await notifier.received() == [("dan", "email"), ("dora", "email")]
    await notifier.declines("dora")
    await notifier.rests()
    assert await notifier.received() == [("dan", "email"), ("dora", "email"), ("dan", "email")]


async def test_the_only_duty_manager_who_declines_is_asked_again_after_five_minutes(notifier: Desk) -> None:
    await notifier.knows("rotation", rotation("duty-manager", "dan"))
    await notifier.escalates(INC)
    await notifier.rests()
    await notifier.declines("dan")
    await notifier.passes(minutes=4)
    assert await notifier.received() == [("dan", "email")]
    await notifier.passes(minutes=1)
    assert await notifier.received() == [("dan", "email"), ("dan", "email")]


async def test_a_promise_kept_after_all_cancels_its_escalation(notifier: Desk) -> None:
    await notifier.escalates(INC)
    await notifier.rests()
    met = ClockMet(first_response(notifier.time.now()), notifier.time.now(), "eve", correction=True)
    await notifier.tells("escalation", INC, met)
    await notifier.passes(minutes=6)
    assert (await notifier.page("dan"))["state"] == "cancelled"
    assert await notifier.received() == [("dan", "email")]


async def test_what_is_resolved_pages_nobody_any_more(notifier: Desk) -> None:
    await notifier.assigns(INC, "ana")
    await notifier.calls(INC, "engineer", "eve")
    await notifier.rests()
    await notifier.tells("intake", INC, IncidentResolved("eve", "rebooted"))
    await notifier.passes(minutes=5)
    assert await notifier.received() == [("ana", "email"), ("eve", "email")]
    assert {page["ended"] for page in await notifier.pages()} == {"the incident is resolved"}
    refused = await notifier.acknowledges("ana")
    assert refused.status_code == 409
    assert "the incident is resolved" in refused.json()["detail"]
    await notifier.tells("intake", INC, IncidentReopened("eve", "it isn't"))
    await notifier.assigns(INC, "ana", 2)
    await notifier.rests()
    assert (await notifier.received())[-1] == ("ana", "email")


async def test_what_leaves_while_somebody_acknowledges_is_not_said_after_it(notifier: Desk) -> None:
    await notifier.assigns(INC, "ana")
    await notifier.rests()
    await notifier.said()
    notifier.time.passes(seconds=60)
    record = type(notifier.sender)._record
    try:
        type(notifier.sender)._record = lambda self, lane: asyncio.sleep(0)  # type: ignore[assignment]
        await notifier.sender.step(Lane.URGENT)
        await notifier.acknowledges("ana")
    finally:
        type(notifier.sender)._record = record  # type: ignore[method-assign]
    await notifier.rests()
    assert await notifier.said_types() == ["page.acknowledged"]
    page = await notifier.page("ana")
    assert (page["state"], [a["outcome"] for a in page["attempts"]]) == ("acknowledged", ["delivered"] * 2)


async def test_the_engineers_are_paged_at_once_and_one_is_enough(notifier: Desk) -> None:
    await notifier.calls(INC, "engineer", "eve", "fay")
    await notifier.rests()
    assert sorted(await notifier.received()) == [("eve", "email"), ("fay", "email")]
    await notifier.acknowledges("fay")
    assert (await notifier.page("eve"))["ended"] == "taken by Fay"
    await notifier.passes(minutes=5)
    assert len(await notifier.received()) == 2


async def test_a_page_that_informs_goes_out_once_and_asks_for_nothing(notifier: Desk) -> None:
    """RR-TOPOLOGY"""
    await notifier.calls(INC, "delivery-manager", "bo", informs=True)
    await notifier.passes(minutes=10)
    assert await notifier.received() == [("bo", "email")]
    assert (await notifier.page("bo"))["state"] == "delivered"


async def test_who_was_only_informed_is_still_paged_when_it_matters(notifier: Desk) -> None:
    """RR-TOPOLOGY"""
    await notifier.calls(INC, "duty-manager", "dan", "dora", informs=True)
    await notifier.rests()
    await notifier.escalates(INC)
    await notifier.rests()
    assert await notifier.received() == [("dan", "email"), ("dan", "email")]
    informed, asked = await notifier.pages()
    await notifier.post(f"/v1/pages/{asked['id']}/acknowledgement", {"by": "dan"})
    assert [page["state"] for page in await notifier.pages()] == ["delivered", "acknowledged"]
    assert (informed["for"], asked["for"]) == ("duty-manager", "duty-manager")


async def test_an_empty_rota_is_told_to_every_duty_manager(notifier: Desk) -> None:
    await notifier.knows("rotation", rotation("duty-manager"))
    await notifier.escalates(INC)
    await notifier.rests()
    assert sorted(await notifier.received()) == [("dan", "email"), ("dora", "email")]


async def test_nobody_at_all_is_a_page_that_waits_and_an_invariant_that_says_so(database: str) -> None:
    async with desk(database) as alone:
        await alone.reports(INC)
        await alone.escalates(INC)
        await alone.passes(minutes=1)
        (page,) = await alone.pages()
        assert (page["to"], page["state"]) == ("nobody", "waiting")
        assert await alone.running.stage.invariants["page_to_nobody"]() == 1
        await alone.knows("person", person("dora", "duty-manager"))
        await alone.knows("rotation", rotation("duty-manager", "dora"))
        await alone.passes(minutes=1)
        assert await alone.received() == [("dora", "email")]
        assert await alone.running.stage.invariants["page_to_nobody"]() == 0
