"""Who declines, or does not answer, is followed by whom the page has promised, and by nobody where it promises nobody."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from types import MappingProxyType

import pytest

from events.incidents import ExecutivesRequested
from tests.harness.notifier import Desk, desk, person, rotation
from tests.harness.twilio import ACCOUNT, TOKEN, sign

INC = "0198-a"
CALLBACK = "https://critsit.example.org/v1/callbacks/twilio"


@pytest.fixture
async def notifier(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as made:
        for id_, role in (("eve", "engineer"), ("fay", "engineer"), ("ops", "cloud-operations"), ("ceo", "executive")):
            await made.knows("person", person(id_, role, contacts=1))
        await made.knows("person", person("dan", "duty-manager", contacts=1))
        await made.knows("rotation", rotation("duty-manager", "dan"))
        await made.knows("rotation", rotation("cloud-operations", "ops"))
        await made.knows("rotation", rotation("engineer", "eve"))
        await made.reports(INC)
        yield made


async def test_who_came_on_call_meanwhile_follows_an_engineer_and_then_the_duty_manager(notifier: Desk) -> None:
    await notifier.calls(INC, "engineer", "eve")
    await notifier.rests()
    await notifier.knows("rotation", rotation("engineer", "eve", "fay"))
    await notifier.declines("eve")
    await notifier.rests()
    assert await notifier.received() == [("eve", "email"), ("fay", "email")]
    await notifier.declines("fay")
    await notifier.rests()
    assert (await notifier.received())[2:] == [("dan", "email")]
    (message,) = await notifier.mailbox(to="dan")
    assert "nobody else is on call as engineer: Fay can't take care of it (ill)" in message["text"]


async def test_an_engineer_who_declines_is_not_the_last_while_another_is_asked(notifier: Desk) -> None:
    await notifier.calls(INC, "engineer", "eve", "fay")
    await notifier.rests()
    await notifier.declines("eve")
    await notifier.rests()
    assert len(await notifier.received()) == 2
    await notifier.declines("fay")
    await notifier.rests()
    assert (await notifier.received())[2:] == [("dan", "email")]


async def test_engineers_who_do_not_answer_are_followed_by_the_duty_manager_before_the_promise_is_broken(
    notifier: Desk,
) -> None:
    """BASE-1-AZURE: a crisis manager alone answers nobody's first response, and a silent rota is no better than an empty
    one."""
    await notifier.knows("person", person("fay", "engineer", contacts=3))
    await notifier.calls(INC, "engineer", "eve", "fay")
    await notifier.passes(minutes=2)
    assert ("dan", "email") not in await notifier.received()
    await notifier.passes(minutes=1)
    assert (await notifier.received())[-1] == ("dan", "email")
    (message,) = await notifier.mailbox(to="dan")
    assert "nobody else is on call as engineer: Fay did not answer" in message["text"]
    assert "first response" in message["subject"]


@pytest.mark.parametrize("first", ["a no", "a silence"])
async def test_a_no_and_a_silence_are_followed_in_whatever_order_they_come(notifier: Desk, first: str) -> None:
    await notifier.knows("person", person("fay", "engineer", contacts=3 if first == "a no" else 1))
    await notifier.calls(INC, "engineer", "eve", "fay")
    await notifier.rests()
    if first == "a no":
        await notifier.declines("eve")
        await notifier.passes(minutes=3)
    else:
        await notifier.knows("person", person("eve", "engineer", contacts=3))
        await notifier.passes(minutes=1)
        await notifier.declines("eve")
        await notifier.rests()
    assert (await notifier.received())[-1] == ("dan", "email")


async def test_an_engineer_who_takes_it_late_ends_what_the_duty_manager_was_told_instead(notifier: Desk) -> None:
    await notifier.calls(INC, "engineer", "eve")
    await notifier.passes(minutes=1)
    assert await notifier.received() == [("eve", "email"), ("dan", "email")]
    assert (await notifier.acknowledges("eve")).status_code == 200
    await notifier.passes(minutes=10)
    assert await notifier.received() == [("eve", "email"), ("dan", "email")]
    assert (await notifier.page("dan"))["ended"] == "somebody has it"


async def test_who_took_the_call_does_not_end_what_another_did_not_answer_about_a_broken_promise(
    notifier: Desk,
) -> None:
    """A ladder may name engineers: to have taken the call is not to have taken that."""
    await notifier.calls(INC, "engineer", "eve")
    await notifier.rests()
    await notifier.acknowledges("eve")
    await notifier.escalates(INC, role="engineer")
    await notifier.passes(minutes=2)
    assert await notifier.received() == [("eve", "email"), ("eve", "email"), ("dan", "email")]


async def test_a_delivery_manager_who_declines_is_followed_at_a_severity_that_is_no_crisis_too(
    database: str,
) -> None:
    """ADV: a limit is announced before it is reached, at every severity."""
    async with desk(database) as made:
        await made.knows("person", person("dm", "delivery-manager", contacts=1))
        await made.knows("person", person("dan", "duty-manager", contacts=1))
        await made.knows("rotation", rotation("duty-manager", "dan"))
        await made.reports(INC, severity="C")
        await made.calls(INC, "delivery-manager", "dm", informs=True)
        await made.rests()
        await made.declines("dm")
        await made.rests()
        assert await made.received() == [("dm", "email"), ("dan", "email")]


@pytest.mark.parametrize(("role", "who"), [("cloud-operations", "ops"), ("crisis-manager", "cm")])
async def test_the_duty_manager_follows_a_team_and_whoever_has_the_crisis(notifier: Desk, role: str, who: str) -> None:
    await notifier.knows("person", person("cm", "crisis-manager", contacts=1))
    await notifier.knows("rotation", rotation("crisis-manager", "cm"))
    await notifier.escalates(INC, role=role)
    await notifier.rests()
    await notifier.declines(who)
    await notifier.rests()
    assert await notifier.received() == [(who, "email"), ("dan", "email")]


async def test_nobody_follows_an_executive_and_no_channel_promises_it(notifier: Desk) -> None:
    """BASE-EXEC-PROVIDER"""
    await notifier.tells("intake", INC, ExecutivesRequested("ana", "provider", "the customer's CEO called"))
    await notifier.rests()
    (message,) = await notifier.mailbox()
    assert "next" not in message["text"]
    link = re.search(r"https://critsit\.example\.org(/ack/\S+)", message["text"])
    assert link is not None
    assert "next" not in (await notifier.web.get(link[1])).text
    pressed = await notifier.web.post(link[1], content="do=decline")
    assert "Thank you." in pressed.text
    assert "somebody else" not in pressed.text
    await notifier.rests()
    assert await notifier.received() == [("ceo", "email")]


@pytest.mark.parametrize(
    ("role", "who", "said"), [("executive", "ceo", "Thank you."), ("engineer", "eve", "The next one")]
)
async def test_on_a_call_the_next_one_is_promised_only_where_there_is_one(
    database: str, role: str, who: str, said: str
) -> None:
    async with desk(database, twilio_account=ACCOUNT, twilio_token=TOKEN, twilio_sms_from="+15005550006") as made:
        people = made.sender.dispatch.people
        people.channels = MappingProxyType({"mailbox": people.channels["mailbox"]})
        await made.knows("person", person(who, role, contacts=1))
        await made.reports(INC)
        await made.calls(INC, role, who)
        await made.rests()
        attempt = await made.one("select id::text from attempt")
        form = {"CallSid": "CA1", "CallStatus": "in-progress", "Digits": "2"}
        headers = {"X-Twilio-Signature": sign(f"{CALLBACK}?attempt={attempt}", form)}
        answer = await made.web.post(f"/v1/callbacks/twilio?attempt={attempt}", data=form, headers=headers)
        assert f"<Say>{said}" in answer.text
