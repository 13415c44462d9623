"""Sending, on bad days: a crash in between, two replicas at once, a channel that hangs, a mail server that refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from backbone.log.event import Lane
from backbone.log.tx import Transactions
from events.incidents import IncidentReported
from tests.harness.notifier import Desk, desk, person, reported, routed
from tests.harness.notifier_phone import BY_TEXT, IN_THE_MAILBOX, Phone, staffed, with_phone
from tests.harness.smtp import mail_server
from tests.harness.statements import statements

INC = "0198-a"


@pytest.fixture
async def notifier(database: str) -> AsyncIterator[Desk]:
    async with staffed(database) as made:
        await made.reports(INC)
        yield made


async def test_what_was_sent_and_not_recorded_is_sent_again_and_marked_as_a_repeat(
    notifier: Desk, database: str
) -> None:
    """Twice beats never: the same attempt, the same id."""
    phone = Phone()
    phone.free.set()
    with_phone(notifier, phone)
    await notifier.assigns(INC, "ana")
    await dies_before_recording(notifier)
    assert [attempt.repeat for attempt in phone.got] == [False]
    async with desk(database, notifier.time) as other:
        with_phone(other, phone)
        seconds = 0.0
        other.sender.clock = lambda: 1_000.0 + seconds
        await other.rests()
        seconds = 4.5
        await other.rests()
        assert len(phone.got) == 1
        seconds = 6.0
        await other.rests()
        assert [attempt.repeat for attempt in phone.got] == [False, True]
        assert phone.got[0].id == phone.got[1].id
        (page,) = await other.pages()
        assert page["state"] == "delivered"
        assert [(a["channel"], a["outcome"], a["repeat"]) for a in page["attempts"]] == [("sms", "delivered", True)]
        assert [p["repeat"] for t, p in await other.said() if t == "page.sent"] == [True]


async def test_what_is_sent_again_where_that_channel_is_gone_goes_to_an_address_of_another(
    notifier: Desk, database: str
) -> None:
    phone = Phone()
    phone.free.set()
    with_phone(notifier, phone)
    await notifier.knows("person", person("ana", "crisis-manager") | BY_TEXT)
    await notifier.assigns(INC, "ana")
    await dies_before_recording(notifier)
    await notifier.knows("person", person("ana", "crisis-manager", contacts=1))
    async with mail_server() as server:
        mail_settings = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_tls": "none"}
        async with desk(database, notifier.time, smtp_from="pages@example.org", **mail_settings) as other:
            seconds = 1_000.0
            other.sender.clock = lambda: seconds
            await other.rests()
            seconds += 6.0
            await other.rests()
            assert [mail["To"] for mail in server.mails] == ["ana@example.org"]
            ((attempt,),) = [page["attempts"] for page in await other.pages()]
            assert (attempt["id"], attempt["channel"], attempt["address"], attempt["outcome"], attempt["repeat"]) == (
                phone.got[0].id, "email", "a…@example.org", "sent", True,
            )  # fmt: skip
            assert [p["address"] for t, p in await other.said() if t == "page.sent"] == ["a…@example.org"]


async def test_two_replicas_never_send_the_same_step_twice(notifier: Desk, database: str) -> None:
    ids = [f"inc-{n}" for n in range(20)]
    for n, id_ in enumerate(ids):
        await notifier.reports(id_, number=f"INC-{n:06}")
        await notifier.assigns(id_, "ana")
    async with desk(database, notifier.time) as other:
        for _ in range(4):
            for _ in range(6):
                await asyncio.gather(*(d.sender.step(Lane.URGENT) for d in (notifier, other)))
            notifier.time.passes(seconds=60)
        rows = await other.mailbox()
        assert len(rows) == 40
        assert sorted((row["incident"], row["channel"]) for row in rows) == sorted(
            (id_, channel) for id_ in ids for channel in ("email", "sms")
        )
        assert await other.one("select count(*) from attempt") == 40
        assert await other.one("select count(*) from outbox where type = 'page.exhausted'") == 20


async def test_a_channel_that_hangs_holds_up_no_other(notifier: Desk) -> None:
    phone = Phone()
    with_phone(notifier, phone)
    await notifier.knows("person", person("slow", "crisis-manager") | BY_TEXT)
    await notifier.knows("person", person("quick", "crisis-manager") | IN_THE_MAILBOX)
    for n in range(60):
        await notifier.reports(f"slow-{n}", number=f"INC-{n:06}")
        await notifier.assigns(f"slow-{n}", "slow")
    await notifier.sender.step(Lane.URGENT)
    assert len(phone.got) == 40
    await notifier.reports("quick", number="INC-000099")
    await notifier.assigns("quick", "quick")
    await notifier.sender.step(Lane.URGENT)
    await notifier.sender.step(Lane.URGENT)
    assert [item["to"] for item in await notifier.mailbox()] == ["quick"]
    phone.free.set()
    await notifier.rests()
    assert len(phone.got) == 60
    assert await notifier.one("select count(*) from page where state = 'delivered'") == 61


async def test_what_is_in_the_air_arrives_before_the_stage_stops(notifier: Desk, database: str) -> None:
    phone = Phone()
    with_phone(notifier, phone)
    await notifier.assigns(INC, "ana")
    await notifier.sender.step(Lane.URGENT)
    assert (await notifier.page("ana"))["state"] == "sending"
    stopping = asyncio.create_task(notifier.sender.stop())
    await asyncio.sleep(0)
    phone.free.set()
    await stopping
    assert (await notifier.page("ana"))["state"] == "delivered"


async def test_what_does_not_arrive_before_the_stop_is_a_repeat_for_the_next_one(notifier: Desk, database: str) -> None:
    phone = Phone()
    with_phone(notifier, phone)
    await notifier.assigns(INC, "ana")
    await notifier.sender.step(Lane.URGENT)
    await notifier.sender.stop(within=0.01)
    async with desk(database, notifier.time) as other:
        seconds = 100.0
        other.sender.clock = lambda: seconds
        with_phone(other, phone)
        await other.rests()
        seconds += 6.0
        await other.rests()
        assert [attempt.repeat for attempt in phone.got] == [False, True]


async def test_a_claim_that_nothing_works_on_is_taken_up_again(notifier: Desk) -> None:
    """A fault between the claim and the sending: no page is held for ever by somebody who forgot it."""
    phone = Phone()
    phone.free.set()
    with_phone(notifier, phone)
    seconds = 100.0
    notifier.sender.clock = lambda: seconds
    await notifier.assigns(INC, "ana")
    await notifier.sender.step(Lane.URGENT)
    async with notifier.ground.transactions() as tx:
        await tx.execute(
            "update page set state = 'sending', holder = :h, next_at = null", {"h": notifier.sender.dispatch.holder}
        )
        await tx.execute("update attempt set outcome = 'sending'")
    for _ in range(3):
        seconds += 1.5
        await notifier.rests()
    assert [attempt.repeat for attempt in phone.got] == [False, True]
    assert (await notifier.page("ana"))["state"] == "delivered"


async def test_a_failed_attempt_is_followed_by_the_next_channel_at_once(notifier: Desk) -> None:
    phone = Phone(breaks=1)
    phone.free.set()
    with_phone(notifier, phone)
    contacts = [{"channel": "sms", "address": "+351910000009"}, {"channel": "mailbox", "address": "ana"}]
    await notifier.knows("person", person("ana", "crisis-manager") | {"contacts": contacts})
    await notifier.assigns(INC, "ana")
    await notifier.rests()
    (page,) = await notifier.pages()
    assert [(a["channel"], a["outcome"], a["detail"]) for a in page["attempts"]] == [
        ("sms", "failed", "busy"),
        ("mailbox", "delivered", None),
    ]
    assert page["attempts"][0]["address"] == "+351…09"
    assert "page.failed" in await notifier.said_types()


async def test_when_every_channel_fails_they_are_tried_again_before_anybody_else(notifier: Desk) -> None:
    phone = Phone(breaks=1)
    phone.free.set()
    with_phone(notifier, phone)
    await notifier.knows("person", person("ana", "crisis-manager") | BY_TEXT)
    await notifier.assigns(INC, "ana")
    await notifier.rests()
    assert len(phone.got) == 1
    await notifier.passes(seconds=15)
    assert len(phone.got) == 2
    assert (await notifier.page("ana"))["state"] == "delivered"
    assert phone.got[0].id != phone.got[1].id


async def test_replicas_that_ended_long_ago_are_forgotten(notifier: Desk, database: str) -> None:
    await notifier.rests()
    async with desk(database, notifier.time) as other:
        seconds = 1_000.0
        other.sender.clock = lambda: seconds
        await other.rests()
        assert await other.one("select count(*) from sender") == 2
        seconds += 601.0
        await other.rests()
        assert await other.one("select count(*) from sender") == 1


async def test_a_storm_of_ordinary_incidents_costs_a_constant_number_of_statements(
    notifier: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One upsert a batch, and no page."""
    counts = []
    for size in (1, 200):
        events = [
            notifier.event("intake", f"storm-{size}-{n}", replace(reported(f"INC-{size}{n:04}"))) for n in range(size)
        ]
        assert all(event.type == IncidentReported.TYPE for event in events)
        counts.append(await asked(notifier, events))
    routes = [
        replace(notifier.event("router", f"storm-200-{n}", routed("C", notifier.time.now())), after={"intake": 1})
        for n in range(200)
    ]
    counts.append(await asked(notifier, routes))
    assert counts[0] == counts[1]
    assert counts[2] <= counts[1] + 1
    assert await notifier.one("select count(*) from page") == 0
    assert await notifier.one("select count(*) from incident") == 202


async def asked(notifier: Desk, events: list[Any]) -> int:
    async with statements(notifier.ground.engine) as sent:
        await notifier.running.ear.hear(events)
    assert sent
    return len(sent)


async def test_what_the_notifier_itself_could_not_handle_asks_for_a_human(notifier: Desk) -> None:
    fact = notifier.event("router", INC, routed("1", notifier.time.now()))
    await notifier.running.ear.hear([replace(fact, payload='{"number": "not this"}')])
    assert await notifier.one("select count(*) from dead_letter") == 1
    await notifier.rests()
    assert await notifier.received() == [("dan", "email")]
    await notifier.passes(minutes=1)
    assert await notifier.one("select count(*) from page") == 1


async def test_what_is_held_again_after_it_was_passed_over_asks_for_a_human_again(notifier: Desk) -> None:
    fact = notifier.event("router", INC, routed("1", notifier.time.now()))
    await notifier.running.ear.hear([replace(fact, payload='{"number": "not this"}')])
    await notifier.rests()
    page = await notifier.one("select id::text from page")
    await notifier.post(f"/v1/pages/{page}/acknowledgement", {"by": "dan"})
    await notifier.passes(minutes=1)
    assert await notifier.received() == [("dan", "email")]
    letter = await notifier.one("select id from dead_letter")
    assert await notifier.running.replay(letter, discard=True) == 0
    again = notifier.event("router", INC, routed("1", notifier.time.now()))
    await notifier.running.ear.hear([replace(again, payload='{"number": "nor this"}')])
    await notifier.rests()
    assert await notifier.one("select count(distinct cause) from page where cause like 'stuck:%'") == 2
    assert await notifier.received() == [("dan", "email"), ("dan", "email")]


async def dies_before_recording(dying: Desk) -> None:
    """It sends, and then its database is gone for it, and it with it."""
    good = dying.ground.transactions
    calls = 0

    class Gone(Transactions):
        def __call__(self, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > 1:
                raise ConnectionError("killed")
            return good(**options)

    dying.sender.ground.transactions = Gone(good.engine, good.time)
    with pytest.raises(ConnectionError):
        await dying.sender.step(Lane.URGENT)
    dying.sender.finished = {lane: [] for lane in Lane}
    dying.sender.ground.transactions = good
