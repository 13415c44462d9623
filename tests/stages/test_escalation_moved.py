"""Corrected to another customer's contract: its promises are those of now, and none that were made to another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from backbone.web.keys import hash_of
from events.assignments import ContractVersion, IncidentRouted
from events.incidents import CustomerReplied, IncidentCorrected, IncidentResponded, QuestionAsked
from tests.harness.escalation import Watch, report, watch

STEPPE, VOLGA = "crk_steppe", "crk_volga"


@pytest_asyncio.fixture
async def desk(database: str) -> AsyncIterator[Watch]:
    async with watch(database) as found:
        await found.stores("contract", "WO-1", found.work_order)
        await found.stores("contract", "WO-2", {**found.work_order, "number": "WO-2", "customer": "Volga"})
        for id_, key, number in (("k1", STEPPE, "WO-1"), ("k2", VOLGA, "WO-2")):
            body = {"name": id_, "scopes": ["view"], "contracts": [number], "hash": hash_of(key)}
            await found.stores("key", id_, body)
        await found.rests()
        yield found


async def _corrected(desk: Watch, contract: str | None, left: str | None = "WO-1") -> None:
    what = desk.reports["a"] = report(contract=contract)
    await desk.says("intake", "a", IncidentCorrected("bo", {"contract": contract}, what, "theirs", left))


def _decided(desk: Watch, contract: str, **given: Any) -> IncidentRouted:
    routed = desk.routed("a", cause="incident.corrected", **given)
    return replace(routed, inputs=replace(routed.inputs, contract=ContractVersion(contract, 1, "?")))


async def _shown(desk: Watch, key: str, path: str = "/v1/clocks") -> list[str]:
    return [f"{one.get('name') or one['about']} {one['state']}" for one in (await desk.get(path, key=key))["items"]]


async def test_who_has_it_now_is_shown_what_is_owed_now_and_nothing_that_was_over_by_then(desk: Watch) -> None:
    await desk.happens("a")
    await desk.says("intake", "a", IncidentResponded("eng", "we look"))
    await desk.says("intake", "a", QuestionAsked("eng", "may we?", "resources"))
    await desk.rests()
    await desk.passes(minutes=61)
    await desk.says("intake", "a", CustomerReplied("Erlan", "yes"))
    await _corrected(desk, "WO-2")
    await desk.rests()
    assert (await _shown(desk, VOLGA), await _shown(desk, STEPPE)) == ([], [])
    await desk.says("router", "a", _decided(desk, "WO-2"))
    await desk.rests()
    assert await _shown(desk, VOLGA) == ["crisis_manager breached", "status_update running"]
    assert (await _shown(desk, VOLGA, "/v1/proposals"), await _shown(desk, STEPPE, "/v1/proposals")) == ([], [])
    assert len((await desk.get("/v1/proposals"))["items"]) == 1
    assert len(await desk.clocks()) > 3


async def test_what_goes_on_is_said_to_run_since_who_has_it_now_was_not_told_of_its_start(desk: Watch) -> None:
    await desk.happens("a")
    await _corrected(desk, "WO-2")
    await desk.says("router", "a", _decided(desk, "WO-2"))
    await desk.said()
    await desk.rests()
    said = {data["clock"]["name"]: (type_, data["clock"]["under"]) for type_, data in await desk.said()}
    assert said == dict.fromkeys(("crisis_manager", "first_response", "status_update"), ("clock.kept", None))
    await desk.says("intake", "a", IncidentResponded("eng", "we look"))
    await desk.rests()
    assert "first_response met" in await _shown(desk, VOLGA)


async def test_what_a_correction_ends_was_promised_to_another(desk: Watch) -> None:
    await desk.happens("a")
    await _corrected(desk, "WO-2")
    await desk.says("router", "a", _decided(desk, "WO-2", severity="B"))
    await desk.said()
    await desk.rests()
    ended = {data["clock"]["name"]: data["clock"]["under"] for _, data in await desk.said("clock.superseded")}
    assert ended == {"first_response": "WO-1", "crisis_manager": "WO-1", "status_update": "WO-1"}
    assert await _shown(desk, VOLGA) == ["first_response running"]


@pytest.mark.parametrize("contract", ["WO-2", None])
async def test_a_decision_from_before_the_correction_gives_it_back_to_nobody(desk: Watch, contract: str | None) -> None:
    await desk.says("intake", "a", desk.reported("a", report()))
    await _corrected(desk, contract)
    await desk.says("router", "a", _decided(desk, "WO-1"))
    await desk.rests()
    assert (await _shown(desk, VOLGA), await _shown(desk, STEPPE)) == ([], [])
    assert len(await desk.clocks()) == 3


async def test_what_nobody_was_promised_before_is_shown(desk: Watch) -> None:
    """Of a version from before contracts were left so, or of an incident that nobody had a contract for."""
    await desk.happens("a")
    await desk.says("intake", "a", IncidentResponded("eng", "we look"))
    await _corrected(desk, "WO-2", left=None)
    await desk.says("router", "a", _decided(desk, "WO-2"))
    await desk.rests()
    assert "first_response met" in await _shown(desk, VOLGA)
