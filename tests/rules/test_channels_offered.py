"""Which channels are offered, by which ways a person is reached, and what of their address may be shown."""

from datetime import UTC, datetime

import pytest

from notifier.channels import (
    Attempt,
    ChannelSettings,
    Delivered,
    Failed,
    MailboxEntry,
    SmtpSettings,
    TwilioSettings,
    WebhookSettings,
    configured,
    mask,
    redact,
    ways,
)
from notifier.channels.safe_address import is_public
from notifier.channels.twilio_callback import Receipt, read_receipt, signed_by_twilio
from notifier.messages import Message
from tests.harness.twilio import sign

CONTACTS = [("email", "ana@provider.example"), ("sms", "+351910000001"), ("fax", "1")]
SMTP = SmtpSettings(host="mail.example", sender="critsit@provider.example", password="hidden")
TWILIO = TwilioSettings(account="AC1", token="hidden", sms_from="+447700900100")
MESSAGE = Message(subject="s", text="t", short="s", spoken="s")
ATTEMPT = Attempt(
    id="a1", page="p1", incident="i1", number="INC-1", to="cm-ana", at=datetime(2026, 2, 4, 14, 22, tzinfo=UTC)
)


class Table:
    def __init__(self) -> None:
        self.rows: dict[str, MailboxEntry] = {}
        self.broken = False

    async def keep(self, entry: MailboxEntry) -> None:
        if self.broken:
            raise OSError("gone: ana@provider.example")
        self.rows.setdefault(entry.id, entry)


async def test_with_nothing_configured_the_mailbox_stands_in_for_every_contact_in_order() -> None:
    table = Table()
    found = ways(CONTACTS, configured(ChannelSettings(), table.keep), "cm-ana")
    assert [way.channel for way in found] == ["email", "sms", "fax"]
    assert await found[1].through.send(MESSAGE, found[1].address, ATTEMPT) == Delivered()
    assert table.rows["a1"] == MailboxEntry(
        id="a1", at=ATTEMPT.at, incident="i1", page="p1", to="cm-ana", channel="sms", subject="s", text="t"
    )
    (only,) = ways([], configured(ChannelSettings(), table.keep), "cm-ana")
    assert (only.channel, only.address) == ("mailbox", "cm-ana")


async def test_a_mailbox_that_cannot_keep_it_is_a_failure_that_names_no_address() -> None:
    table = Table()
    table.broken = True
    outcome = await configured(ChannelSettings(), table.keep)["mailbox"].send(MESSAGE, "cm-ana", ATTEMPT)
    assert outcome == Failed("the mailbox could not keep it: OSError", retry=True)


async def test_what_is_not_configured_is_not_offered() -> None:
    channels = configured(ChannelSettings(smtp=SMTP), Table().keep)
    assert set(channels) == {"mailbox", "email"}
    assert [way.channel for way in ways(CONTACTS, channels, "cm-ana")] == ["email"]
    assert ways([("sms", "+351910000001")], channels, "cm-ana") == ()
    assert [way.channel for way in ways([("mailbox", "x")], channels, "cm-ana")] == ["mailbox"]
    more = configured(
        ChannelSettings(twilio=TWILIO, webhook=WebhookSettings(secrets=("whsec_c2VjcmV0",))), Table().keep
    )
    assert set(more) == {"mailbox", "sms", "webhook"}
    for channel in more.values():
        await channel.close()


def test_secrets_never_print() -> None:
    settings = ChannelSettings(smtp=SMTP, twilio=TWILIO, webhook=WebhookSettings(secrets=("hidden",)))
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ana@provider.example", "a…@provider.example"),
        ("+351910000001", "+351…01"),
        ("0701 000 00 01", "070…01"),
        ("112233", "…33"),
        ("https://u:p@hooks.example:8443/secret?token=1", "https://hooks.example:8443/…"),
        ("http://[::1]:80/x", "http://[::1]:80/…"),
        ("http://[", "…"),
        ("cm-ana", "cm-ana"),
        ("", "…"),
        ("what is this", "…"),
    ],
)
def test_an_address_is_shown_masked(address: str, shown: str) -> None:
    assert mask(address) == shown


def test_somebody_elses_sentence_loses_its_addresses() -> None:
    text = "550 <ana@provider.example> unknown; +351 910 000 001 too, see https://x.example/secret (2026-02-04 14:22)"
    assert "ana@" not in redact(text)
    assert "910" not in redact(text)
    assert "secret" not in redact(text)
    assert redact("550 5.1.1 unknown, took 15 s") == "550 5.1.1 unknown, took 15 s"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8%1",
        "::7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2001::1",
        "::ffff:0:127.0.0.1",
        "nonsense",
    ],
)
def test_no_webhook_goes_to_an_address_that_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is_one(address: str) -> None:
    assert is_public(address)


def test_a_callback_is_believed_with_the_right_signature_alone() -> None:
    url = "https://critsit.example.org/v1/callbacks/twilio?attempt=a1"
    form = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+351910000001"}
    good = sign(url, form)
    assert signed_by_twilio(url, form, good, "s3cret")
    assert not signed_by_twilio(url, form | {"MessageStatus": "failed"}, good, "s3cret")
    assert not signed_by_twilio(url + "2", form, good, "s3cret")
    assert not signed_by_twilio(url, form, "ключ\ud800", "s3cret")
    assert not signed_by_twilio(url, form, "", "s3cret")


def test_a_callback_is_signed_as_the_provider_has_it_in_its_own_example() -> None:
    url = "https://example.com/myapp.php?foo=1&bar=2"
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }
    assert signed_by_twilio(url, form, "L/OH5YylLD5NRKLltdqwSvS0BnU=", "12345")


@pytest.mark.parametrize(
    ("form", "receipt"),
    [
        ({"MessageSid": "SM1", "MessageStatus": "delivered"}, Receipt("SM1", "delivered", "delivered")),
        (
            {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"},
            Receipt("SM1", "failed", "undelivered (code 30003)"),
        ),
        ({"MessageSid": "SM1", "MessageStatus": "queued"}, Receipt("SM1", "on-the-way", "queued")),
        ({"CallSid": "CA1", "CallStatus": "no-answer"}, Receipt("CA1", "failed", "no-answer")),
        ({"CallSid": "CA1", "CallStatus": "in-progress", "Digits": "1"}, Receipt("CA1", "acknowledged", "pressed 1")),
        ({"CallSid": "CA1", "CallStatus": "in-progress", "Digits": "2"}, Receipt("CA1", "declined", "pressed 2")),
        ({"CallSid": "CA1", "CallStatus": "in-progress", "Digits": "9"}, Receipt("CA1", "delivered", "pressed 9")),
        ({"Something": "else"}, None),
    ],
)
def test_what_the_provider_says_afterwards_is_one_of_five_words(form: dict[str, str], receipt: Receipt | None) -> None:
    assert read_receipt(form) == receipt
