"""Who answers after all their channels were tried: it is theirs while nobody has it now, and while somebody has to."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from events.incidents import IncidentClosed, IncidentReopened, IncidentResolved
from tests.harness.notifier import Desk, desk, person, rotation, routed

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
            await made.knows("person", person(id_, role, contacts=1))
        await made.knows("person", person("dan", "duty-manager"))
        await made.knows("rotation", rotation("duty-manager", "dan"))
        await made.reports(INC)
        yield made


async def _reopened(notifier: Desk) -> None:
    await notifier.tells("intake", INC, IncidentResolved("eve", "rebooted"))
    await notifier.tells("intake", INC, IncidentReopened("aigerim", "it isn't"))


async def test_to_whom_it_was_handed_over_takes_it_late(notifier: Desk) -> None:
    await notifier.assigns(INC, "ana")
    await notifier.acknowledges("ana")
    await notifier.assigns(INC, "bo", 2)
    await notifier.passes(minutes=2)
    assert (await notifier.page("bo"))["state"] == "exhausted"
    assert (await notifier.acknowledges("bo")).status_code == 200


async def test_after_a_reopening_whoever_had_it_before_takes_it_late(notifier: Desk) -> None:
    await notifier.assigns(INC, "ana")
    await notifier.acknowledges("ana")
    await _reopened(notifier)
    await notifier.assigns(INC, "ana", 1)
    await notifier.passes(minutes=2)
    assert (await notifier.acknowledges("ana")).status_code == 200


async def test_after_a_reopening_a_page_from_before_is_taken_unless_somebody_has_it_now(notifier: Desk) -> None:
    await notifier.calls(INC, "engineer", "eve", "fay")
    await notifier.passes(minutes=2)
    await notifier.acknowledges("eve")
    assert (await notifier.acknowledges("fay")).json()["detail"] == "Eve has it by now."
    await _reopened(notifier)
    assert (await notifier.acknowledges("fay")).status_code == 200


async def test_engineers_of_another_queue_take_it_late(notifier: Desk) -> None:
    """RR-ROUTE"""
    await notifier.calls(INC, "engineer", "eve")
    await notifier.acknowledges("eve")
    await notifier.tells("router", INC, routed("1", notifier.time.now(), 2, "problem-resolution"))
    await notifier.calls(INC, "engineer", "fay")
    await notifier.passes(minutes=2)
    assert (await notifier.acknowledges("fay")).status_code == 200


async def test_what_was_lowered_and_is_a_crisis_again_is_nobodys(notifier: Desk) -> None:
    """SEV-CHANGE"""
    await notifier.assigns(INC, "ana")
    await notifier.acknowledges("ana")
    for number, severity in enumerate(("B", "1"), 2):
        await notifier.tells("router", INC, routed(severity, notifier.time.now(), number))
    await notifier.assigns(INC, "bo")
    await notifier.passes(minutes=2)
    assert (await notifier.acknowledges("bo")).status_code == 200


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (IncidentResolved("eve", "done"), "the incident is resolved"),
        (IncidentClosed("eve", "done"), "the incident is closed"),
        (None, "it is no crisis any more"),
    ],
)
async def test_what_nobody_needs_any_more_is_not_taken_late(
    notifier: Desk, fact: IncidentResolved | IncidentClosed | None, words: str
) -> None:
    await notifier.assigns(INC, "ana")
    await notifier.passes(minutes=2)
    found = re.search(r"https://critsit\.example\.org(/ack/\S+)", (await notifier.mailbox(to="ana"))[0]["text"])
    assert found is not None
    assert (await notifier.web.get(found[1])).status_code == 200
    if fact is None:
        await notifier.tells("router", INC, routed("B", notifier.time.now(), 2))
    else:
        await notifier.tells("intake", INC, fact)
    shown, pressed = await notifier.web.get(found[1]), await notifier.web.post(found[1])
    assert (shown.status_code, pressed.status_code) == (410, 409)
    assert f"({words})" in shown.text
    assert f"This page is no longer wanted: {words}." in pressed.text
    assert (await notifier.acknowledges("ana")).status_code == 409
    assert (await notifier.page("ana"))["state"] == "exhausted"
