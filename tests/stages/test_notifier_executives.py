"""Executives are paged on request, on the side that is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from backbone.web.keys import new_key
from events.incidents import ExecutivesRequested, IncidentCorrected
from tests.harness.notifier import Desk, desk, person, reported, rotation
from tests.harness.notifier_phone import BY_TEXT, Phone, with_phone

INC = "0198-a"


@pytest.fixture
async def notifier(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as made:
        for id_, role in (
            ("ana", "crisis-manager"),
            ("bo", "crisis-manager"),
            ("eve", "engineer"),
            ("fay", "engineer"),
        ):
            await made.knows("person", person(id_, role))
        await made.knows("person", person("dora", "duty-manager"))
        await made.knows("person", person("dan", "duty-manager"))
        await made.knows("rotation", rotation("duty-manager", "dora", "dan"))
        await made.knows("person", person("ceo", "executive", contacts=1))
        await made.reports(INC)
        yield made


async def test_the_providers_executives_are_paged_on_request(notifier: Desk) -> None:
    """BASE-EXEC-PROVIDER"""
    await notifier.tells("intake", INC, ExecutivesRequested("ana", "provider", "the customer's CEO called"))
    await notifier.rests()
    page = await notifier.page("ceo")
    assert (page["for"], page["side"]) == ("executive", "provider")
    assert await notifier.received() == [("ceo", "email")]


async def test_where_the_customer_names_no_executive_the_duty_manager_is_told(notifier: Desk) -> None:
    """BASE-EXEC-CUSTOMER"""
    await notifier.tells("intake", INC, ExecutivesRequested("ana", "customer", "we need a decision"))
    await notifier.rests()
    assert await notifier.received() == [("dan", "email")]
    assert "named no executives" in (await notifier.mailbox())[0]["text"]


async def test_the_customers_executives_are_those_of_the_work_order(notifier: Desk) -> None:
    """BASE-EXEC-CUSTOMER"""
    await notifier.knows("contract", CONTRACT)
    await notifier.tells("intake", INC, ExecutivesRequested("ana", "customer", "we need a decision"))
    await notifier.rests()
    page = await notifier.page("boss")
    assert (page["for"], page["side"], page["to"]) == ("executive", "customer", "boss")
    message = (await notifier.mailbox(to="boss"))[0]
    assert "first response due 19:35" in message["subject"]
    assert message["channel"] == "email"


@pytest.mark.parametrize(("side", "who"), [("provider", "Ceo"), ("customer", "The Boss")])
async def test_that_nothing_reaches_an_executive_is_told_to_the_duty_manager(
    notifier: Desk, side: str, who: str
) -> None:
    """BASE-EXEC-PROVIDER, BASE-EXEC-CUSTOMER: whoever asked for the notice believes that it was given."""
    await notifier.knows("contract", CONTRACT)
    phone = Phone()
    phone.free.set()
    with_phone(notifier, phone)  # from here on mail leads nowhere
    await notifier.knows("person", person("dan", "duty-manager") | BY_TEXT)
    await notifier.tells("intake", INC, ExecutivesRequested("ana", side, "we need a decision"))
    await notifier.rests()
    assert [attempt.to for attempt in phone.got] == ["dan"]
    assert (await notifier.page("dan"))["reason"].startswith(f"nothing reached {who}: ana asks for notice")


async def test_a_customers_key_sees_the_pages_of_the_customers_people_and_nothing_of_ours(notifier: Desk) -> None:
    await notifier.knows("contract", CONTRACT)
    await notifier.assigns(INC, "ana")
    await notifier.tells("intake", INC, ExecutivesRequested("ana", "customer", "we need a decision"))
    await notifier.rests()
    ours, theirs = await notifier.page("ana"), await notifier.page("boss")
    key, hashed = new_key()
    body = {"name": "customer", "scopes": ["view", "work"], "contracts": ["WO-1001"], "hash": hashed}
    await notifier.knows("key", body, "k1")
    headers = {"Authorization": f"Bearer {key}"}
    assert (await notifier.web.get("/v1/mailbox", headers=headers)).status_code == 404
    assert (await notifier.web.get(f"/v1/pages/{ours['id']}", headers=headers)).status_code == 404
    refused = await notifier.post(f"/v1/pages/{ours['id']}/acknowledgement", {"by": "boss"}, **headers)
    assert refused.status_code == 404
    listed = await notifier.web.get(f"/v1/pages?incident={INC}", headers=headers)
    (shown,) = listed.json()["items"]
    assert shown == {name: value for name, value in theirs.items() if name not in ("reason", "ended")}
    assert "ana" not in listed.text
    await notifier.post(f"/v1/pages/{theirs['id']}/acknowledgement", {"by": "ana"})
    one = await notifier.web.get(f"/v1/pages/{theirs['id']}", headers=headers)
    assert (one.json()["state"], one.json()["acknowledged_by"]) == ("acknowledged", None)
    over = await notifier.post(f"/v1/pages/{theirs['id']}/decline", {"by": "boss", "reason": "no"}, **headers)
    assert (over.status_code, "ana" in over.text) == (409, False)


async def test_under_another_contract_its_people_are_not_paged_in_place_of_those_who_were(
    notifier: Desk,
) -> None:
    boss = CONTRACT["contacts"][0] | {"email": "boss@steppe.example", "phone": "+77010000001"}
    await notifier.knows("contract", CONTRACT | {"contacts": [boss]})
    theirs = boss | {"name": "Another", "email": "boss@other.example", "phone": "+77010000002"}
    await notifier.knows("contract", CONTRACT | {"number": "WO-2", "customer": "Other", "contacts": [theirs]})
    await notifier.tells("intake", INC, ExecutivesRequested("ana", "customer", "we need a decision"))
    await notifier.passes(seconds=30)
    report = replace(reported().report, contract="WO-2")
    await notifier.tells("intake", INC, IncidentCorrected("ana", {"contract": "WO-2"}, report, "it is theirs"))
    await notifier.passes(minutes=5)
    page = await notifier.page("boss")
    assert (page["state"], page["ended"]) == ("cancelled", "the incident is under another contract")
    assert [attempt["address"] for attempt in page["attempts"]] == ["b…@steppe.example"]


CONTRACT: dict[str, Any] = {
    "number": "WO-1001", "customer": "Steppe Telecom", "term": {"from": "2026-01-01", "to": "2026-12-31"},
    "services": ["base"],
    "locations": [{"id": "almaty", "role": "host", "country": "KZ", "time_zone": "Asia/Almaty"}],
    "contacts": [{"id": "boss", "name": "The Boss", "roles": ["executive"], "email": "boss@example.kz"}],
}  # fmt: skip
