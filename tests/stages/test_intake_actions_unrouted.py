"""What is asked for before the router has spoken: taken, told to nobody who would act on it, and settled with the route."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from backbone.log.sources import NotAnswered
from services.catalogue.parse import load
from services.instants import write_instant
from tests.harness.intake import START, Counterpart, intake
from tests.harness.wire import Wire
from tests.harness.work_orders import work_order

EVENT = {
    "id": "launch", "name": "Launch", "starts_at": "2026-02-03T00:00:00Z", "ends_at": "2026-02-06T00:00:00Z",
    "confirmed_at": "2025-11-01T00:00:00Z", "products": ["azure/*"], "form": "launch",
}  # fmt: skip

#: (path, body, the fact that it becomes where the terms provide for it, an impact that they don't, the rule that refuses)
WAITING: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("executive-notifications", {"by": "ana", "side": "provider", "reason": "they called"}, "executives.requested",
     "moderate", "BASE-EXEC-PROVIDER"),
    ("executive-notifications", {"by": "ana", "side": "customer", "reason": "decide"}, "executives.requested",
     "minimal", "BASE-EXEC-CUSTOMER"),
    ("onsite-consents", {"by": "Aigerim"}, "onsite.consented", "critical_degraded", "BASE-ONSITE"),
    ("crisis-manager", {"by": "ana", "person": "bo"}, "crisis_manager.requested", "moderate", "BASE-CM"),
]  # fmt: skip
IDS = ["provider's executives", "customer's executives", "on-site", "crisis manager"]


@pytest_asyncio.fixture
async def stage(database: str) -> AsyncIterator[Counterpart]:
    async with intake(database) as found:
        await found.knows("contract", "WO-1", work_order())
        yield found


@pytest.mark.parametrize(("path", "body", "fact", "refused_at", "rule"), WAITING, ids=IDS)
async def test_what_the_route_provides_for_is_said_when_it_is_there(
    stage: Counterpart, path: str, body: dict[str, Any], fact: str, refused_at: str, rule: str
) -> None:
    """BASE-EXEC-PROVIDER, BASE-EXEC-CUSTOMER, BASE-ONSITE, BASE-CM"""
    id_ = await stage.reports()
    await stage.said()
    answer = await stage.act(id_, path, body)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert [type_ for type_, _ in await stage.said()] == ["request.taken"]
    await stage.routes(id_)
    ((type_, payload),) = await stage.said()
    assert type_ == fact
    assert body.items() <= payload.items()
    types = [item["type"] for item in await stage.timeline(id_)]
    assert types == ["incident.reported", "request.taken", "incident.routed", fact]


@pytest.mark.parametrize(("path", "body", "fact", "refused_at", "rule"), WAITING, ids=IDS)
async def test_what_the_route_does_not_provide_for_is_refused_and_the_timeline_tells(
    stage: Counterpart, path: str, body: dict[str, Any], fact: str, refused_at: str, rule: str
) -> None:
    """BASE-EXEC-PROVIDER, BASE-EXEC-CUSTOMER, BASE-ONSITE, BASE-CM"""
    id_ = await stage.reports(impact=refused_at)
    assert (await stage.act(id_, path, body)).status_code == 200
    await stage.said()
    await stage.routes(id_)
    ((type_, payload),) = await stage.said()
    assert (type_, payload["request"], payload["rule"], payload["by"]) == ("request.refused", path, rule, body["by"])
    told = (await stage.timeline(id_))[-1]
    visibility = "customer" if path == "onsite-consents" else "internal"
    assert (told["type"], told["visibility"]) == ("request.refused", visibility)
    assert payload["reason"] in told["summary"]


async def test_the_customer_is_told_what_it_was_refused_itself_and_not_what_our_own_people_were(
    stage: Counterpart,
) -> None:
    id_ = await stage.reports(impact="moderate")
    await stage.act(id_, "executive-notifications", {"by": "ana", "side": "provider", "reason": "they may sue"})
    await stage.act(id_, "onsite-consents", {"by": "Aigerim"})
    await stage.routes(id_)
    requests = [payload["request"] for type_, payload in await stage.said() if type_ == "request.refused"]
    assert requests == ["executive-notifications", "onsite-consents"]
    async with stage.with_key("view", contracts=["WO-1"]) as theirs:
        told = (await theirs.get(f"/v1/incidents/{id_}/timeline")).json()["items"]
    assert [fact["data"]["request"] for fact in told if fact["type"] == "request.refused"] == ["onsite-consents"]


async def test_it_is_settled_once_and_a_later_decision_asks_for_nothing_again(stage: Counterpart) -> None:
    id_ = await stage.reports(impact="moderate")
    await stage.act(id_, "onsite-consents", {"by": "Aigerim"})
    await stage.routes(id_)
    await stage.said()
    await stage.routes(id_, cause="severity.assessed", severity="1")
    assert await stage.said() == []
    assert (await stage.act(id_, "onsite-consents", {"by": "Aigerim"})).status_code == 200


async def test_what_waits_is_settled_in_the_order_in_which_it_came(stage: Counterpart) -> None:
    """ADV: the effort before it counts, and the announcement comes with the one that reaches 80 %."""
    id_ = await stage.reports(impact="minimal", kind="advisory")
    for minutes in (200, 100, 80):
        answer = await stage.act(id_, "effort", {"by": "eve", "minutes": minutes})
        assert (answer.status_code, answer.json()["effort_minutes"]) == (200, 0)
    await stage.said()
    await stage.routes(id_)
    said = [(type_, payload.get("total", payload.get("rule"))) for type_, payload in await stage.said()]
    assert said == [("effort.recorded", 200), ("effort.recorded", 300), ("effort.announced", 300),
                    ("request.refused", "ADV")]  # fmt: skip
    assert (await stage.record(id_))["effort_minutes"] == 300


async def test_a_consent_counts_from_when_it_was_given_however_late_the_route_comes(stage: Counterpart) -> None:
    """BASE-ONSITE"""
    id_ = await stage.reports()
    await stage.act(id_, "onsite-consents", {"by": "Aigerim"})
    stage.time.passes(hours=1)
    await stage.said()
    await stage.routes(id_)
    ((_, payload),) = await stage.said()
    assert payload["asked_at"] == write_instant(START)


async def test_management_is_judged_by_the_hours_in_which_it_was_asked_for(stage: Counterpart) -> None:
    """RSM-BC: 17:29 in Almaty is open, and the route comes after hours."""
    stage.time.move_to(START + timedelta(hours=3, minutes=29))
    in_time, late = await stage.reports(impact="moderate"), await stage.reports(impact="moderate")
    body = {"by": "Aigerim", "reason": "how far is it?"}
    await stage.act(in_time, "management-requests", body)
    stage.time.passes(minutes=1)
    await stage.act(late, "management-requests", body)
    stage.time.passes(minutes=5)
    await stage.said()
    await stage.routes(in_time)
    await stage.routes(late)
    (granted, asked), (refused, why) = await stage.said()
    assert (granted, asked["asked_at"]) == ("management.requested", "2026-02-04T12:29:00Z")
    assert (refused, why["rule"]) == ("request.refused", "RSM-BC")
    assert "next from 2026-02-05T04:00:00Z" in why["reason"]


async def test_what_waits_on_an_incident_that_was_closed_meanwhile_is_refused(stage: Counterpart) -> None:
    """BASE-ONSITE"""
    id_ = await stage.reports()
    await stage.act(id_, "onsite-consents", {"by": "Aigerim"})
    await stage.act(id_, "closure", {"by": "eve", "note": "a false alarm"})
    await stage.said()
    await stage.routes(id_)
    ((type_, payload),) = await stage.said()
    assert (type_, payload["rule"]) == ("request.refused", "BASE-ONSITE")
    assert "The incident is closed" in payload["reason"]


@pytest.mark.parametrize(("form", "becomes"), [({"id": "launch"}, "rca.requested"), (None, "request.refused")])
async def test_a_root_cause_after_closing_waits_where_an_event_could_provide_for_it(
    stage: Counterpart, form: dict[str, str] | None, becomes: str
) -> None:
    """AEM-RCA, RCA"""
    await stage.knows("contract", "WO-1", work_order(services=["base", "event-management"], events=[EVENT]))
    id_ = await stage.reports(form=form)
    await stage.act(id_, "closure", {"by": "eve"})
    assert (await stage.act(id_, "rca-requests", {"by": "Aigerim", "reason": "our board"})).status_code == 200
    await stage.said()
    await stage.routes(id_)
    assert [type_ for type_, _ in await stage.said()] == [becomes]


async def test_a_root_cause_after_closing_is_refused_at_once_where_no_event_can_be_meant(stage: Counterpart) -> None:
    """RCA"""
    id_ = await stage.reports()
    await stage.act(id_, "closure", {"by": "eve"})
    answer = await stage.act(id_, "rca-requests", {"by": "Aigerim", "reason": "our board"})
    assert (answer.status_code, answer.json()["rule"]) == (409, "RCA")


async def test_what_needs_no_route_is_said_at_once(stage: Counterpart) -> None:
    id_ = await stage.reports()
    await stage.said()
    for path, body in (
        ("responses", {"by": "eve", "message": "on it"}), ("questions", {"by": "eve", "text": "?", "to": "resources"}),
        ("severity-changes", {"by": "Aigerim", "impact": "moderate", "reason": "better"}),
        ("rca-requests", {"by": "Aigerim", "reason": "our board"}), ("owner", {"by": "eve", "person": "eve"}),
    ):  # fmt: skip
        assert (await stage.act(id_, path, body)).status_code == 200
    assert [type_ for type_, _ in await stage.said()] == [
        "incident.responded", "question.asked", "impact.changed", "rca.requested", "owner.requested",
    ]  # fmt: skip


async def test_a_key_that_is_sent_again_asks_for_nothing_twice_while_it_waits(stage: Counterpart) -> None:
    id_ = await stage.reports()
    for _ in range(2):
        answer = await stage.act(id_, "onsite-consents", {"by": "Aigerim"}, Idempotency_Key="k-1")
        assert (answer.status_code, answer.json()["version"]) == (200, 2)
    await stage.said()
    await stage.routes(id_)
    assert [type_ for type_, _ in await stage.said()] == ["onsite.consented"]
    answer = await stage.act(id_, "onsite-consents", {"by": "Aigerim"}, Idempotency_Key="k-1")
    assert (answer.status_code, answer.json()["version"]) == (200, 4)
    assert await stage.said() == []


async def test_a_decision_under_a_contract_that_is_not_known_here_yet_is_looked_up_at_the_router(database: str) -> None:
    """MULTI-ONSITE: the directory's lane may be behind the urgent one; the router's log has it."""
    async with intake(database) as stage:
        stage.contracts["WO-1"] = work_order()
        stage.sequences["router", "contract:WO-1"] = 1
        id_ = await stage.reports(location="aktau")
        await stage.act(id_, "onsite-consents", {"by": "Aigerim"})
        await stage.stands_in_the_log("contract:WO-1", 1, work_order())
        await stage.said()
        await stage.routes(id_)
        ((type_, payload),) = await stage.said()
        assert (type_, payload["rule"]) == ("request.refused", "MULTI-ONSITE")


async def test_what_waits_for_a_decision_waits_while_the_routers_log_does_not_answer(database: str) -> None:
    port = urlsplit(database).port or 5432
    with Wire(port) as wire:
        far = database.replace(f":{port}/", f":{wire.port}/")
        async with intake(database, readers={"intake/router": far}) as stage:
            stage.contracts["WO-1"] = work_order()
            stage.sequences["router", "contract:WO-1"] = 1
            id_ = await stage.reports()
            await stage.act(id_, "onsite-consents", {"by": "Aigerim"})
            wire.cut()
            with pytest.raises(NotAnswered):
                await stage.routes(id_)
            assert await stage.rows("select 1 from dead_letter") == []


async def test_a_decision_under_a_catalogue_that_only_a_newer_version_can_read_is_acted_on_later(
    stage: Counterpart,
) -> None:
    """Nothing is guessed in its place, and nothing fails: whoever asks is told to ask again."""
    raw = load(None).raw
    await stage.knows("catalogue", "newer", {**raw, "catalogue": {**raw["catalogue"], "tomorrow": 1}})
    id_ = await stage.reports()
    routed = await stage.routed(id_)
    await stage.tells("router", id_, replace(routed, inputs=replace(routed.inputs, catalogue="newer")))
    assert (await stage.act(id_, "onsite-consents", {"by": "Aigerim"})).status_code == 503


async def test_what_nobody_has_decided_yet_can_t_be_decided_again(stage: Counterpart) -> None:
    id_ = await stage.reports()
    assert (await stage.act(id_, "replay", {"by": "eve"})).status_code == 409
    await stage.routes(id_)
    assert (await stage.act(id_, "replay", {"by": "eve"})).json() == {"agrees": True, "differences": []}
