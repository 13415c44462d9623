"""Executives are paged on request, on the side that is named."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from events.incidents import ExecutivesRequested
from tests.harness.notifier import Desk, desk, person, rotation

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


CONTRACT = {
    "number": "WO-1001", "customer": "Steppe Telecom", "term": {"from": "2026-01-01", "to": "2026-12-31"},
    "services": ["base"],
    "locations": [{"id": "almaty", "role": "host", "country": "KZ", "time_zone": "Asia/Almaty"}],
    "contacts": [{"id": "boss", "name": "The Boss", "roles": ["executive"], "email": "boss@example.kz"}],
}  # fmt: skip
