"""Who declines is followed at once by whom the page has promised, and by nobody where it promises nobody."""

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
