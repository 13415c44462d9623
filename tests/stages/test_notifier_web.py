"""What the notifier shows and takes over HTTP: pages, the mailbox, the signed link, the providers' callbacks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

import httpx2
import pytest

from backbone.web.keys import new_key
from notifier.acknowledgement.token import make
from notifier.channels import Attempt, Outcome, Sent
from notifier.messages import Message
from tests.harness.notifier import Desk, desk, person, rotation
from tests.harness.twilio import ACCOUNT, TOKEN, sign

INC = "0198-a"
CALLBACK = "https://critsit.example.org/v1/callbacks/twilio"


@pytest.fixture
async def notifier(database: str) -> AsyncIterator[Desk]:
    settings = {"twilio_account": ACCOUNT, "twilio_token": TOKEN, "twilio_sms_from": "+15005550006"}
    async with desk(database, **settings) as made:
        people = made.sender.dispatch.people
        people.channels = MappingProxyType({"mailbox": people.channels["mailbox"]})
        await made.knows("person", person("ana", "crisis-manager"))
        await made.knows("person", person("dan", "duty-manager"))
        await made.knows("rotation", rotation("duty-manager", "dan"))
        await made.reports(INC)
        await made.assigns(INC, "ana")
        await made.rests()
        yield made


async def link(notifier: Desk) -> str:
    text = (await notifier.mailbox())[0]["text"]
    found = re.search(r"https://critsit\.example\.org(/ack/\S+)", text)
    assert found is not None
    return found[1]


async def without_key(notifier: Desk, method: str, path: str, **more: object) -> httpx2.Response:
    return await notifier.web.request(method, path, headers={"Authorization": ""}, **more)  # type: ignore[arg-type]


async def test_only_a_post_to_the_link_acknowledges(notifier: Desk) -> None:
    path = await link(notifier)
    for method in ("GET", "HEAD", "GET", "OPTIONS"):
        shown = await without_key(notifier, method, path)
        assert shown.status_code in (200, 204)
        assert (await notifier.page("ana"))["state"] == "delivered"
    shown = await without_key(notifier, "GET", path)
    assert "INC-000042" in shown.text
    assert "Steppe Telecom: All VMs down" in shown.text
    assert '<form method="post">' in shown.text
    pressed = await without_key(notifier, "POST", path)
    assert pressed.status_code == 200
    assert "Acknowledged by ana" in pressed.text
    assert (await notifier.page("ana"))["acknowledged_by"] == "ana"
    again = await without_key(notifier, "POST", path)
    assert again.status_code == 200
    assert "acknowledged" in (await without_key(notifier, "GET", path)).text


async def test_the_link_can_decline_too(notifier: Desk) -> None:
    path = await link(notifier)
    pressed = await without_key(notifier, "POST", path, content="do=decline")
    assert pressed.status_code == 200
    assert (await notifier.page("ana"))["ended"] == "declined by ana: declined by the link"
    assert (await without_key(notifier, "GET", path)).status_code == 410
    assert (await without_key(notifier, "POST", path)).status_code == 409


@pytest.mark.parametrize("token", ["", "x", "a" * 48, "%00", "é", "a" * 5_000])
async def test_a_garbled_link_is_told_so(notifier: Desk, token: str) -> None:
    for method in ("GET", "POST"):
        assert (await without_key(notifier, method, f"/ack/{token}")).status_code == 404


async def test_a_forged_link_is_no_link(notifier: Desk) -> None:
    page = await notifier.page("ana")
    path = await link(notifier)
    forged = make(b"guessed" * 5, UUID(page["id"]), notifier.time.now())
    for other in (
        f"/ack/{forged}",
        path[:-2] + ("AA" if path[-2:] != "AA" else "BB"),
        path + "A",
        path.rstrip("=")[:-1],
    ):
        answer = await without_key(notifier, "POST", other)
        assert answer.status_code == 404, other
        assert "no link of ours" in answer.text
    assert (await notifier.page("ana"))["state"] == "delivered"


async def test_an_old_link_has_expired(notifier: Desk) -> None:
    path = await link(notifier)
    notifier.time.passes(days=14, minutes=2)
    for method in ("GET", "POST"):
        answer = await without_key(notifier, method, path)
        assert answer.status_code == 410
        assert "expired" in answer.text


async def test_what_a_customer_typed_is_escaped(notifier: Desk) -> None:
    from tests.harness.notifier import reported

    await notifier.tells("intake", "inc-x", reported("INC-000043", "<script>alert(1)</script> & co"))
    await notifier.assigns("inc-x", "ana")
    await notifier.rests()
    shown = await without_key(notifier, "GET", await link(notifier))
    assert "<script>" not in shown.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]


async def test_the_mailbox_is_newest_first_and_narrowed(notifier: Desk) -> None:
    await notifier.passes(minutes=1)
    await notifier.escalates(INC)
    await notifier.rests()
    everything = await notifier.mailbox()
    assert [(m["to"], m["channel"]) for m in everything] == [("dan", "email"), ("ana", "sms"), ("ana", "email")]
    assert set(everything[0]) == {"id", "at", "incident", "page", "to", "channel", "subject", "text"}
    assert [m["to"] for m in await notifier.mailbox(to="dan")] == ["dan"]
    assert len(await notifier.mailbox(incident="INC-000042")) == 3
    assert len(await notifier.mailbox(incident=INC)) == 3
    assert await notifier.mailbox(incident="INC-999999") == []
    first = await notifier.get("/v1/mailbox", limit="2")
    second = await notifier.get("/v1/mailbox", limit="2", cursor=first["next"])
    assert first["items"] + second["items"] == everything
    assert second["next"] is None


async def test_pages_are_listed_by_incident_and_state(notifier: Desk) -> None:
    (page,) = await notifier.pages(incident="INC-000042")
    assert page["for"] == "crisis-manager"
    assert page["side"] == "provider"
    assert page["attempts"][0]["address"] == "a…@example.org"
    assert await notifier.pages(state="acknowledged") == []
    assert await notifier.pages(state="delivered") == [page]
    assert (await notifier.get(f"/v1/pages/{page['id']}")) == page
    assert (await notifier.web.get("/v1/pages?state=nonsense")).status_code == 422
    assert (await notifier.web.get("/v1/pages?cursor=nonsense")).status_code == 422
    assert (await notifier.web.get("/v1/pages/nonsense")).status_code == 404


async def test_a_key_bound_to_other_contracts_sees_nothing(notifier: Desk) -> None:
    page = await notifier.page("ana")
    key, hashed = new_key()
    body = {"name": "another", "scopes": ["view", "work"], "contracts": ["WO-9999"], "hash": hashed}
    await notifier.knows("key", body, "k1")
    headers = {"Authorization": f"Bearer {key}"}
    assert (await notifier.web.get("/v1/pages", headers=headers)).json()["items"] == []
    assert (await notifier.web.get("/v1/mailbox", headers=headers)).status_code == 404
    assert (await notifier.web.get(f"/v1/pages/{page['id']}", headers=headers)).status_code == 404
    answer = await notifier.post(f"/v1/pages/{page['id']}/acknowledgement", {"by": "x"}, **headers)
    assert answer.status_code == 404


async def test_bad_bodies_are_problems(notifier: Desk) -> None:
    page = await notifier.page("ana")
    path = f"/v1/pages/{page['id']}/acknowledgement"
    for body in ({}, {"by": 1}, {"by": "x\x00"}, {"by": "x", "more": 1}, []):
        answer = await notifier.post(path, body)
        assert answer.status_code == 422, body
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await without_key(notifier, "POST", path, json={"by": "ana"})).status_code == 401
    unknown = "/v1/pages/00000000-0000-7000-8000-000000000000/decline"
    assert (await notifier.post(unknown, {"by": "ana", "reason": "ill"})).status_code == 404


async def test_a_signed_callback_says_what_became_of_a_message(notifier: Desk) -> None:
    attempt = await by_text_message(notifier)
    answer = await calls_back(notifier, attempt, {"MessageSid": "SM1", "MessageStatus": "delivered"})
    assert answer.status_code == 204
    page = await notifier.page("ana")
    assert (page["state"], page["attempts"][-1]["outcome"]) == ("delivered", "delivered")
    assert (await notifier.said())[-1][0] == "page.delivered"
    await calls_back(notifier, attempt, {"MessageSid": "SM1", "MessageStatus": "delivered"})
    assert await notifier.said() == []


async def test_a_message_that_did_not_arrive_is_followed_by_the_next_channel_at_once(notifier: Desk) -> None:
    attempt = await by_text_message(notifier)
    form = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "3000\x003"}
    await calls_back(notifier, attempt, form)
    await notifier.rests()
    page = await notifier.page("ana")
    assert [(a["channel"], a["outcome"]) for a in page["attempts"]] == [("sms", "failed"), ("mailbox", "delivered")]
    assert page["attempts"][0]["detail"] == "undelivered (code 3000 3)"


async def test_a_message_that_did_not_arrive_reached_nobody(notifier: Desk) -> None:
    """It is tried again, as where the provider had refused it at once; what is said twice or of before changes nothing."""
    first = attempt = await by_text_message(notifier, mailbox=False)
    start = notifier.time.now()
    for tried in (1, 2, 3):
        for of, sid in ((attempt, f"SM{tried}"), (attempt, f"SM{tried}"), (first, "SM1")):
            await calls_back(notifier, of, {"MessageSid": sid, "MessageStatus": "undelivered"})
        await notifier.rests()
        assert (await notifier.page("ana"))["state"] == ("waiting" if tried < 3 else "exhausted")
        await notifier.passes(seconds=15 * tried)
        attempt = str((await notifier.page("ana"))["attempts"][-1]["id"])
    tries = [datetime.fromisoformat(one["at"]) for one in (await notifier.page("ana"))["attempts"]]
    assert [(at - start).seconds for at in tries] == [0, 15, 45]


async def test_a_message_that_did_not_arrive_hastens_nothing_where_another_has_left_since(notifier: Desk) -> None:
    attempt = await by_text_message(notifier)
    await notifier.passes(seconds=60)
    before = await notifier.page("ana")
    await calls_back(notifier, attempt, {"MessageSid": "SM1", "MessageStatus": "undelivered"})
    page = await notifier.page("ana")
    assert (page["state"], page["next_at"], page["attempts"][0]["outcome"]) == (
        "delivered",
        before["next_at"],
        "failed",
    )


async def test_a_message_that_did_not_arrive_changes_nothing_for_who_has_it(notifier: Desk) -> None:
    attempt = await by_text_message(notifier)
    await notifier.acknowledges("ana")
    await calls_back(notifier, attempt, {"MessageSid": "SM1", "MessageStatus": "undelivered"})
    await notifier.passes(minutes=2)
    page = await notifier.page("ana")
    assert (page["state"], [one["outcome"] for one in page["attempts"]]) == ("acknowledged", ["failed"])


async def test_pressing_1_on_a_call_acknowledges(notifier: Desk) -> None:
    attempt = await by_text_message(notifier)
    answer = await calls_back(notifier, attempt, {"CallSid": "SM1", "CallStatus": "in-progress", "Digits": "1"})
    assert answer.status_code == 200
    assert "<Say>" in answer.text
    assert (await notifier.page("ana"))["acknowledged_by"] == "ana"


async def test_a_callback_without_the_right_signature_is_not_believed(notifier: Desk) -> None:
    attempt = await by_text_message(notifier)
    form = {"CallSid": "SM1", "Digits": "1"}
    for signature in ("", "nonsense", "é", sign(f"{CALLBACK}?attempt={attempt}", form, "another")):
        answer = await calls_back(notifier, attempt, form, signature)
        assert answer.status_code == 403
    assert (await notifier.page("ana"))["state"] == "sent"


class Texts:
    """Takes everything, and leaves the rest to the provider."""

    taken = 0

    async def send(self, message: Message, address: str, attempt: Attempt) -> Outcome:
        self.taken += 1
        return Sent(f"SM{self.taken}")

    async def close(self) -> None:
        """Nothing is open."""


async def by_text_message(notifier: Desk, *, mailbox: bool = True) -> str:
    people = notifier.sender.dispatch.people
    people.channels = MappingProxyType({**people.channels, "sms": Texts()})
    contacts = [{"channel": "sms", "address": "+351910000009"}, {"channel": "mailbox", "address": "ana"}]
    await notifier.knows("person", person("ana", "crisis-manager") | {"contacts": contacts[: 1 + mailbox]})
    await notifier.reports("inc-b", number="INC-000077")
    await notifier.assigns("inc-b", "ana")
    await notifier.rests()
    await notifier.said()
    return str((await notifier.page("ana"))["attempts"][-1]["id"])


async def calls_back(
    notifier: Desk, attempt: str, form: dict[str, str], signature: str | None = None
) -> httpx2.Response:
    signed = sign(f"{CALLBACK}?attempt={attempt}", form) if signature is None else signature
    headers = {"X-Twilio-Signature": signed.encode(), "Authorization": ""}
    return await notifier.web.post(f"/v1/callbacks/twilio?attempt={attempt}", data=form, headers=headers)  # type: ignore[arg-type]


async def test_links_are_good_for_two_weeks() -> None:
    from notifier.acknowledgement.token import GOOD_FOR

    assert timedelta(days=14) == GOOD_FOR
