"""Text messages and calls, against a stand-in for Twilio that can be nasty."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from notifier.channels import Attempt, Failed, Sent, TwilioSettings
from notifier.channels.twilio import Sms, Twilio, Voice
from notifier.messages import Message
from tests.harness.twilio import ACCOUNT, TOKEN, FakeTwilio, Mood, fake_twilio

MESSAGE = Message(
    subject="s", text="t", short="INC-000042 sev 1\nTake it: https://x/ack/1", spoken="Down & <out> \x07now"
)
ATTEMPT = Attempt(
    id="a1", page="p1", incident="i1", number="INC-000042", to="cm-ana", at=datetime(2026, 2, 4, 14, 22, tzinfo=UTC)
)
CALLBACK = "https://critsit.example.org/v1/callbacks/twilio"
PHONE = "+351910000001"


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with fake_twilio() as twilio:
        yield twilio


def api(twilio: FakeTwilio, **more: object) -> Twilio:
    settings = TwilioSettings(account=ACCOUNT, token=TOKEN, callback_url=CALLBACK, base_url=twilio.url, timeout=5)
    return Twilio(replace(settings, **more))


async def test_a_text_message_is_asked_for_with_a_callback_that_names_the_attempt(twilio: FakeTwilio) -> None:
    sms = Sms(api(twilio), "+447700900100")
    outcome = await sms.send(MESSAGE, PHONE, ATTEMPT)
    await sms.close()
    assert outcome == Sent(f"SM{1:032x}")
    assert twilio.asked[0][0] == "Messages"
    assert twilio.last() == {
        "To": PHONE,
        "From": "+447700900100",
        "Body": MESSAGE.short,
        "StatusCallback": CALLBACK + "?attempt=a1",
    }


async def test_a_repeated_text_message_begins_the_same_and_says_so_at_its_end(twilio: FakeTwilio) -> None:
    sms = Sms(api(twilio), "+447700900100")
    await sms.send(MESSAGE, PHONE, replace(ATTEMPT, repeat=True))
    await sms.close()
    assert twilio.last()["Body"] == MESSAGE.short + " (repeated)"


async def test_a_call_reads_the_page_twice_and_takes_a_key(twilio: FakeTwilio) -> None:
    voice = Voice(api(twilio), "+447700900100")
    outcome = await voice.send(MESSAGE, PHONE, ATTEMPT)
    await voice.close()
    assert outcome == Sent(f"CA{1:032x}")
    script = ElementTree.fromstring(twilio.last()["Twiml"])
    gather = script.find("Gather")
    assert gather is not None
    assert gather.get("action") == CALLBACK + "?attempt=a1"
    assert [say.text for say in gather.findall("Say")].count("Down & <out>  now") == 2
    assert [value for key, value in twilio.asked[0][1] if key == "StatusCallbackEvent"] == ["answered", "completed"]


async def test_without_a_callback_a_call_only_speaks(twilio: FakeTwilio) -> None:
    voice = Voice(api(twilio, callback_url=None), "+447700900100")
    assert isinstance(await voice.send(MESSAGE, PHONE, ATTEMPT), Sent)
    await voice.close()
    assert ElementTree.fromstring(twilio.last()["Twiml"]).find("Gather") is None
    assert "StatusCallback" not in twilio.last()


@pytest.mark.parametrize(
    ("mood", "retry"),
    [
        ("busy", True),
        ("down", True),
        ("bad-number", False),
        ("html", True),
        ("no-sid", True),
        ("odd-sid", True),
        ("endless", True),
        ("drops", True),
        ("cut", True),
        ("redirects", False),
        ("failed", False),
    ],
)
async def test_whatever_the_provider_does_it_is_an_outcome_and_never_a_page_believed_sent(
    twilio: FakeTwilio, mood: Mood, retry: bool
) -> None:
    twilio.mood = mood
    sms = Sms(api(twilio), "+447700900100")
    outcome = await sms.send(MESSAGE, PHONE, ATTEMPT)
    await sms.close()
    assert isinstance(outcome, Failed)
    assert outcome.retry is retry
    assert "351" not in outcome.reason
    assert len(twilio.asked) == 1


async def test_a_provider_that_hangs_is_given_up_in_time(twilio: FakeTwilio) -> None:
    twilio.mood = "hangs"
    sms = Sms(api(twilio, timeout=0.2), "+447700900100")
    outcome = await sms.send(MESSAGE, PHONE, ATTEMPT)
    await sms.close()
    assert outcome == Failed("the provider did not answer within 0.2 s", retry=True)


async def test_a_wrong_token_is_said_and_shown_nowhere(twilio: FakeTwilio) -> None:
    made = api(twilio, token="wrong-token")
    outcome = await Sms(made, "+447700900100").send(MESSAGE, PHONE, ATTEMPT)
    await made.close()
    assert outcome == Failed("the provider answered 401 (code 20003)", retry=False)
    assert "wrong-token" not in repr(made.settings)
