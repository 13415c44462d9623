"""Corrected to another customer's contract: pages to the old one's people stay theirs, and tell nothing of the new one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from backbone.web.keys import new_key
from events.assignments import ContractVersion
from events.incidents import ExecutivesRequested, IncidentCorrected
from tests.harness.notifier import Desk, desk, person, reported, rotation, routed

INC = "0198-a"
_LOCATIONS = [{"id": "almaty", "role": "host", "country": "KZ", "time_zone": "Asia/Almaty"}]
_VOLGA = ContractVersion("WO-2", 1, "Volga")


def _order(number: str, customer: str, executive: str) -> dict[str, Any]:
    contact = {"id": executive, "name": executive.title(), "roles": ["executive"], "email": f"{executive}@example.kz"}
    return {
        "number": number, "customer": customer, "term": {"from": "2026-01-01", "to": "2026-12-31"}, "services": ["base"],
        "locations": _LOCATIONS, "contacts": [contact],
    }  # fmt: skip


@pytest.fixture
async def notifier(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as made:
        await made.knows("person", person("dan", "duty-manager"))
        await made.knows("rotation", rotation("duty-manager", "dan"))
        await made.knows("contract", _order("WO-1001", "Steppe Telecom", "erlan"))
        await made.knows("contract", _order("WO-2", "Volga", "boris"))
        await made.reports(INC)
        yield made


async def _pages(notifier: Desk, *contracts: str) -> list[str]:
    """To whom pages are that a key of these contracts sees, in the list and one by one."""
    key, hashed = new_key()
    body = {"name": "portal", "scopes": ["view"], "contracts": list(contracts), "hash": hashed}
    await notifier.knows("key", body, hashed[:12])
    headers = {"Authorization": f"Bearer {key}"}
    listed = (await notifier.web.get("/v1/pages", headers=headers)).json()["items"]
    every = (await notifier.web.get("/v1/pages")).json()["items"]
    single = [(await notifier.web.get(f"/v1/pages/{page['id']}", headers=headers)).status_code for page in every]
    assert single.count(200) == len(listed)
    return [page["to"] for page in listed]


async def _executives(notifier: Desk) -> None:
    await notifier.tells("intake", INC, ExecutivesRequested("ana", "customer", "we need a decision"))
    await notifier.rests()


async def _moves(notifier: Desk, contract: str | None, left: str = "WO-1001") -> None:
    report = replace(reported().report, contract=contract, title="Volga's boats")
    await notifier.tells("intake", INC, IncidentCorrected("eng", {"contract": contract}, report, "theirs", left))
    await notifier.rests()


async def test_the_pages_to_the_old_customers_people_are_not_shown_to_the_new_one(notifier: Desk) -> None:
    await _executives(notifier)
    assert await _pages(notifier, "WO-1001") == ["erlan"]
    await _moves(notifier, "WO-2")
    await _executives(notifier)
    assert await _pages(notifier, "WO-2") == ["boris"]
    assert await _pages(notifier, "WO-1001") == []
    assert await _pages(notifier, "WO-1001", "WO-2") == ["boris", "erlan"]
    await _moves(notifier, "WO-1001", left="WO-2")
    assert await _pages(notifier, "WO-1001") == ["erlan"]


@pytest.mark.parametrize("contract", ["WO-2", None])
async def test_a_decision_from_before_the_correction_does_not_give_it_back(
    notifier: Desk, contract: str | None
) -> None:
    await _executives(notifier)
    await _moves(notifier, contract)
    await notifier.tells("router", INC, routed("1", notifier.time.now()))
    await notifier.rests()
    assert await _pages(notifier, "WO-1001") == []


@pytest.mark.parametrize("acknowledged", [True, False])
async def test_the_link_in_a_page_to_the_old_customer_tells_nothing_of_the_new_one(
    notifier: Desk, acknowledged: bool
) -> None:
    await _executives(notifier)
    found = re.search(r"https://critsit\.example\.org(/ack/\S+)", (await notifier.mailbox(to="erlan"))[0]["text"])
    assert found is not None
    if acknowledged:
        await notifier.acknowledges("erlan")
    await _moves(notifier, "WO-2")
    fact = routed("1", notifier.time.now(), 2)
    await notifier.tells("router", INC, replace(fact, inputs=replace(fact.inputs, contract=_VOLGA)))
    for method in ("GET", "POST"):
        told = await notifier.web.request(method, found[1])
        assert "INC-000042" in told.text or method == "POST"
        assert "Volga" not in told.text
