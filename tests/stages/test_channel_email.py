"""Pages by mail, against a real mail server on loopback."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.channels import Attempt, Failed, Sent, SmtpSettings
from notifier.channels.email import Email, compose_letter
from notifier.messages import Message, PageFacts, Reason, headline
from tests.harness.certificate import server_context
from tests.harness.smtp import MailServer, mail_server

MESSAGE = Message(
    subject="INC-000042 sev 1 Стeppe", text="Всё упало\nTake it: https://x/ack/1\n", short="s", spoken="s"
)
ATTEMPT = Attempt(
    id="0198-a1",
    page="0198-p1",
    incident="0198-i1",
    number="INC-000042",
    to="cm-ana",
    at=datetime(2026, 2, 4, 14, 22, 30, tzinfo=UTC),
)


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


def email(server: MailServer, **more: object) -> Email:
    settings = SmtpSettings(
        host="127.0.0.1", port=server.port, sender="critsit@provider.example", tls="none", timeout=5
    )
    return Email(replace(settings, **more))


async def test_a_page_arrives_whole_and_is_known_by_its_attempt(server: MailServer) -> None:
    outcome = await email(server).send(MESSAGE, "ana@provider.example", ATTEMPT)
    assert outcome == Sent("<0198-a1@provider.example>")
    (mail,) = server.mails
    assert mail["To"] == "ana@provider.example"
    assert mail["Subject"] == MESSAGE.subject
    assert mail.get_content().replace("\r\n", "\n") == MESSAGE.text
    assert mail["Date"].datetime == ATTEMPT.at
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (mail["X-Critsit-Incident"], mail["X-Critsit-Page"]) == ("INC-000042", "0198-p1")
    assert "X-Critsit-Repeat" not in mail


async def test_a_repeat_has_the_same_id_and_says_that_it_is_one(server: MailServer) -> None:
    for repeat in (False, True):
        await email(server).send(MESSAGE, "ana@provider.example", replace(ATTEMPT, repeat=repeat))
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert second["X-Critsit-Repeat"] == "yes"


@pytest.mark.parametrize(("code", "retry"), [("450 4.2.1", True), ("550 5.1.1", False)])
async def test_what_is_refused_for_good_is_not_worth_a_retry_and_names_no_address(
    server: MailServer, code: str, retry: bool
) -> None:
    server.on_recipient = code + " <{address}> not now"
    outcome = await email(server).send(MESSAGE, "ana@provider.example", ATTEMPT)
    assert isinstance(outcome, Failed)
    assert outcome.retry is retry
    assert "ana@" not in outcome.reason
    assert code[:3] in outcome.reason


@pytest.mark.parametrize("said", ["Bo\xeete pleine", "no\x00thing", "x" * 400])
async def test_whatever_bytes_the_server_answers_the_reason_is_text_that_can_be_kept(
    server: MailServer, said: str
) -> None:
    server.on_data = f"554 {said}"
    outcome = await email(server).send(MESSAGE, "ana@provider.example", ATTEMPT)
    assert isinstance(outcome, Failed)
    assert "554" in outcome.reason
    assert outcome.reason.encode().isascii()
    assert outcome.reason.isprintable()
    assert len(outcome.reason) < 250


async def test_a_full_disk_over_there_is_worth_a_retry(server: MailServer) -> None:
    server.on_data = "452 4.3.1 disk full"
    outcome = await email(server).send(MESSAGE, "ana@provider.example", ATTEMPT)
    assert isinstance(outcome, Failed)
    assert outcome.retry


async def test_a_server_that_hangs_is_given_up_in_time(server: MailServer) -> None:
    server.hangs = True
    outcome = await email(server, timeout=0.2).send(MESSAGE, "ana@provider.example", ATTEMPT)
    assert isinstance(outcome, Failed)
    assert outcome.retry


async def test_who_hangs_is_not_waited_for_again_with_a_goodbye(server: MailServer) -> None:
    """The person's next channel follows at once: what hangs costs its time once."""
    server.hangs = True
    began = monotonic()
    await email(server, timeout=2).send(MESSAGE, "ana@provider.example", ATTEMPT)
    assert monotonic() - began < 3.5


async def test_a_mail_that_was_taken_is_sent_whatever_the_server_says_to_a_goodbye(server: MailServer) -> None:
    """A failure would be a second mail, and a call on top."""
    server.silent_at_the_end = True
    outcome = await email(server, timeout=5).send(MESSAGE, "ana@provider.example", ATTEMPT)
    assert isinstance(outcome, Sent), outcome


async def test_a_server_that_goes_away_before_its_answer_may_have_it_so_it_is_sent_again(server: MailServer) -> None:
    server.drops = True
    outcome = await email(server).send(MESSAGE, "ana@provider.example", ATTEMPT)
    assert isinstance(outcome, Failed)
    assert outcome.retry


async def test_nobody_listening_is_a_failure_and_no_crash() -> None:
    async with mail_server() as server:
        pass
    outcome = await email(server).send(MESSAGE, "ana@provider.example", ATTEMPT)
    assert isinstance(outcome, Failed)
    assert outcome.retry


@pytest.mark.parametrize(
    "address", ["", "ana", "a@b\r\nBcc: eve@x.example", "a@b, eve@x.example", "@", "a b@x.example"]
)
async def test_what_is_no_address_leaves_nothing_behind(server: MailServer, address: str) -> None:
    outcome = await email(server).send(MESSAGE, address, ATTEMPT)
    assert isinstance(outcome, Failed)
    assert not outcome.retry
    assert server.mails == []


async def test_a_title_with_a_line_break_adds_no_header(server: MailServer) -> None:
    await email(server).send(replace(MESSAGE, subject="a\r\nBcc: eve@x.example"), "ana@provider.example", ATTEMPT)
    assert "Bcc" not in server.mails[0]


def _read(subject: str) -> str:
    """The subject as a mail reader shows it; every line of the head is short enough."""
    letter = compose_letter(replace(MESSAGE, subject=subject), "ana@provider.example", ATTEMPT, "c@provider.example")
    raw = letter.as_bytes()
    assert max(map(len, raw.split(b"\r\n\r\n")[0].split(b"\r\n"))) <= 78
    mail = message_from_bytes(raw, policy=default)
    assert set(mail.keys()) == set(letter.keys())
    return str(mail["Subject"])


@pytest.mark.parametrize(
    "subject",
    ["ТОО «Степь» Ünïted 日本: =?utf-8?q?Bcc=3A_evil?=", "=?utf-8?q?Bcc=3A_evil?=", "日本 " * 40 + "x", "Bcc: x"],
)
def test_the_subject_that_is_read_is_the_one_that_was_written(subject: str) -> None:
    assert _read(subject) == subject


@given(st.text(max_size=400))
def test_whatever_is_typed_is_read_as_the_pages_first_line(title: str) -> None:
    facts = PageFacts(reason=Reason.ENGINEER, number="INC-000042", title=title, customer="ТОО Степь")
    line = headline(facts, ZoneInfo("UTC"), ATTEMPT.at)
    assert _read(line) == line
    assert _read(ascii(line)) == ascii(line)


async def test_where_encryption_is_asked_for_a_server_without_it_gets_nothing(server: MailServer) -> None:
    outcome = await email(server, tls="starttls").send(MESSAGE, "ana@provider.example", ATTEMPT)
    assert isinstance(outcome, Failed)
    assert server.mails == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")
async def test_over_starttls_with_a_login_and_only_to_a_server_that_is_trusted(tmp_path: Path) -> None:
    context, authority = server_context(tmp_path)
    async with mail_server(context) as server:
        server.users["critsit"] = "pw"
        known = email(server, tls="starttls", ca_file=str(authority), username="critsit", password="pw")
        assert isinstance(await known.send(MESSAGE, "ana@provider.example", ATTEMPT), Sent)
        assert server.encrypted == [True]
        wrong = Email(replace(known.settings, password="no"))
        outcome = await wrong.send(MESSAGE, "ana@provider.example", ATTEMPT)
        assert isinstance(outcome, Failed)
        assert not outcome.retry
        stranger = Email(replace(known.settings, ca_file=None))
        assert isinstance(await stranger.send(MESSAGE, "ana@provider.example", ATTEMPT), Failed)
        assert len(server.mails) == 1
        assert "pw" not in repr(known)
