"""Actions that are sent twice, at once, or by somebody who looked at an older version: nothing happens twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.harness.intake import Counterpart, intake
from tests.harness.work_orders import incident, work_order

RESPONSE = {"by": "eve", "message": "we are on it"}
REPLY = {"by": "Aigerim", "text": "west"}
EFFORT = {"by": "eve", "minutes": 30}


@pytest_asyncio.fixture
async def stage(database: str) -> AsyncIterator[Counterpart]:
    async with intake(database) as found:
        await found.knows("contract", "WO-1", work_order())
        yield found


async def test_if_match_lets_an_action_through_only_on_the_version_that_was_seen(stage: Counterpart) -> None:
    id_ = await stage.has()
    seen = (await stage.web.get(f"/v1/incidents/{id_}")).headers["etag"]
    first = await stage.act(id_, "effort", EFFORT, If_Match=seen)
    assert first.status_code == 200
    await stage.said()
    late = await stage.act(id_, "effort", EFFORT, If_Match=seen)
    assert (late.status_code, late.headers["etag"]) == (412, first.headers["etag"])
    assert await stage.said() == []
    strong = first.headers["etag"].removeprefix("W/")
    assert (await stage.act(id_, "effort", EFFORT, If_Match=f'"99", {strong}')).status_code == 200
    assert (await stage.act(id_, "effort", EFFORT, If_Match="*")).json()["effort_minutes"] == 90
    assert (await stage.act(id_, "effort", EFFORT, If_Match="seven")).status_code == 400
    for asked, status in ((seen, 412), ("*", 200), ("seven", 400)):
        assert (await stage.act(id_, "replay", {"by": "eve"}, If_Match=asked)).status_code == status


async def test_a_decision_is_a_new_version_and_what_clocks_and_pages_do_is_none(stage: Counterpart) -> None:
    id_ = await stage.reports()
    assert (await stage.record(id_))["version"] == 1
    await stage.routes(id_)
    assert (await stage.record(id_))["version"] == 2
    await stage.act(id_, "responses", RESPONSE)
    assert (await stage.record(id_))["version"] == 3


async def test_a_key_that_is_sent_again_with_the_same_body_answers_the_record_as_it_is_now(stage: Counterpart) -> None:
    id_ = await stage.has()
    first = await stage.act(id_, "effort", EFFORT, Idempotency_Key="k-1")
    await stage.act(id_, "responses", RESPONSE)
    await stage.said()
    again = await stage.act(id_, "effort", {"minutes": 30, "by": "eve"}, Idempotency_Key="k-1")
    assert (again.status_code, again.json()["effort_minutes"]) == (200, 30)
    assert again.json()["version"] == first.json()["version"] + 1
    assert again.headers["etag"] == f'W/"{again.json()["version"]}"'
    assert await stage.said() == []


async def test_a_repeat_is_answered_though_its_if_match_is_old_by_its_own_doing(stage: Counterpart) -> None:
    id_ = await stage.has()
    seen = (await stage.web.get(f"/v1/incidents/{id_}")).headers["etag"]
    for _ in range(2):
        answer = await stage.act(id_, "effort", EFFORT, Idempotency_Key="k-1", If_Match=seen)
        assert (answer.status_code, answer.json()["effort_minutes"]) == (200, 30)


async def test_a_repeat_is_answered_though_the_incident_is_closed_by_now(stage: Counterpart) -> None:
    id_ = await stage.has()
    await stage.act(id_, "responses", RESPONSE, Idempotency_Key="k-1")
    await stage.act(id_, "closure", {"by": "eve"}, Idempotency_Key="k-2")
    for path, body, key in (("responses", RESPONSE, "k-1"), ("closure", {"by": "eve"}, "k-2")):
        answer = await stage.act(id_, path, body, Idempotency_Key=key)
        assert (answer.status_code, answer.json()["state"]) == (200, "closed")


@pytest.mark.parametrize(
    ("path", "body"),
    [("effort", EFFORT | {"minutes": 31}), ("responses", RESPONSE), ("closure", {"by": "eve"})],
    ids=["another body", "another action", "another action with less of a body"],
)
async def test_a_key_that_was_used_for_something_else_is_409(
    stage: Counterpart, path: str, body: dict[str, object]
) -> None:
    id_, other = await stage.has(), await stage.has()
    await stage.act(id_, "effort", EFFORT, Idempotency_Key="k-1")
    await stage.said()
    for target, what, sent in ((id_, path, body), (other, "effort", EFFORT)):
        answer = await stage.act(target, what, sent, Idempotency_Key="k-1")
        assert answer.status_code == 409
        assert answer.json()["type"].endswith("/idempotency-conflict")
        assert answer.json()["incident"] == f"/v1/incidents/{id_}"
    assert await stage.said() == []


async def test_a_key_of_a_report_is_no_key_of_an_action(stage: Counterpart) -> None:
    answer = await stage.web.post("/v1/incidents", json=incident(), headers={"Idempotency-Key": "k-1"})
    again = await stage.act(answer.json()["id"], "responses", RESPONSE, Idempotency_Key="k-1")
    assert (again.status_code, again.json()["incident"]) == (409, f"/v1/incidents/{answer.json()['id']}")


async def test_keys_belong_to_who_sent_them(stage: Counterpart) -> None:
    id_ = await stage.has()
    await stage.act(id_, "customer-replies", REPLY, Idempotency_Key="k-1")
    async with stage.with_key("report") as portal:
        answer = await portal.post(
            f"/v1/incidents/{id_}/customer-replies", json=REPLY | {"text": "east"}, headers={"Idempotency-Key": "k-1"}
        )
        assert answer.status_code == 200


async def test_what_was_refused_uses_up_no_key(stage: Counterpart) -> None:
    id_ = await stage.has(impact="moderate")
    assert (await stage.act(id_, "onsite-consents", {"by": "A"}, Idempotency_Key="k-1")).status_code == 409
    await stage.routes(id_, cause="severity.assessed", severity="1")
    assert (await stage.act(id_, "onsite-consents", {"by": "A"}, Idempotency_Key="k-1")).status_code == 200


async def test_a_key_is_remembered_for_a_day(stage: Counterpart) -> None:
    id_ = await stage.has()
    await stage.act(id_, "effort", EFFORT, Idempotency_Key="k-1")
    stage.time.passes(hours=24)
    again = await stage.act(id_, "effort", EFFORT, Idempotency_Key="k-1")
    assert again.json()["effort_minutes"] == 30
    stage.time.passes(seconds=1)
    anew = await stage.act(id_, "effort", EFFORT | {"minutes": 5}, Idempotency_Key="k-1")
    assert (anew.status_code, anew.json()["effort_minutes"]) == (200, 35)


async def test_thirty_copies_at_once_are_one(stage: Counterpart) -> None:
    id_ = await stage.has()
    await stage.said()
    answers = await asyncio.gather(*(stage.act(id_, "effort", EFFORT, Idempotency_Key="k-1") for _ in range(30)))
    assert {(a.status_code, a.json()["effort_minutes"]) for a in answers} == {(200, 30)}
    assert [type_ for type_, _ in await stage.said()] == ["effort.recorded"]


async def test_of_two_incidents_that_are_sent_one_key_at_once_only_one_takes_it(stage: Counterpart) -> None:
    ids = [await stage.has() for _ in range(8)]
    await stage.said()
    answers = await asyncio.gather(*(stage.act(id_, "effort", EFFORT, Idempotency_Key="k-1") for id_ in ids))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 7}
    assert len(await stage.said()) == 1
    (taken,) = [answer.json()["id"] for answer in answers if answer.status_code == 200]
    assert {a.json()["incident"] for a in answers if a.status_code == 409} == {f"/v1/incidents/{taken}"}


async def test_of_many_who_saw_the_same_version_one_acts(stage: Counterpart) -> None:
    id_ = await stage.has()
    answers = await asyncio.gather(*(stage.act(id_, "effort", EFFORT, If_Match='W/"2"') for _ in range(12)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 11}
    assert (await stage.record(id_))["effort_minutes"] == 30


async def test_two_replicas_count_on_one_record(database: str, stage: Counterpart) -> None:
    id_ = await stage.has()
    async with intake(database, stage.time) as other:
        await asyncio.gather(*(one.act(id_, "effort", EFFORT) for one in (stage, other) for _ in range(5)))
        assert (await other.record(id_))["effort_minutes"] == 300
        assert (await other.record(id_))["version"] == 12


async def test_the_same_correction_with_its_changes_in_another_order_is_a_repeat(stage: Counterpart) -> None:
    id_ = await stage.has()
    for changes in ({"title": "t", "language": "en"}, {"language": "en", "title": "t"}):
        body = {"by": "eve", "reason": "r", "changes": changes}
        assert (await stage.act(id_, "corrections", body, Idempotency_Key="k")).status_code == 200
    assert [type_ for type_, _ in await stage.said()].count("incident.corrected") == 1
