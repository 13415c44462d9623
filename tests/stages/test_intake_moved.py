"""Corrected to another customer's contract: what was said under the old one is not for who has it now, whenever it is heard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from events.escalations import Clock, ClockKept, ClockMet, ClockStarted, DowngradeProposed
from events.notifications import Page, PageRequested
from tests.harness.intake import Counterpart, intake
from tests.harness.listening import listening, shows
from tests.harness.work_orders import work_order

CEO = Page("p-1", "executive", "customer", "ceo", "Erlan", 1, "")


@asynccontextmanager
async def two_customers(database: str) -> AsyncIterator[tuple[Counterpart, httpx2.AsyncClient, httpx2.AsyncClient]]:
    """An intake, and the keys of Steppe (WO-1) and Volga (WO-2)."""
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        await desk.knows("contract", "WO-2", work_order(number="WO-2", customer="Volga"))
        scopes = ("view", "work", "report")
        async with (
            desk.with_key(*scopes, contracts=["WO-1"]) as steppe,
            desk.with_key(*scopes, contracts=["WO-2"]) as volga,
        ):
            yield desk, steppe, volga


async def _moves(desk: Counterpart, id_: str, contract: str | None) -> None:
    body = {"by": "eng", "changes": {"contract": contract}, "reason": "it was another's"}
    answer = await desk.act(id_, "corrections", body)
    assert answer.status_code == 200, answer.text


async def _facts(web: httpx2.AsyncClient, id_: str) -> list[dict[str, Any]]:
    answer = await web.get(f"/v1/incidents/{id_}/timeline")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def _types(web: httpx2.AsyncClient, id_: str) -> list[str]:
    return [fact["type"] for fact in await _facts(web, id_)]


async def _shown(web: httpx2.AsyncClient, id_: str) -> dict[str, Any]:
    found: dict[str, Any] = (await web.get(f"/v1/incidents/{id_}")).json()
    return found


def _clock(desk: Counterpart, id_: str, **more: Any) -> Clock:
    now = desk.time.now()
    return Clock(id_, "status_update", "provider", now, now + timedelta(hours=1), now, "PT1H", "24x7", "BASE-A", **more)


async def test_the_stream_tells_who_has_it_now_what_was_said_since_live_and_resumed(database: str) -> None:
    async with two_customers(database) as (desk, _, volga):
        id_ = await desk.has()
        await desk.act(id_, "responses", {"by": "eng", "message": "Steppe's word"})
        key = volga.headers["authorization"].removeprefix("Bearer ")
        for last in (None, 0):
            async with listening(desk, key=key, last=last) as listener:
                if last is None:
                    await _moves(desk, id_, "WO-2")
                    await desk.act(id_, "updates", {"by": "eng", "status": "we go on"})
                    await shows(desk)
                (_, first, told), (_, second, _) = await listener.some(2)
            assert (first, second) == ("incident.corrected", "incident.updated")
            assert told["summary"] == "eng corrected what was reported."
            assert not {"reason", "left"} & told["data"].keys()


async def test_until_it_is_decided_anew_nothing_is_shown_of_what_was_owed_to_another(database: str) -> None:
    async with two_customers(database) as (desk, steppe, volga):
        id_ = await desk.has(impact="critical_degraded")
        await desk.starts_clocks(id_, await desk.routed(id_))
        await desk.tells("escalation", id_, DowngradeProposed("severity", "B", "Erlan did not answer", "c-1"))
        await _moves(desk, id_, "WO-2")
        shown = await _shown(volga, id_)
        assert (shown["contract"], shown["customer"], shown["severity"], shown["service"]) == ("WO-2", None, None, None)
        assert (shown["flags"], shown["because"], shown["clocks"], shown["proposal"]) == ([], [], [], None)
        told = (await volga.get(f"/v1/incidents/{id_}/explanation")).json()
        assert (told["decisions"], told["clocks"]) == ([], [])
        assert (await desk.record(id_))["severity"] == "A"
        assert (await desk.record(id_))["proposal"]["to"] == "B"
        assert (await steppe.get(f"/v1/incidents/{id_}")).status_code == 404
        await desk.tells("router", id_, replace(await desk.routed(id_, cause="incident.corrected"), number=2))
        assert (await _shown(volga, id_))["customer"] == "Volga"


async def test_what_a_stage_said_before_it_had_heard_of_the_correction_is_still_the_old_ones(database: str) -> None:
    async with two_customers(database) as (desk, steppe, volga):
        id_ = await desk.reports()
        decided = await desk.routed(id_)
        late = [
            ("router", decided), ("notifier", PageRequested(CEO)), ("escalation", ClockStarted(_clock(desk, "c-1"), "")),
            ("escalation", ClockMet(_clock(desk, "c-1"), desk.time.now(), "Erlan")),
        ]  # fmt: skip
        await _moves(desk, id_, "WO-2")
        await desk.hears([replace(desk.event(stage, id_, fact), after={"intake": 1}) for stage, fact in late])
        shown = await _shown(volga, id_)
        assert (shown["contract"], shown["customer"], shown["pages"], shown["clocks"]) == ("WO-2", None, [], [])
        assert await _types(volga, id_) == ["incident.corrected"]
        assert (await volga.get("/v1/attainment")).json()["items"] == []
        assert (await steppe.get(f"/v1/incidents/{id_}")).status_code == 404
        assert [page["to"] for page in (await desk.record(id_))["pages"]] == ["ceo"]
        fresh = replace(desk.event("escalation", id_, ClockStarted(_clock(desk, "c-2"), "")), after={"intake": 2})
        await desk.hears([fresh])
        assert await _types(volga, id_) == ["incident.corrected", "clock.started"]


async def test_a_decision_that_was_made_as_the_correction_was_heard_names_no_other_customer(database: str) -> None:
    """The router heard both in one transaction: what it said of the first bears the whole of what it had heard."""
    async with two_customers(database) as (desk, _, volga):
        id_ = await desk.reports()
        decided = desk.event("router", id_, await desk.routed(id_))
        await _moves(desk, id_, "WO-2")
        await desk.hears([replace(decided, after={"intake": 2})])
        assert await _types(volga, id_) == ["incident.corrected"]


async def test_to_no_contract_and_a_decision_of_the_old_one_it_is_nobodys(database: str) -> None:
    async with two_customers(database) as (desk, steppe, _):
        id_ = await desk.reports()
        decided = desk.event("router", id_, await desk.routed(id_))
        await _moves(desk, id_, None)
        await desk.hears([replace(decided, after={"intake": 1})])
        await desk.tells("router", id_, replace(await desk.routed(id_, cause="incident.corrected"), number=2))
        assert (await steppe.get(f"/v1/incidents/{id_}")).status_code == 404
        assert ((await desk.record(id_))["contract"], (await desk.record(id_))["customer"]) == (None, None)


@pytest.mark.parametrize("contract", [None, "WO-unknown"])
async def test_what_was_said_under_no_contract_or_one_that_nobody_has_is_shown(
    database: str, contract: str | None
) -> None:
    async with two_customers(database) as (desk, _, volga):
        id_ = await desk.has(contract=contract)
        await desk.act(id_, "responses", {"by": "eng", "message": "we look"})
        await _moves(desk, id_, "WO-2")
        facts = await _facts(volga, id_)
        assert [fact["type"] for fact in facts] == [
            "incident.reported", "incident.routed", "incident.responded", "incident.corrected",
        ]  # fmt: skip
        assert facts[-1]["summary"] == "eng corrected what was reported. it was another's"


async def test_each_reads_what_was_said_while_it_was_theirs_or_nobodys(database: str) -> None:
    """Reviewed as Steppe's by mistake, then given to Volga, and back in the end."""
    async with two_customers(database) as (desk, steppe, volga):
        id_ = await desk.reports(contract=None)
        await _moves(desk, id_, "WO-1")
        await desk.act(id_, "updates", {"by": "eng", "status": "to Steppe"})
        await _moves(desk, id_, "WO-2")
        await desk.act(id_, "updates", {"by": "eng", "status": "to Volga"})
        assert [fact["summary"] for fact in await _facts(volga, id_)] == [
            "Reported: It is broken (critical_down).", "eng corrected what was reported.", "eng: to Volga",
        ]  # fmt: skip
        await _moves(desk, id_, "WO-1")
        assert [fact["summary"] for fact in await _facts(steppe, id_)] == [
            "Reported: It is broken (critical_down).", "eng corrected what was reported. it was another's", "eng: to Steppe",
            "eng corrected what was reported.",
        ]  # fmt: skip
        async with desk.with_key("view", contracts=["WO-1", "WO-2"]) as both:
            assert len(await _facts(both, id_)) == len(await desk.timeline(id_)) == 6


async def test_a_promise_that_was_settled_under_another_contract_is_no_attainment_of_this_one(database: str) -> None:
    async with two_customers(database) as (desk, _, volga):
        id_ = await desk.has()
        for clock in (_clock(desk, "c-1"), _clock(desk, "c-2")):
            await desk.tells("escalation", id_, ClockStarted(clock, ""))
        await desk.tells("escalation", id_, ClockMet(_clock(desk, "c-1"), desk.time.now(), "eng"))
        await _moves(desk, id_, "WO-2")
        goes_on = _clock(desk, "c-2")
        await desk.tells("escalation", id_, ClockKept(goes_on), ClockMet(goes_on, desk.time.now(), "eng"))
        (item,) = (await volga.get("/v1/attainment")).json()["items"]
        assert item["met"] == 1
        (clock,) = (await _shown(volga, id_))["clocks"]
        assert (clock["state"], "under" in clock) == ("met", False)
        assert (await desk.get("/v1/attainment"))["items"][0]["met"] == 2


async def test_a_record_from_before_contracts_were_left_so_shows_what_it_did_and_leaves_the_next_one(
    database: str,
) -> None:
    async with two_customers(database) as (desk, steppe, volga):
        id_ = await desk.has()
        await desk.tells("notifier", id_, PageRequested(CEO))
        await _moves(desk, id_, "WO-2")
        async with desk.ground.engine.begin() as connection:
            await connection.execute(text("update incident set view = view - 'left' #- '{pages,0,under}'"))
        assert (await _types(volga, id_))[0] == "incident.reported"
        await _moves(desk, id_, "WO-1")
        assert await _types(steppe, id_) == ["incident.corrected"]
        assert (await _shown(steppe, id_))["pages"] == []


async def test_what_a_customer_asked_for_before_the_route_ends_with_its_contract(database: str) -> None:
    async with two_customers(database) as (desk, _, volga):
        id_ = await desk.reports()
        await desk.act(id_, "management-requests", {"by": "Erlan", "reason": "Steppe's word"})
        await desk.act(id_, "effort", {"by": "eng", "minutes": 5})
        await _moves(desk, id_, "WO-2")
        await desk.tells("router", id_, replace(await desk.routed(id_, cause="incident.corrected"), number=2))
        assert "Erlan" not in (await volga.get(f"/v1/incidents/{id_}/timeline")).text
        facts = await desk.timeline(id_)
        refused = [(fact["by"], fact["data"]["request"]) for fact in facts if fact["type"] == "request.refused"]
        assert refused == [("Erlan", "management-requests")]
        assert "management.requested" not in {fact["type"] for fact in facts}
        assert (await desk.record(id_))["effort_minutes"] == 5
