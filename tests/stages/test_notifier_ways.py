"""The ways to somebody: real mail, copies in the mailbox, and what there is where a way is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from backbone.process.settings import SettingsError
from tests.harness.notifier import Desk, desk, person
from tests.harness.notifier_phone import Phone, staffed, with_phone
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
