"""What an action may not do: each refusal names its rule, says what can be done instead, and leaves no trace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from tests.harness.intake import START, Counterpart, client, intake
from tests.harness.work_orders import LOCATIONS, work_order

REASON = {"by": "Aigerim", "reason": "our board asks"}
EXECUTIVES = {"by": "ana", "side": "provider", "reason": "they called"}
#: 21:00 in Almaty, 16:00 in Lisbon.
NIGHT = START + timedelta(hours=7)
EVENT = {
    "id": "launch", "name": "Launch", "starts_at": "2026-02-03T00:00:00Z", "ends_at": "2026-02-06T00:00:00Z",
    "confirmed_at": "2025-11-01T00:00:00Z", "products": ["azure/*"], "form": "launch",
}  # fmt: skip

#: A body for every row of the table.
BODIES: dict[str, dict[str, Any]] = {
    "responses": {"by": "eve", "message": "on it"},
    "updates": {"by": "eve", "status": "a node is back"},
    "questions": {"by": "eve", "text": "which region?", "to": "case-owner"},
    "customer-replies": {"by": "Aigerim", "text": "west"},
    "severity-changes": {"by": "Aigerim", "impact": "moderate", "reason": "half is back"},
    "severity-assessments": {"by": "eve", "severity": "B", "reason": "there is a way around"},
    "corrections": {"by": "eve", "changes": {"location": "lisbon"}, "reason": "it is there"},
    "owner": {"by": "eve", "person": "fay"},
    "executive-notifications": EXECUTIVES,
    "onsite-consents": {"by": "Aigerim"},
    "management-requests": REASON,
    "downgrade-decisions": {"by": "eve", "decision": "accept", "reason": "nobody answers"},
    "rca-requests": REASON,
    "effort": {"by": "eve", "minutes": 30},
    "replay": {"by": "eve"},
    "crisis-manager": {"by": "ana", "person": "bo"},
    "resolution": {"by": "eve", "note": "it is back"},
    "closure": {"by": "eve"},
    "reopening": {"by": "eve"},
}
FOR_CUSTOMERS = {"customer-replies", "severity-changes", "onsite-consents", "management-requests", "rca-requests"}


@pytest_asyncio.fixture
async def stage(database: str) -> AsyncIterator[Counterpart]:
    async with intake(database) as found:
        await found.knows("contract", "WO-1", work_order())
        yield found


async def refused(stage: Counterpart, id_: str, path: str, body: dict[str, Any], rule: str | None) -> dict[str, Any]:
    """The problem of a 409 by that rule, which left nothing behind."""
    before = await stage.record(id_)
    await stage.said()
    answer = await stage.act(id_, path, body)
    assert answer.status_code == 409, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem.get("rule") == rule
    assert await stage.said() == []
    assert await stage.record(id_) == before
    return problem


#: What refuses on a closed incident: the rule that speaks of it, or only the state.
CLOSED: list[tuple[str, str | None]] = [
    ("responses", None), ("updates", None), ("questions", None), ("customer-replies", None), ("corrections", None),
    ("owner", None), ("resolution", None), ("severity-changes", "SEV-CHANGE"),
    ("severity-assessments", "SEV-CHANGE"), ("executive-notifications", "BASE-EXEC-PROVIDER"),
    ("onsite-consents", "BASE-ONSITE"), ("management-requests", "RSM-BC"), ("downgrade-decisions", "SEV-DOWNGRADE"),
    ("rca-requests", "RCA"), ("crisis-manager", "BASE-CM"), ("closure", None),
]  # fmt: skip


async def test_on_a_closed_incident_nothing_happens_before_it_is_reopened(stage: Counterpart) -> None:
    """SEV-CHANGE, RCA, BASE-EXEC-PROVIDER, BASE-ONSITE, RSM-BC, SEV-DOWNGRADE, BASE-CM"""
    id_ = await stage.has()
    await stage.act(id_, "closure", {"by": "eve"})
    words = {"closure": "closed already", "downgrade-decisions": "assess the severity instead"}
    for path, rule in CLOSED:
        problem = await refused(stage, id_, path, BODIES[path], rule)
        assert words.get(path, "reopen it") in problem["detail"], path


async def test_executives_at_b(stage: Counterpart) -> None:
    """BASE-EXEC-PROVIDER, BASE-EXEC-CUSTOMER"""
    id_ = await stage.has(impact="moderate")
    problem = await refused(stage, id_, "executive-notifications", EXECUTIVES, "BASE-EXEC-PROVIDER")
    assert "change the severity" in problem["detail"]
    assert "ask for management attention" in problem["detail"]
    await refused(stage, id_, "executive-notifications", EXECUTIVES | {"side": "customer"}, "BASE-EXEC-CUSTOMER")


async def test_on_site_resources_below_severity_1(stage: Counterpart) -> None:
    """BASE-ONSITE"""
    problem = await refused(
        stage, await stage.has(impact="critical_degraded"), "onsite-consents", {"by": "A"}, "BASE-ONSITE"
    )
    assert "change the severity" in problem["detail"]


async def test_on_site_resources_outside_the_locations_of_a_multi_country_order(stage: Counterpart) -> None:
    """MULTI-ONSITE, ONSITE: Tokyo has to be under a work order of its own, and no visit was bought to go there."""
    problem = await refused(stage, await stage.has(location="tokyo"), "onsite-consents", {"by": "A"}, "MULTI-ONSITE")
    assert "buy one (ONSITE), name a listed location, or go on remotely" in problem["detail"]


async def test_on_site_resources_in_an_excluded_country(stage: Counterpart) -> None:
    """MULTI-ONSITE, MULTI-BILLING"""
    tokyo = {"id": "tokyo", "role": "downstream", "country": "JP", "time_zone": "Asia/Tokyo"}
    await stage.knows("contract", "WO-1", work_order(locations=[*LOCATIONS, tokyo], balances={"onsite_visits": 3}))
    problem = await refused(stage, await stage.has(location="tokyo"), "onsite-consents", {"by": "A"}, "MULTI-ONSITE")
    assert "has a work order of its own" in problem["detail"]
    assert "go on remotely" in problem["detail"]


async def test_visits_that_were_bought_since_the_incident_was_opened_count(stage: Counterpart) -> None:
    """MULTI-ONSITE, ONSITE"""
    id_ = await stage.has(location="aktau")
    await refused(stage, id_, "onsite-consents", {"by": "A"}, "MULTI-ONSITE")
    await stage.knows("contract", "WO-1", work_order(balances={"onsite_visits": 1}))
    assert (await stage.act(id_, "onsite-consents", {"by": "A"})).status_code == 200


async def test_a_crisis_is_not_handed_over_where_there_is_none(stage: Counterpart) -> None:
    """BASE-CM"""
    problem = await refused(
        stage, await stage.has(impact="moderate"), "crisis-manager", BODIES["crisis-manager"], "BASE-CM"
    )
    assert "hand over the owner instead" in problem["detail"]


async def test_management_attention_after_hours_says_when_it_is_there(stage: Counterpart) -> None:
    """RSM-BC"""
    id_ = await stage.has(impact="moderate")
    assert (await stage.act(id_, "management-requests", REASON)).status_code == 200
    stage.time.move_to(NIGHT)
    problem = await refused(stage, id_, "management-requests", REASON, "RSM-BC")
    assert problem["next_open"] == "2026-02-05T04:00:00Z"
    assert "2026-02-05T04:00:00Z" in problem["detail"]


async def test_management_attention_at_1_runs_by_itself(stage: Counterpart) -> None:
    """RSM-ESCALATION-1"""
    problem = await refused(stage, await stage.has(), "management-requests", REASON, "RSM-ESCALATION-1")
    assert "nothing has to be asked for" in problem["detail"]


async def test_bought_hours_extend_management_attention(stage: Counterpart) -> None:
    """RSM-ADDON"""
    bought = work_order(
        services=["base", "support-management-hours"], balances={"rsm_hours": 2},
        management_hours={"time_zone": "Europe/Lisbon"},
    )  # fmt: skip
    await stage.knows("contract", "WO-1", bought)
    id_ = await stage.has(impact="minimal")
    stage.time.move_to(NIGHT)
    assert (await stage.act(id_, "management-requests", REASON)).status_code == 200
    stage.time.passes(hours=2)
    problem = await refused(stage, id_, "management-requests", REASON, "RSM-ADDON")
    assert problem["next_open"] == "2026-02-05T04:00:00Z"


async def test_a_downgrade_that_nobody_proposed(stage: Counterpart) -> None:
    """SEV-DOWNGRADE"""
    problem = await refused(
        stage, await stage.has(), "downgrade-decisions", BODIES["downgrade-decisions"], "SEV-DOWNGRADE"
    )
    assert "assess the severity instead" in problem["detail"]


async def test_a_root_cause_after_closing_and_what_an_event_provides_for(stage: Counterpart) -> None:
    """RCA, AEM-RCA"""
    await stage.knows("contract", "WO-1", work_order(services=["base", "event-management"], events=[EVENT]))
    plain, event = await stage.has(), await stage.has(form={"id": "launch"})
    for id_ in (plain, event):
        await stage.act(id_, "closure", {"by": "eve"})
    problem = await refused(stage, plain, "rca-requests", REASON, "RCA")
    assert "reopen it where the trouble is back" in problem["detail"]
    assert (await stage.act(event, "rca-requests", REASON)).status_code == 200


async def test_effort_beyond_what_advisory_support_covers(stage: Counterpart) -> None:
    """ADV: six hours, announced at 80 %."""
    id_ = await stage.has(impact="minimal", kind="advisory")
    await stage.said()
    assert (await stage.act(id_, "effort", {"by": "eve", "minutes": 287})).status_code == 200
    assert (await stage.act(id_, "effort", {"by": "eve", "minutes": 1})).json()["effort_minutes"] == 288
    said = await stage.said()
    assert [type_ for type_, _ in said] == ["effort.recorded", "effort.recorded", "effort.announced"]
    assert said[-1][1] == {"total": 288, "limit": 360, "rule": "ADV"}
    problem = await refused(stage, id_, "effort", {"by": "eve", "minutes": 73}, "ADV")
    assert "of which 72 are left" in problem["detail"]
    assert "booked as a service of its own" in problem["detail"]
    assert (await stage.act(id_, "effort", {"by": "eve", "minutes": 72})).json()["effort_minutes"] == 360


async def test_an_incident_that_was_closed_a_month_ago_is_not_reopened(stage: Counterpart) -> None:
    id_ = await stage.has()
    await refused(stage, id_, "reopening", {"by": "eve"}, None)
    await stage.act(id_, "closure", {"by": "eve"})
    stage.time.passes(days=30, seconds=1)
    problem = await refused(stage, id_, "reopening", {"by": "eve"}, None)
    assert "report a new incident" in problem["detail"]
    stage.time.passes(seconds=-1)
    assert (await stage.act(id_, "reopening", {"by": "eve"})).json()["state"] == "open"


#: (path, what is wrong with its body, where the answer points)
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("severity-changes", {"impact": "huge"}, "/impact"), ("severity-assessments", {"severity": "2"}, "/severity"),
    ("questions", {"to": "everybody"}, "/to"), ("executive-notifications", {"side": "both"}, "/side"),
    ("downgrade-decisions", {"decision": "maybe"}, "/decision"), ("effort", {"minutes": 0}, "/minutes"),
    ("effort", {"minutes": 1.5}, "/minutes"), ("effort", {"minutes": True}, "/minutes"),
    ("corrections", {"changes": {}}, "/changes"), ("corrections", {"changes": {"impact": "minimal"}}, "/changes/impact"),
    ("corrections", {"changes": {"zz": 1}}, "/changes/zz"), ("corrections", {"changes": {"title": None}}, "/changes/title"),
    ("corrections", {"changes": {"portal": "x"}}, "/changes/portal"),
    ("corrections", {"changes": {"kind": "x"}}, "/changes/kind"),
    ("corrections", {"changes": {"reporter": {"email": "a@b"}}}, "/changes/reporter/name"),
    ("responses", {"message": "a\x00b"}, "/message"), ("closure", {"note": 7}, "/note"),
    ("owner", {"person": ""}, "/person"), ("onsite-consents", {"by": ""}, "/by"),
    *((path, {"zz": 1}, "/zz") for path in BODIES), *((path, {"by": None}, "/by") for path in BODIES),
]  # fmt: skip


async def test_what_the_body_shows_to_be_wrong_is_422_with_its_pointer(stage: Counterpart) -> None:
    id_ = await stage.has()
    for path, changes, pointer in WRONG:
        answer = await stage.act(id_, path, BODIES[path] | changes)
        assert answer.status_code == 422, (path, changes, answer.text)
        assert pointer in [error["pointer"] for error in answer.json()["errors"]], (path, changes)
    assert (await stage.record(id_))["version"] == 2


async def test_who_may_do_what_is_the_keys_scope(stage: Counterpart) -> None:
    id_ = await stage.reports()
    async with (
        stage.with_key("view", "manage") as reads, stage.with_key("report") as reports, client(stage.app, None) as nobody,
    ):  # fmt: skip
        for path, body in BODIES.items():
            url = f"/v1/incidents/{id_}/{path}"
            assert (await nobody.post(url, json=body)).status_code == 401, path
            assert (await reads.post(url, json=body)).status_code == 403, path
            expected = 403 if path not in FOR_CUSTOMERS else 200
            assert (await reports.post(url, json=body)).status_code == expected, path


async def test_work_may_do_everything(stage: Counterpart) -> None:
    id_ = await stage.reports()
    async with stage.with_key("work") as works:
        for path, body in BODIES.items():
            answer = await works.post(f"/v1/incidents/{id_}/{path}", json=body)
            assert answer.status_code in (200, 409), (path, answer.text)


async def test_to_a_key_bound_to_another_contract_there_is_no_such_incident(stage: Counterpart) -> None:
    id_ = await stage.has()
    number = (await stage.record(id_))["number"]
    await stage.said()
    async with (
        stage.with_key("work", "report", contracts=["WO-2"]) as theirs,
        stage.with_key("work", contracts=["WO-1"]) as ours,
    ):
        for path, body in BODIES.items():
            for name in (id_, number):
                assert (await theirs.post(f"/v1/incidents/{name}/{path}", json=body)).status_code == 404, path
        assert await stage.said() == []
        assert (await ours.post(f"/v1/incidents/{number}/responses", json=BODIES["responses"])).status_code == 200


async def test_a_bound_key_can_not_move_an_incident_to_a_contract_that_it_does_not_see(stage: Counterpart) -> None:
    id_ = await stage.has()
    body = {"by": "eve", "changes": {"contract": "WO-2"}, "reason": "it is theirs"}
    async with stage.with_key("work", contracts=["WO-1"]) as ours:
        assert (await ours.post(f"/v1/incidents/{id_}/corrections", json=body)).status_code == 404
    assert (await stage.record(id_))["contract"] == "WO-1"


@pytest.mark.parametrize("name", ["INC-999999", "nobody", "INC-", "..", "%00", "x" * 400])
async def test_an_incident_that_is_not_there_is_404(stage: Counterpart, name: str) -> None:
    for path in ("responses", "replay", "closure"):
        answer = await stage.act(name, path, BODIES[path])
        assert answer.status_code in (400, 404), (path, answer.status_code, answer.text)
