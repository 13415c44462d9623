"""Actions over HTTP, row by row of the action table: what each does to the record, and what it says to the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from events.assignments import EffortRefused, OwnerChanged
from events.escalations import DowngradeProposed
from tests.harness.intake import Counterpart, intake
from tests.harness.work_orders import incident, work_order

RESPONSE = {"by": "eve", "message": "we are on it"}
PROPOSED = DowngradeProposed("severity", "A", "nobody answers", "clock-1")

#: (path, body, the fact that follows, what of the body it carries): every row that an open severity 1 takes.
ROWS: list[tuple[str, dict[str, Any], str]] = [
    ("responses", RESPONSE, "incident.responded"),
    ("updates", {"by": "eve", "status": "a node is back", "action_plan": "the next one"}, "incident.updated"),
    ("questions", {"by": "eve", "text": "which region?", "to": "resources"}, "question.asked"),
    ("customer-replies", {"by": "Aigerim", "text": "west"}, "customer.replied"),
    ("severity-changes", {"by": "Aigerim", "impact": "moderate", "reason": "half is back"}, "impact.changed"),
    ("severity-assessments", {"by": "eve", "severity": "B", "reason": "there is a way around"}, "severity.assessed"),
    ("owner", {"by": "eve", "person": "fay"}, "owner.requested"),
    ("owner", {"by": "eve", "person": None}, "owner.requested"),
    ("executive-notifications", {"by": "ana", "side": "provider", "reason": "they called"}, "executives.requested"),
    ("executive-notifications", {"by": "ana", "side": "customer", "reason": "decide"}, "executives.requested"),
    ("onsite-consents", {"by": "Aigerim"}, "onsite.consented"),
    ("rca-requests", {"by": "Aigerim", "reason": "our board asks"}, "rca.requested"),
    ("effort", {"by": "eve", "minutes": 30}, "effort.recorded"),
    ("crisis-manager", {"by": "ana", "person": "bo"}, "crisis_manager.requested"),
    ("resolution", {"by": "eve", "note": "the nodes are back"}, "incident.resolved"),
    ("closure", {"by": "eve", "note": "confirmed"}, "incident.closed"),
]


@pytest_asyncio.fixture
async def stage(database: str) -> AsyncIterator[Counterpart]:
    async with intake(database) as found:
        await found.knows("contract", "WO-1", work_order())
        yield found


@pytest.mark.parametrize(("path", "body", "fact"), ROWS, ids=[f"{row[0]}-{n}" for n, row in enumerate(ROWS)])
async def test_each_action_is_said_once_and_counted_on_the_record(
    stage: Counterpart, path: str, body: dict[str, Any], fact: str
) -> None:
    id_ = await stage.has()
    before = await stage.record(id_)
    await stage.said()
    answer = await stage.act(id_, path, body)
    assert answer.status_code == 200, answer.text
    record = answer.json()
    assert (record["id"], record["version"]) == (id_, before["version"] + 1)
    assert answer.headers["etag"] == f'W/"{record["version"]}"'
    assert await stage.record(id_) == record
    ((type_, payload),) = await stage.said()
    assert type_ == fact
    assert body.items() <= payload.items()
    last = (await stage.timeline(id_))[-1]
    assert (last["type"], last["by"], last["stage"]) == (fact, body["by"], "intake")
    assert last["summary"] != fact


async def test_management_attention_is_asked_for_by_day_at_b_and_c(stage: Counterpart) -> None:
    """RSM-BC"""
    for impact in ("moderate", "minimal"):
        id_ = await stage.has(impact=impact)
        await stage.said()
        answer = await stage.act(id_, "management-requests", {"by": "Aigerim", "reason": "how far is it?"})
        assert answer.status_code == 200
        assert await stage.said() == [
            ("management.requested", {"by": "Aigerim", "reason": "how far is it?", "asked_at": None})
        ]


async def test_another_impact_is_on_the_record_at_once_and_the_severity_follows_with_the_decision(
    stage: Counterpart,
) -> None:
    """SEV-CHANGE"""
    id_ = await stage.has(impact="minimal")
    body = {"by": "Aigerim", "impact": "critical_down", "reason": "now it is all down"}
    record = (await stage.act(id_, "severity-changes", body)).json()
    assert (record["impact"], record["severity"]) == ("critical_down", "C")
    await stage.routes(id_, cause="impact.changed")
    assert (await stage.record(id_))["severity"] == "1"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("severity-changes", {"by": "Aigerim", "impact": "critical_degraded", "reason": "worse"}),
        ("severity-assessments", {"by": "eve", "severity": "1", "reason": "it is all down"}),
    ],
)
async def test_what_raises_the_severity_overtakes_the_rest_and_so_does_all_that_follows(
    stage: Counterpart, path: str, body: dict[str, str]
) -> None:
    """SEV-CHANGE, SEV-ASSIGN"""
    id_ = await stage.has(impact="minimal")
    await stage.act(id_, "responses", RESPONSE)
    await stage.act(id_, path, body)
    await stage.act(id_, "responses", RESPONSE)
    rows = await stage.rows("select urgent from outbox where subject = :i order by seq", i=id_)
    assert [row[0] for row in rows] == [False, False, True, True]


async def test_an_assessment_binds_with_the_decision_and_leaves_the_stated_impact(stage: Counterpart) -> None:
    """SEV-ASSIGN"""
    id_ = await stage.has()
    await stage.act(id_, "severity-assessments", {"by": "eve", "severity": "B", "reason": "there is a way around"})
    await stage.routes(id_, cause="severity.assessed", severity="B")
    record = await stage.record(id_)
    assert (record["severity"], record["impact"]) == ("B", "critical_down")


async def test_a_correction_says_the_whole_report_as_it_is_now(stage: Counterpart) -> None:
    """TERM: what ends an entitlement review."""
    id_ = await stage.has(contract=None)
    assert (await stage.record(id_))["queue"] == "entitlement-review"
    await stage.said()
    changes = {"contract": "WO-1", "location": "lisbon", "reporter": {"name": "Bolat", "email": "bolat@steppe.example"}}
    body = {"by": "eve", "changes": changes, "reason": "they named it on the phone"}
    record = (await stage.act(id_, "corrections", body)).json()
    assert (record["contract"], record["location"], record["reporter"]["name"]) == ("WO-1", "lisbon", "Bolat")
    ((type_, payload),) = await stage.said()
    assert (type_, payload["changes"]) == ("incident.corrected", changes)
    assert (payload["report"]["contract"], payload["report"]["title"]) == ("WO-1", "It is broken")
    await stage.routes(id_, cause="incident.corrected")
    record = await stage.record(id_)
    assert (record["queue"], record["customer"]) == ("problem-resolution", "Steppe Telecom")


async def test_an_owner_is_on_the_record_when_the_router_has_settled_it(stage: Counterpart) -> None:
    id_ = await stage.has()
    assert (await stage.act(id_, "owner", {"by": "eve", "person": "fay"})).json()["owner"] is None
    await stage.tells("router", id_, OwnerChanged("eve", "fay", "Fay"))
    assert (await stage.record(id_))["owner"] == {"id": "fay", "name": "Fay"}
    await stage.act(id_, "owner", {"by": "fay", "person": None})
    await stage.tells("router", id_, OwnerChanged("fay", None, None))
    assert (await stage.record(id_))["owner"] is None


async def test_effort_adds_up_and_what_the_balance_does_not_cover_is_taken_off_again(stage: Counterpart) -> None:
    """DSE, PRS"""
    id_ = await stage.has(impact="moderate")
    await stage.act(id_, "effort", {"by": "eve", "minutes": 50})
    assert (await stage.act(id_, "effort", {"by": "eve", "minutes": 20})).json()["effort_minutes"] == 70
    await stage.tells("router", id_, EffortRefused("eve", 20, 0.1, "DSE", "6 minutes are left"))
    assert (await stage.record(id_))["effort_minutes"] == 50
    assert (await stage.timeline(id_))[-1]["summary"] == "20 minutes were refused: 6 minutes are left"
    await stage.said()
    await stage.act(id_, "effort", {"by": "eve", "minutes": 5})
    assert (await stage.said())[0][1]["total"] == 55


async def test_an_incident_is_resolved_closed_and_opened_again(stage: Counterpart) -> None:
    id_ = await stage.has()
    resolved = (await stage.act(id_, "resolution", {"by": "eve", "note": "it is back"})).json()
    assert (resolved["state"], resolved["closed_at"]) == ("resolved", None)
    assert (await stage.act(id_, "customer-replies", {"by": "Aigerim", "text": "yes"})).status_code == 200
    stage.time.passes(hours=1)
    closed = (await stage.act(id_, "closure", {"by": "eve"})).json()
    assert (closed["state"], closed["closed_at"]) == ("closed", "2026-02-04T10:00:00Z")
    opened = (await stage.act(id_, "reopening", {"by": "Aigerim", "note": "down again"})).json()
    assert (opened["state"], opened["closed_at"]) == ("open", None)
    assert (await stage.act(id_, "updates", {"by": "eve", "status": "looking"})).status_code == 200


async def test_a_reference_is_remembered_until_a_day_after_the_closure(stage: Counterpart) -> None:
    id_ = await stage.has(reference="P-1")
    await stage.act(id_, "closure", {"by": "eve"})
    stage.time.passes(hours=24)
    again = await stage.web.post("/v1/incidents", json=incident(reference="P-1"))
    assert (again.status_code, again.json()["id"]) == (200, id_)
    stage.time.passes(seconds=1)
    assert (await stage.web.post("/v1/incidents", json=incident(reference="P-1"))).status_code == 201


async def test_a_reopened_incident_keeps_its_reference(stage: Counterpart) -> None:
    id_ = await stage.has(reference="P-1")
    await stage.act(id_, "closure", {"by": "eve"})
    await stage.act(id_, "reopening", {"by": "eve"})
    stage.time.passes(days=3)
    again = await stage.web.post("/v1/incidents", json=incident(reference="P-1"))
    assert (again.status_code, again.json()["id"]) == (200, id_)


@pytest.mark.parametrize("decision", ["accept", "reject"])
async def test_a_proposal_is_decided_on_once(stage: Counterpart, decision: str) -> None:
    """SEV-DOWNGRADE"""
    id_ = await stage.has()
    await stage.tells("escalation", id_, PROPOSED)
    assert (await stage.record(id_))["proposal"]["to"] == "A"
    await stage.said()
    body = {"by": "dm", "decision": decision, "reason": "nobody answers"}
    record = (await stage.act(id_, "downgrade-decisions", body)).json()
    assert record["proposal"] is None
    ((type_, payload),) = await stage.said()
    assert (type_, payload["decision"], payload["about"], payload["to"]) == (
        "downgrade.decided",
        decision,
        "severity",
        "A",
    )
    assert (await stage.act(id_, "downgrade-decisions", body)).status_code == 409


async def test_where_the_operator_has_it_so_a_proposal_is_accepted_at_once(stage: Counterpart) -> None:
    """SEV-DOWNGRADE: never automatic, unless the operator turns that on."""
    id_ = await stage.has()
    await stage.said()
    await stage.tells("escalation", id_, replace(PROPOSED, to="B", automatic=True))
    assert await stage.said() == [], "it has no ground"
    await stage.tells("escalation", id_, replace(PROPOSED, automatic=True))
    ((type_, payload),) = await stage.said()
    assert (type_, payload["by"], payload["decision"]) == ("downgrade.decided", "critsit", "accept")
    assert (payload["about"], payload["to"]) == ("severity", "A")
    assert (await stage.record(id_))["proposal"] is None


@pytest.mark.parametrize("ends", ["a reply", "a resolution", "another severity", "another severity, heard before"])
async def test_a_proposal_that_has_lost_its_ground_can_not_be_accepted(stage: Counterpart, ends: str) -> None:
    """SEV-DOWNGRADE: to accept A where somebody has set B meanwhile would raise the severity."""
    id_ = await stage.has()
    if ends != "another severity, heard before":
        await stage.tells("escalation", id_, PROPOSED)
    match ends:
        case "a reply":
            await stage.act(id_, "customer-replies", {"by": "Aigerim", "text": "here we are"})
        case "a resolution":
            await stage.act(id_, "resolution", {"by": "eve"})
            await stage.act(id_, "reopening", {"by": "eve"})
        case "another severity":
            await stage.routes(id_, cause="severity.assessed", severity="B")
        case _:
            await stage.routes(id_, cause="severity.assessed", severity="B")
            await stage.tells("escalation", id_, PROPOSED)
    body = {"by": "dm", "decision": "accept", "reason": "nobody answers"}
    answer = await stage.act(id_, "downgrade-decisions", body)
    assert (answer.status_code, answer.json()["rule"]) == (409, "SEV-DOWNGRADE")


async def test_a_replay_agrees_and_stores_nothing(stage: Counterpart) -> None:
    id_ = await stage.has()
    await stage.act(id_, "corrections", {"by": "eve", "changes": {"location": "lisbon"}, "reason": "it is there"})
    await stage.routes(id_, cause="incident.corrected")
    before = await stage.record(id_)
    await stage.said()
    answer = await stage.act(id_, "replay", {"by": "eve"})
    assert (answer.status_code, answer.json()) == (200, {"agrees": True, "differences": []})
    assert (await stage.record(id_), await stage.said()) == (before, [])


async def test_a_replay_agrees_where_a_correction_overtook_the_first_decision(stage: Counterpart) -> None:
    id_ = await stage.reports(location="almaty")
    first = await stage.routed(id_)
    await stage.act(id_, "corrections", {"by": "eve", "changes": {"location": "riyadh"}, "reason": "it is there"})
    await stage.tells("router", id_, first)
    await stage.routes(id_, cause="incident.corrected")
    await stage.routes(id_, cause="severity.assessed", severity="B")
    answer = await stage.act(id_, "replay", {"by": "eve"})
    assert answer.json() == {"agrees": True, "differences": []}


async def test_a_replay_agrees_where_two_things_were_told_at_one_instant(stage: Counterpart) -> None:
    id_ = await stage.has(location="almaty")
    await stage.act(id_, "severity-assessments", {"by": "eve", "severity": "B", "reason": "there is a way around"})
    assessed = await stage.routed(id_, cause="severity.assessed", severity="B")
    await stage.act(id_, "corrections", {"by": "eve", "changes": {"location": "riyadh"}, "reason": "it is there"})
    await stage.tells("router", id_, assessed)
    await stage.routes(id_, cause="incident.corrected", severity="B")
    answer = await stage.act(id_, "replay", {"by": "eve"})
    assert answer.json() == {"agrees": True, "differences": []}


async def test_of_the_timeline_a_bound_key_sees_what_is_meant_for_the_customer(stage: Counterpart) -> None:
    id_ = await stage.has()
    for path, body, _ in ROWS[:-2]:
        assert (await stage.act(id_, path, body)).status_code == 200
    async with stage.with_key("view", contracts=["WO-1"]) as customer:
        items = (await customer.get(f"/v1/incidents/{id_}/timeline")).json()["items"]
    assert [item["type"] for item in items] == [
        "incident.reported", "incident.routed", "incident.responded", "incident.updated", "question.asked",
        "customer.replied", "impact.changed", "severity.assessed", "executives.requested", "executives.requested",
        "onsite.consented", "rca.requested",
    ]  # fmt: skip


async def test_an_action_by_the_incidents_number_is_the_same(stage: Counterpart) -> None:
    id_ = await stage.has()
    number = (await stage.record(id_))["number"]
    first = await stage.act(number, "effort", {"by": "eve", "minutes": 5}, Idempotency_Key="k-1")
    again = await stage.act(id_, "effort", {"by": "eve", "minutes": 5}, Idempotency_Key="k-1")
    assert (first.json()["id"], again.json()["effort_minutes"]) == (id_, 5)
