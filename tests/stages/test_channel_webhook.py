"""Signed webhooks, against a receiver on loopback that believes no wrong signature."""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from notifier.channels import Attempt, Delivered, Failed, WebhookSettings
from notifier.channels.webhook import Webhook
from notifier.messages import Message
from tests.harness.raw_http import answer
from tests.harness.webhook_receiver import SECRET, Receiver, redirect_to, webhook_receiver

OTHER_SECRET = "whsec_" + "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
MESSAGE = Message(subject="INC-000042", text="Всё упало\nTake it", short="short", spoken="spoken")


def attempt() -> Attempt:
    return Attempt(
        id="a1",
        page="p1",
        incident="i1",
        number="INC-000042",
        to="cm-ana",
        at=datetime.now(UTC),
        link="https://critsit.example.org/ack/t",
    )


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with webhook_receiver() as receiver:
        yield receiver


@pytest.fixture
async def webhook() -> AsyncIterator[Webhook]:
    made = Webhook(WebhookSettings(secrets=(SECRET,), private_hosts=frozenset({"127.0.0.1"}), timeout=5))
    yield made
    await made.close()


async def test_a_page_arrives_signed_and_whole(receiver: Receiver, webhook: Webhook) -> None:
    assert await webhook.send(MESSAGE, receiver.url(), attempt()) == Delivered()
    (payload,) = receiver.believed
    assert payload["type"] == "page"
    assert payload["data"] == {
        "incident": "i1",
        "number": "INC-000042",
        "page": "p1",
        "attempt": "a1",
        "to": "cm-ana",
        "repeat": False,
        "subject": MESSAGE.subject,
        "short": MESSAGE.short,
        "text": MESSAGE.text,
        "acknowledge": "https://critsit.example.org/ack/t",
    }
    (heard,) = receiver.heard
    assert heard.target == "/hooks/critsit?team=a"
    assert heard.headers["host"] == f"127.0.0.1:{receiver.port}"


async def test_a_repeat_has_the_same_id(receiver: Receiver, webhook: Webhook) -> None:
    for repeat in (False, True):
        await webhook.send(MESSAGE, receiver.url(), replace(attempt(), repeat=repeat))
    assert receiver.ids == ["a1", "a1"]
    assert [payload["data"]["repeat"] for payload in receiver.believed] == [False, True]


async def test_while_secrets_are_changed_over_both_are_believed() -> None:
    both = Webhook(WebhookSettings(secrets=(OTHER_SECRET, SECRET), private_hosts=frozenset({"localhost"})))
    for secret in (SECRET, OTHER_SECRET):
        async with webhook_receiver() as receiver:
            receiver.secret = secret
            assert await both.send(MESSAGE, receiver.url("localhost"), attempt()) == Delivered()
            assert len(receiver.believed) == 1
    await both.close()


@pytest.mark.parametrize(("status", "retry"), [(400, False), (404, False), (410, False), (429, True), (500, True)])
async def test_a_refusal_says_whether_it_is_worth_a_retry(
    receiver: Receiver, webhook: Webhook, status: int, retry: bool
) -> None:
    receiver.answers = [answer(status)]
    assert await webhook.send(MESSAGE, receiver.url(), attempt()) == Failed(f"answered {status}", retry=retry)


async def test_a_redirect_is_not_followed(receiver: Receiver, webhook: Webhook) -> None:
    receiver.answers = [redirect_to(receiver.url())]
    outcome = await webhook.send(MESSAGE, receiver.url(), attempt())
    assert outcome == Failed("answered 302; redirects are not followed", retry=False)
    assert len(receiver.heard) == 1


@pytest.mark.parametrize("said", [b"", b"not http at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\n"])
async def test_an_answer_that_is_none_is_a_failure_worth_a_retry(
    receiver: Receiver, webhook: Webhook, said: bytes
) -> None:
    receiver.answers = [said]
    outcome = await webhook.send(MESSAGE, receiver.url(), attempt())
    assert isinstance(outcome, Failed)
    assert outcome.retry


async def test_a_receiver_that_hangs_is_given_up_in_time(receiver: Receiver) -> None:
    receiver.hangs = True
    hasty = Webhook(WebhookSettings(secrets=(SECRET,), private_hosts=frozenset({"127.0.0.1"}), timeout=0.2))
    outcome = await hasty.send(MESSAGE, receiver.url(), attempt())
    await hasty.close()
    assert outcome == Failed("no answer within 0.2 s", retry=True)


async def test_an_answer_without_end_is_not_read(receiver: Receiver, webhook: Webhook) -> None:
    receiver.answers = [b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n" + b"x" * 100_000]
    assert await webhook.send(MESSAGE, receiver.url(), attempt()) == Delivered()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_without_being_named_loopback_is_never_connected_to(receiver: Receiver, host: str, scheme: str) -> None:
    strict = Webhook(WebhookSettings(secrets=(SECRET,)))
    outcome = await strict.send(MESSAGE, f"{scheme}://{host}:{receiver.port}/x", attempt())
    await strict.close()
    assert isinstance(outcome, Failed)
    assert receiver.heard == []


async def test_a_name_is_connected_to_at_the_address_that_was_checked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that resolves to something public when it is checked and to loopback a moment later reaches nothing."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str | bytes | None, *more: object, **named: object) -> object:
        if host == "rebind.example":
            asked.append("rebind.example")
            return real("127.0.0.1", *more, **named)  # type: ignore[arg-type]
        return real(host, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    strict = Webhook(WebhookSettings(secrets=(SECRET,)))
    outcome = await strict.send(MESSAGE, f"https://rebind.example:{receiver.port}/", attempt())
    assert outcome == Failed("the host is not a public one", retry=False)
    named = Webhook(WebhookSettings(secrets=(SECRET,), private_hosts=frozenset({"rebind.example"})))
    assert await named.send(MESSAGE, f"http://Rebind.example:{receiver.port}/", attempt()) == Delivered()
    assert receiver.heard[0].headers["host"] == f"rebind.example:{receiver.port}"
    assert asked == ["rebind.example"] * 2
    await strict.close()
    await named.close()


@pytest.mark.parametrize("address", ["", "nonsense", "ftp://x.example/", "http://", "https://\x00/"])
async def test_what_is_no_address_is_a_failure_for_good(webhook: Webhook, address: str) -> None:
    outcome = await webhook.send(MESSAGE, address, attempt())
    assert isinstance(outcome, Failed)
    assert not outcome.retry


async def test_a_secret_that_is_none_stops_the_start() -> None:
    for secrets in ((), ("whsec_",), ("whsec_ключ",)):
        with pytest.raises(ValueError, match="webhook"):
            Webhook(WebhookSettings(secrets=secrets))
