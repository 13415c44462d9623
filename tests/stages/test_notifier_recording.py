"""What a channel said of an attempt can't be written down: no other page waits for that, and its own climbs on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import pytest
import structlog

from backbone.log.tx import Tx
from notifier.channels import Attempt, Delivered, Failed, MailboxEntry, Outcome
from notifier.channels.mailbox import Mailbox
from notifier.messages import Message
from notifier.pages.record import Finished, Recorder
from notifier.pages.sender import UNRECORDED
from tests.harness.notifier import Desk
from tests.harness.notifier_phone import staffed
from tests.harness.smtp import mail_server

INC, OTHER = "0198-a", "0198-b"


@dataclass
class Odd:
    """A mailbox that says of one incident's page what no table takes, or keeps of it what none does."""

    real: Mailbox
    keeps: bool
    sent: list[str] = field(default_factory=list)

    async def send(self, message: Message, address: str, attempt: Attempt) -> Outcome:
        self.sent.append(attempt.incident)
        if attempt.incident == OTHER:
            return await self.real.send(message, address, attempt)
        if not self.keeps:
            return Failed("Bo\udcee\x00te pleine", retry=False)
        await self.real.store(
            MailboxEntry(
                id=attempt.id, at=attempt.at, incident=INC, page=attempt.page, to="ana", channel="sms",
                subject="\x00", text="",
            )
        )  # fmt: skip
        return Delivered()

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
async def notifier(database: str) -> AsyncIterator[Desk]:
    async with staffed(database) as made:
        for n, id_ in enumerate((INC, OTHER)):
            await made.reports(id_, number=f"INC-{n:06}")
        yield made


@pytest.mark.parametrize("keeps", [False, True])
async def test_what_cannot_be_recorded_is_a_failure_and_hinders_no_other_page(notifier: Desk, keeps: bool) -> None:
    people = notifier.sender.dispatch.people
    mailbox = people.channels["mailbox"]
    assert isinstance(mailbox, Mailbox)
    odd = Odd(mailbox, keeps)
    people.channels = MappingProxyType({"mailbox": mailbox, "email": odd, "sms": mailbox})
    for id_ in (INC, OTHER):
        await notifier.assigns(id_, "ana")
    await notifier.rests()
    assert sorted(odd.sent) == [INC, OTHER]
    (page,) = await notifier.pages(incident=INC)
    assert isinstance(UNRECORDED, Failed)
    assert [(a["channel"], a["outcome"], a["detail"]) for a in page["attempts"]] == [
        ("email", "failed", UNRECORDED.reason), ("sms", "delivered", None),
    ]  # fmt: skip
    (other,) = await notifier.pages(incident=OTHER)
    assert other["state"] == "delivered"
    await notifier.assigns(OTHER, "dan")
    await notifier.rests()
    assert (await notifier.page("dan"))["state"] == "delivered"
    assert await notifier.one("select count(*) from mailbox where subject = ''") == 0


async def test_what_broke_a_batch_is_logged_where_each_alone_is_written(
    notifier: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Recorder.write

    async def one_by_one(self: Recorder, tx: Tx, done: Sequence[Finished]) -> None:
        if len(done) > 1:
            raise ValueError("not together")
        await write(self, tx, done)

    monkeypatch.setattr(Recorder, "write", one_by_one)
    for id_ in (INC, OTHER):
        await notifier.assigns(id_, "ana")
    with structlog.testing.capture_logs() as logs:
        await notifier.rests()
    assert [(line["pages"], str(line["exc_info"])) for line in logs if line["log_level"] == "error"] == [
        (2, "not together")
    ]
    for id_ in (INC, OTHER):
        (page,) = await notifier.pages(incident=id_)
        assert page["state"] == "delivered"


async def test_a_reply_in_latin_1_is_a_failure_like_any_other(database: str) -> None:
    async with mail_server() as server:
        server.on_recipient = "550 Bo\xeete pleine"
        mail_settings = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_tls": "none", "mailbox": True}
        async with staffed(database, smtp_from="pages@example.org", **mail_settings) as notifier:
            await notifier.reports(INC)
            await notifier.assigns(INC, "ana")
            await notifier.rests()
            (first, *_) = (await notifier.page("ana"))["attempts"]
            assert first["detail"] == "the mail server answered 550: Bo te pleine"
