"""Each matter of a page ends with what it is about; a page of several is wanted while one of them is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from events.escalations import ClockBreached, ClockMet
from events.incidents import ExecutivesRequested
from tests.harness.notifier import Desk, desk, first_response, person, rotation, routed

INC = "0198-a"


@pytest.fixture
async def notifier(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as made:
        await made.knows("person", person("ana", "crisis-manager"))
        for id_, queue in (("eve", "rapid-*"), ("fay", "problem-*"), ("gus", "*")):
            await made.knows("person", person(id_, "engineer", contacts=3))
            await made.knows("rotation", rotation("engineer", id_) | {"name": id_, "queues": [queue]})
        await made.knows("person", person("dan", "duty-manager"))
        await made.knows("rotation", rotation("duty-manager", "dan"))
        await made.knows("person", person("ceo", "executive"))
        await made.reports(INC)
        yield made


async def _responds(notifier: Desk) -> None:
    at = notifier.time.now()
    await notifier.tells("escalation", INC, ClockMet(first_response(at), at, "eve", late=True))


async def _moves(notifier: Desk, queue: str, number: int = 2) -> None:
    await notifier.tells("router", INC, routed("1", notifier.time.now(), number, queue))


async def _nobody_left(notifier: Desk) -> None:
    """Ana does not answer, and the router finds nobody else."""
    await notifier.assigns(INC, "ana")
    await notifier.passes(minutes=3)
    await notifier.calls(INC, "duty-manager", "dan", rule="BASE-CM")
    await notifier.rests()


async def test_that_no_crisis_manager_is_left_ends_when_one_takes_it_late(notifier: Desk) -> None:
    await _nobody_left(notifier)
    assert (await notifier.acknowledges("ana")).status_code == 200
    assert (await notifier.page("dan"))["ended"] == "a crisis manager has it"


async def test_that_no_crisis_manager_is_left_ends_when_the_router_says_who_has_it(notifier: Desk) -> None:
    """What it had said before it heard of that was on its way."""
    await notifier.assigns(INC, "ana")
    await notifier.passes(minutes=3)
    await notifier.acknowledges("ana")
    await notifier.calls(INC, "duty-manager", "dan", rule="BASE-CM")
    await notifier.rests()
    assert (await notifier.page("dan"))["state"] == "delivered"
    await notifier.assigns(INC, "ana", acknowledged=True)
    assert (await notifier.page("dan"))["ended"] == "a crisis manager has it"


async def test_that_no_crisis_manager_is_left_is_told_until_then(notifier: Desk) -> None:
    await _nobody_left(notifier)
    await _responds(notifier)
    await notifier.passes(minutes=6)
    assert (await notifier.received())[2:] == [("dan", way) for way in ("email", "sms") * 2]


async def test_a_page_of_two_matters_is_wanted_until_both_are_over(notifier: Desk) -> None:
    await notifier.escalates(INC)
    await _nobody_left(notifier)
    await notifier.acknowledges("ana")
    await notifier.passes(minutes=6)
    assert (await notifier.page("dan"))["state"] == "delivered"
    await _responds(notifier)
    assert (await notifier.page("dan"))["state"] == "cancelled"


async def test_a_breach_that_was_joined_with_a_lack_of_crisis_managers_ends_where_none_is_owed(notifier: Desk) -> None:
    """SEV-CHANGE"""
    await notifier.escalates(INC)
    await _nobody_left(notifier)
    await _responds(notifier)
    assert (await notifier.page("dan"))["state"] == "delivered"
    await notifier.tells("router", INC, routed("C", notifier.time.now(), 2))
    assert (await notifier.page("dan"))["ended"] == "it is no crisis any more"


async def test_that_no_engineer_is_on_call_ends_with_the_first_response(notifier: Desk) -> None:
    await notifier.calls(INC, "duty-manager", "dan")
    await notifier.rests()
    await _responds(notifier)
    assert (await notifier.page("dan"))["ended"] == "the first response is given"


async def test_engineers_are_not_called_on_after_the_first_response(notifier: Desk) -> None:
    await notifier.calls(INC, "engineer", "eve")
    await notifier.rests()
    await _responds(notifier)
    await notifier.passes(minutes=3)
    assert await notifier.received() == [("eve", "email")]
    assert (await notifier.page("eve"))["ended"] == "the first response is given"


async def test_engineers_who_are_paged_for_another_promise_too_are_called_on(notifier: Desk) -> None:
    await notifier.tells("escalation", INC, _another(notifier))
    await notifier.calls(INC, "engineer", "eve")
    await notifier.escalates(INC, clock="su-1", role="engineer")
    await _responds(notifier)
    await notifier.passes(minutes=1)
    assert [way for to, way in await notifier.received() if to == "eve"] == ["email", "sms"]


async def test_engineers_who_are_called_after_the_first_response_are_paged(notifier: Desk) -> None:
    """Into another queue, or after a reopening."""
    await _responds(notifier)
    await notifier.calls(INC, "engineer", "eve")
    await notifier.passes(minutes=2)
    assert await notifier.received() == [("eve", "email"), ("eve", "sms"), ("eve", "voice")]


async def test_another_queue_ends_the_pages_of_the_one_before(notifier: Desk) -> None:
    """RR-ROUTE"""
    await notifier.calls(INC, "engineer", "eve")
    await notifier.rests()
    await _moves(notifier, "problem-resolution")
    await notifier.calls(INC, "engineer", "fay")
    await notifier.rests()
    assert (await notifier.page("eve"))["ended"] == "the incident is in the queue problem-resolution by now"
    assert (await notifier.acknowledges("eve")).status_code == 409
    await notifier.passes(minutes=1)
    assert await notifier.received() == [("eve", "email"), ("fay", "email"), ("fay", "sms")]


async def test_who_is_on_call_for_both_queues_keeps_the_page_on_its_way(notifier: Desk) -> None:
    await notifier.calls(INC, "engineer", "eve", "gus")
    await notifier.passes(seconds=30)
    await _moves(notifier, "problem-resolution")
    await notifier.calls(INC, "engineer", "fay", "gus")
    await notifier.passes(seconds=30)
    assert [way for to, way in await notifier.received() if to == "gus"] == ["email", "sms"]
    assert [page["state"] for page in await notifier.pages() if page["to"] == "gus"] == ["delivered"]
    await notifier.acknowledges("gus")
    assert (await notifier.page("fay"))["ended"] == "taken by Gus"


async def test_an_answer_for_one_queue_silences_nobody_of_another(notifier: Desk) -> None:
    """Eve's page goes on about a promise, and is no more about the queue."""
    await notifier.calls(INC, "engineer", "eve")
    await notifier.escalates(INC, role="engineer")
    await _moves(notifier, "problem-resolution")
    await notifier.calls(INC, "engineer", "fay")
    assert (await notifier.acknowledges("eve")).status_code == 200
    assert (await notifier.page("fay"))["state"] == "waiting"


async def test_executives_are_not_told_at_a_severity_that_does_not_provide_for_it(notifier: Desk) -> None:
    """BASE-EXEC-PROVIDER"""
    await notifier.tells("intake", INC, ExecutivesRequested("ana", "provider", "big"))
    await notifier.passes(seconds=30)
    await notifier.tells("router", INC, routed("B", notifier.time.now(), 2))
    await notifier.passes(minutes=3)
    assert await notifier.received() == [("ceo", "email")]
    assert (await notifier.page("ceo"))["ended"] == "notice to the provider's executives is no longer provided for"


async def test_executives_are_told_where_the_decision_that_provides_for_it_is_not_heard_yet(notifier: Desk) -> None:
    """BASE-EXEC-PROVIDER"""
    await notifier.tells("router", INC, routed("C", notifier.time.now(), 2))
    await notifier.tells("intake", INC, ExecutivesRequested("ana", "provider", "big"))
    await notifier.rests()
    assert await notifier.received() == [("ceo", "email")]


def _another(notifier: Desk) -> ClockBreached:
    return ClockBreached(replace(first_response(notifier.time.now(), "su-1"), name="status_update"), False, "missed")
