"""The ways to somebody: real mail, copies in the mailbox, and what there is where a way is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from backbone.process.settings import SettingsError
from events.escalations import ClockMet
from tests.harness.notifier import Desk, desk, first_response, person, rotation
from tests.harness.notifier_phone import BY_TEXT, IN_THE_MAILBOX, Phone, staffed, with_phone
from tests.harness.smtp import mail_server

INC = "0198-a"


@pytest.fixture
async def notifier(database: str) -> AsyncIterator[Desk]:
    async with staffed(database) as made:
        await made.reports(INC)
        yield made


async def test_somebody_without_a_usable_channel_gets_it_in_the_mailbox_and_somebody_else_is_told_at_once(
    notifier: Desk,
) -> None:
    with_phone(notifier, Phone())
    await notifier.knows("person", person("ana", "crisis-manager", contacts=0))
    await notifier.assigns(INC, "ana")
    await notifier.rests()
    assert await notifier.received() == [("ana", "mailbox")]
    assert (await notifier.page("ana"))["state"] == "exhausted"


async def test_somebody_who_is_not_in_the_directory_is_paged_in_the_mailbox(notifier: Desk) -> None:
    await notifier.assigns(INC, "gone")
    await notifier.rests()
    assert await notifier.received() == [("gone", "mailbox")]


async def test_real_mail_leaves_by_a_real_server(database: str) -> None:
    async with mail_server() as server:
        mail_settings = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_tls": "none"}
        async with staffed(database, smtp_from="pages@example.org", **mail_settings) as notifier:
            await notifier.reports(INC)
            await notifier.assigns(INC, "ana")
            await notifier.rests()
            (mail,) = server.mails
            assert mail["Subject"].startswith("INC-000042 sev 1 Steppe Telecom: All VMs down")
            assert mail["To"] == "ana@example.org"
            (page,) = await notifier.pages()
            assert (page["state"], page["attempts"][0]["address"]) == ("sent", "a…@example.org")
            assert mail["Message-ID"] == f"<{page['attempts'][0]['id']}@example.org>"
            assert await notifier.mailbox() == []


async def test_the_mailbox_keeps_copies_where_that_is_asked_for(database: str) -> None:
    async with mail_server() as server:
        mail_settings = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_tls": "none", "mailbox": True}
        async with staffed(database, smtp_from="pages@example.org", **mail_settings) as notifier:
            await notifier.reports(INC)
            await notifier.assigns(INC, "ana")
            await notifier.rests()
            assert len(server.mails) == 1
            assert await notifier.received() == [("ana", "email")]
            assert (await notifier.page("ana"))["state"] == "sent"


async def test_without_any_way_to_page_somebody_it_does_not_start(database: str) -> None:
    with pytest.raises(SettingsError, match="nobody could be paged"):
        async with desk(database, mailbox=False):
            pass
    with pytest.raises(SettingsError, match="CRITSIT_SMTP_FROM"):
        async with desk(database, smtp_host="127.0.0.1"):
            pass


async def test_a_duty_manager_whom_nothing_reached_is_tried_again_within_the_round(notifier: Desk) -> None:
    """The last who can be called is not left for five minutes by a channel that says: later."""
    phone = Phone(breaks=4)
    phone.free.set()
    with_phone(notifier, phone)
    await notifier.knows("person", person("dan", "duty-manager") | BY_TEXT)
    start = notifier.time.now()
    await notifier.escalates(INC)
    await notifier.passes(minutes=6)
    assert [(attempt.at - start).seconds for attempt in phone.got] == [0, 15, 45, 300, 315]
    assert (await notifier.page("dan"))["state"] == "delivered"


@pytest.mark.parametrize(
    ("channel", "dan_at", "dora_at"), [("sms", [0, 15, 45, 300], [45, 60, 90]), ("email", [0, 300], [0, 300])]
)
async def test_the_next_duty_manager_need_not_wait_for_one_whom_nothing_reaches(
    notifier: Desk, channel: str, dan_at: list[int], dora_at: list[int]
) -> None:
    """Neither one whose only channel fails, nor one who has none that is there; where both are so, there is no haste."""
    phone = Phone(breaks=99)
    phone.free.set()
    with_phone(notifier, phone)
    contacts = {
        "contacts": [{"channel": channel, "address": {"sms": "+351910000009", "email": "d@example.org"}[channel]}]
    }
    await notifier.knows("person", person("dan", "duty-manager") | contacts)
    await notifier.knows("person", person("dora", "duty-manager") | contacts)
    await notifier.knows("rotation", rotation("duty-manager", "dan", "dora"))
    start = notifier.time.now()
    await notifier.escalates(INC)
    await notifier.passes(minutes=5)
    for who, at in (("dan", dan_at), ("dora", dora_at)):
        tried = [datetime.fromisoformat(one["at"]) for one in (await notifier.page(who))["attempts"]]
        assert [(instant - start).seconds for instant in tried] == at, who


async def test_who_has_just_declined_is_not_called_again_since_the_next_one_is_not_reached(notifier: Desk) -> None:
    with_phone(notifier, Phone())
    await notifier.knows("person", person("dan", "duty-manager") | IN_THE_MAILBOX)
    await notifier.knows("person", person("dora", "duty-manager", contacts=0))
    await notifier.knows("rotation", rotation("duty-manager", "dan", "dora"))
    await notifier.escalates(INC)
    await notifier.rests()
    await notifier.declines("dan")
    await notifier.passes(minutes=4)
    assert await notifier.received() == [("dan", "mailbox"), ("dora", "mailbox")]
    await notifier.passes(minutes=1)
    assert await notifier.received() == [("dan", "mailbox"), ("dora", "mailbox"), ("dan", "mailbox")]


async def test_what_is_added_to_a_page_that_was_passed_on_is_told_and_does_not_end_with_the_other(
    notifier: Desk,
) -> None:
    """Nobody was called any more: the one page was kept, and the other was resting since somebody else had been called."""
    await notifier.knows("person", person("dora", "duty-manager", contacts=1))
    await notifier.knows("rotation", rotation("duty-manager", "dan", "dora"))
    await notifier.escalates(INC)
    await notifier.passes(minutes=6)
    assert await notifier.received() == [("dan", "email"), ("dora", "email")]
    await notifier.calls(INC, "duty-manager", "dan", rule="BASE-CM")
    await notifier.rests()
    assert await notifier.received() == [("dan", "email"), ("dora", "email"), ("dan", "email")]
    await notifier.tells("escalation", INC, ClockMet(first_response(notifier.time.now()), notifier.time.now(), "eve"))
    await notifier.passes(minutes=6)
    assert (await notifier.received())[3:] == [("dora", "email")]


async def test_who_was_told_a_moment_ago_hears_of_what_is_added_a_minute_after(notifier: Desk) -> None:
    with_phone(notifier, Phone())
    for who in ("dan", "dora"):
        await notifier.knows("person", person(who, "duty-manager", contacts=0))
    await notifier.knows("rotation", rotation("duty-manager", "dan", "dora"))
    await notifier.escalates(INC)
    await notifier.passes(seconds=20)
    both = [("dan", "mailbox"), ("dora", "mailbox")]
    assert await notifier.received() == both
    await notifier.calls(INC, "duty-manager", "dan")
    await notifier.passes(seconds=39)
    assert await notifier.received() == both
    await notifier.passes(seconds=1)
    assert await notifier.received() == [*both, ("dan", "mailbox")]
