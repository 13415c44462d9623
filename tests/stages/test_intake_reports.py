"""Reports over the hot route: taken once whatever comes twice, durable before the 201, faults with their pointers."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from services.instants import write_instant
from tests.harness.intake import intake
from tests.harness.work_orders import incident, work_order


async def test_a_report_is_201_with_its_place_and_its_record(database: str) -> None:
    async with intake(database) as desk:
        answer = await desk.web.post("/v1/incidents", json=incident(reference="PORTAL-77"))
        record = answer.json()
        assert (answer.status_code, answer.headers["location"]) == (201, f"/v1/incidents/{record['id']}")
        assert answer.headers["etag"] == f'W/"{record["version"]}"'
        assert (record["state"], record["severity"], record["reference"]) == ("open", None, "PORTAL-77")
        assert await desk.record(record["number"]) == await desk.record(record["id"]) == record


async def test_the_same_key_and_body_is_the_same_incident_and_another_body_conflicts(database: str) -> None:
    async with intake(database) as desk:
        first = await desk.web.post("/v1/incidents", json=incident(), headers={"Idempotency-Key": "k1"})
        same = await desk.web.post("/v1/incidents", json=incident(), headers={"Idempotency-Key": "k1"})
        assert (same.status_code, same.json()["id"]) == (200, first.json()["id"])
        other = await desk.web.post("/v1/incidents", json=incident(title="x"), headers={"Idempotency-Key": "k1"})
        assert other.status_code == 409
        assert other.json()["type"].endswith("/idempotency-conflict")
        assert other.json()["incident"].endswith(first.json()["id"])


async def test_the_same_body_written_otherwise_is_the_same(database: str) -> None:
    async with intake(database) as desk:
        one = '{"impact":"minimal","title":"x","reporter":{"name":"A"}}'
        two = '{ "reporter": {"name": "\\u0041"}, "title": "x", "impact": "minimal", "kind": "problem" }'
        headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
        answers = [await desk.web.post("/v1/incidents", content=body, headers=headers) for body in (one, two)]
        assert [answer.status_code for answer in answers] == [201, 200]
        for key, free in {
            "order": ({"a": 1, "b": [{"c": 2, "d": 3}]}, {"b": [{"d": 3, "c": 2}], "a": 1}),
            "number": ({"a": 1, "b": 0}, {"a": 1.0, "b": -0.0}),
        }.items():
            bodies = [incident(form={"id": "f", "answers": answers}) for answers in free]
            sent = [
                await desk.web.post("/v1/incidents", json=body, headers={"Idempotency-Key": key}) for body in bodies
            ]
            assert [answer.status_code for answer in sent] == [201, 200]
        bodies = [incident(submitted_at=at) for at in ("2026-02-04T08:30:00Z", "2026-02-04T13:30:00.000+05:00")]
        sent = [await desk.web.post("/v1/incidents", json=body, headers={"Idempotency-Key": "at"}) for body in bodies]
        assert [answer.status_code for answer in sent] == [201, 200]


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/incidents:batch"])
async def test_a_repeat_is_one_also_when_its_submission_is_a_day_ago_by_then(database: str, path: str) -> None:
    async with intake(database) as desk:
        yesterday = write_instant(desk.time.now() - timedelta(hours=23))

        async def report(key: str | None = None, **changes: Any) -> tuple[int, str | None]:
            body, batch = incident(submitted_at=yesterday, **changes), path.endswith("batch")
            headers = {"Idempotency-Key": key} if key else {}
            answer = await desk.web.post(path, json={"items": [body]} if batch else body, headers=headers)
            if not batch:
                return answer.status_code, answer.json().get("id")
            (item,) = answer.json()["items"]
            return item["status"], (item["incident"] or {}).get("id")

        (_, by_key), (_, by_reference) = await report("k"), await report(reference="R")
        desk.time.passes(hours=1, seconds=1)
        assert (await report("k"), await report(reference="R")) == ((200, by_key), (200, by_reference))
        assert await report("k", title="Another") == (409, None)
        assert await report(reference="R", key="new") == (200, by_reference)
        assert [await report(), await report("other"), await report(reference="S")] == [(422, None)] * 3


async def test_a_reference_is_a_key_too_and_both_belong_to_who_sent_them(database: str) -> None:
    async with intake(database) as desk:
        first = await desk.web.post("/v1/incidents", json=incident(reference="R-1"))
        again = await desk.web.post("/v1/incidents", json=incident(reference="R-1"), headers={"Idempotency-Key": "k"})
        assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
        second = await desk.web.post("/v1/incidents", json=incident(reference="R-2"))
        crossed = await desk.web.post("/v1/incidents", json=incident(reference="R-2"), headers={"Idempotency-Key": "k"})
        assert (second.status_code, crossed.status_code) == (201, 409)
        async with desk.with_key("report", "view") as web:
            own = await web.post("/v1/incidents", json=incident(reference="R-1"))
            assert (own.status_code, own.json()["id"] != first.json()["id"]) == (201, True)


async def test_all_that_a_report_can_say_is_in_its_201_as_in_a_read(database: str) -> None:
    async with intake(database) as desk:
        report = incident(
            reference="R-9", vendor={"name": "V", "contact": "c", "reference": "r"}, description="a\nb", language="de",
            form={"id": "f", "answers": {"a": [1, {"b": None}]}}, requested_severity="A", solution="s", location="l",
            submitted_at=write_instant(desk.time.now() - timedelta(minutes=3)), kind="problem", prerelease=True,
        )  # fmt: skip
        taken = (await desk.web.post("/v1/incidents", json=report)).json()
        assert taken == await desk.record(taken["id"])
        assert (taken["opened_at"], taken["received_at"]) == (report["submitted_at"], write_instant(desk.time.now()))


async def test_odd_characters_and_absences_stay_with_the_report_they_came_with(database: str) -> None:
    async with intake(database) as desk:
        reports = [
            incident(title=f"t{n}", description=f"first\nsecond \t {odd}", reference=None if n % 3 == 0 else f"R{n}{odd}",
                     contract=None if n % 2 == 0 else f"C{n}{odd}")
            for n, odd in enumerate(["", "\u2028", "\u0085x", "\\n", "'", '"', "{}", "NULL", "é😀", "\\", "%s", "$1"])
        ]  # fmt: skip
        await desk.web.post("/v1/incidents", json=incident())
        answers = await asyncio.gather(*(desk.web.post("/v1/incidents", json=report) for report in reports))
        for report, answer in zip(reports, answers, strict=True):
            record = await desk.record(answer.json()["id"])
            told = {name: record[name] for name in ("title", "description", "reference", "contract")}
            assert told == {name: report[name] for name in told}


async def test_a_hundred_copies_at_once_make_one_incident(database: str) -> None:
    async with intake(database) as desk:
        answers = await asyncio.gather(
            *(desk.web.post("/v1/incidents", json=incident(), headers={"Idempotency-Key": "k"}) for _ in range(100))
        )
        assert len({answer.json()["id"] for answer in answers}) == 1
        codes = [answer.status_code for answer in answers]
        assert (codes.count(201), codes.count(200)) == (1, 99)
        assert len((await desk.get("/v1/incidents"))["items"]) == 1


async def test_the_instant_that_the_sender_knows_better_counts_within_a_day(database: str) -> None:
    async with intake(database) as desk:
        now = desk.time.now()
        hour_ago = write_instant(now - timedelta(hours=1))
        answer = await desk.web.post("/v1/incidents", json=incident(submitted_at=hour_ago))
        assert (answer.json()["opened_at"], answer.json()["received_at"]) == (hour_ago, write_instant(now))
        for wrong in (now + timedelta(minutes=5), now - timedelta(hours=25)):
            refused = await desk.web.post("/v1/incidents", json=incident(submitted_at=write_instant(wrong)))
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["pointer"] == "/submitted_at"


async def test_an_instant_is_kept_with_the_offset_that_the_sender_wrote(database: str) -> None:
    async with intake(database) as desk:
        await desk.web.post("/v1/incidents", json=incident(submitted_at="2026-02-04t13:30:00.5+05:00"))
        said = (await desk.said())[0][1]["report"]["submitted_at"]
        assert said == "2026-02-04T13:30:00.500000+05:00"
        assert (await desk.get("/v1/incidents"))["items"][0]["opened_at"] == "2026-02-04T08:30:00.500000Z"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"impact": "total"}, "/impact"), ({"colour": "red"}, "/colour"), ({"title": ""}, "/title"), ({"title": 7}, "/title"),
        ({"reporter": {}}, "/reporter/name"), ({"reporter": {"name": "A", "email": "no"}}, "/reporter/email"),
        ({"reporter": {"name": "A", "phone": "12"}}, "/reporter/phone"), ({"channel": "pigeon"}, "/channel"),
        ({"language": "not a language"}, "/language"), ({"title": "a\x00b"}, "/title"), ({"kind": "x"}, "/kind"),
        ({"submitted_at": 1795818813}, "/submitted_at"), ({"submitted_at": "1795818813"}, "/submitted_at"),
        ({"submitted_at": "2026-03-20T10:00:00"}, "/submitted_at"), ({"submitted_at": True}, "/submitted_at"),
        ({"submitted_at": "2026-W12-5T10:45:00Z"}, "/submitted_at"), ({"submitted_at": "20260320T104500Z"}, "/submitted_at"),
        ({"prerelease": "yes"}, "/prerelease"), ({"prerelease": 1}, "/prerelease"), ({"prerelease": "true"}, "/prerelease"),
    ],
)  # fmt: skip
async def test_a_wrong_field_is_named_by_its_pointer(database: str, changes: dict[str, Any], pointer: str) -> None:
    async with intake(database) as desk:
        answer = await desk.web.post("/v1/incidents", json=incident(**changes))
        assert answer.status_code in (400, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert any(one["pointer"].startswith(pointer) for one in answer.json()["errors"]), answer.text
        assert (await desk.get("/v1/incidents"))["items"] == []


async def test_an_unknown_contract_or_none_is_taken(database: str) -> None:
    """TERM: never dropped."""
    async with intake(database) as desk:
        for contract in (None, "WO-none"):
            assert (await desk.web.post("/v1/incidents", json=incident(contract=contract))).status_code == 201


async def test_a_portal_that_waits_is_told_what_was_decided(database: str) -> None:
    async with intake(database) as desk:
        asking = asyncio.create_task(desk.web.post("/v1/incidents", json=incident(), headers={"Prefer": "wait=5"}))
        async with asyncio.timeout(5):
            while not (found := (await desk.get("/v1/incidents"))["items"]):  # noqa: ASYNC110 the commit rings no bell
                await asyncio.sleep(0.001)
        fact = await desk.routed(found[0]["id"])
        await desk.tells("router", found[0]["id"], fact)
        assert not asking.done(), "a portal could not say by when"
        await desk.starts_clocks(found[0]["id"], fact)
        answer = await asyncio.wait_for(asking, 5)
        assert (answer.status_code, answer.json()["severity"]) == (201, "1")
        assert [clock["target"] for clock in answer.json()["clocks"]][:2] == ["PT15M", "PT15M"]


async def test_a_portal_that_waits_is_told_what_was_decided_where_no_clock_starts_by_then(database: str) -> None:
    async with intake(database) as desk:
        asking = asyncio.create_task(desk.web.post("/v1/incidents", json=incident(), headers={"Prefer": "wait=0.5"}))
        async with asyncio.timeout(5):
            while not (found := (await desk.get("/v1/incidents"))["items"]):  # noqa: ASYNC110 the commit rings no bell
                await asyncio.sleep(0.001)
        await desk.routes(found[0]["id"])
        answer = await asyncio.wait_for(asking, 5)
        assert (answer.status_code, answer.json()["severity"], answer.json()["clocks"]) == (201, "1", [])


async def test_a_batch_answers_in_order_and_one_bad_item_hurts_no_other(database: str) -> None:
    async with intake(database) as desk:
        items = [
            incident(title="one"),
            {"impact": "minimal"},
            incident(title="three"),
            "no report",
            incident(title="five"),
        ]
        body = {"items": items}
        answer = await desk.web.post("/v1/incidents:batch", json=body, headers={"Idempotency-Key": "b"})
        told = answer.json()["items"]
        assert [item["status"] for item in told] == [201, 422, 201, 422, 201]
        assert [item["incident"]["title"] for item in told if item["incident"]] == ["one", "three", "five"]
        assert told[1]["problem"]["errors"][0]["pointer"].startswith("/")
        again = await desk.web.post("/v1/incidents:batch", json=body, headers={"Idempotency-Key": "b"})
        assert [item["status"] for item in again.json()["items"]] == [200, 422, 200, 422, 200]
        assert len((await desk.get("/v1/incidents"))["items"]) == 3
        many = await desk.web.post("/v1/incidents:batch", json={"items": [incident()] * 1001})
        assert many.status_code in (413, 422)


async def test_nothing_that_a_parser_can_read_in_one_item_of_a_batch_hurts_another(database: str) -> None:
    async with intake(database) as desk:
        good, bad = json.dumps(incident()), json.dumps(incident(title="HERE"))
        form = json.dumps(incident(form={"id": "f", "answers": {"q": "HERE"}}))
        items = [
            good, bad.replace("HERE", "a\\u0000"), form.replace('"HERE"', "1e999"), form.replace('"HERE"', "[" * 70 + "]" * 70),
            json.dumps({"impact": "zz", "title": 1, "reporter": {"name": "A"}, "portal": "x"}), good,
        ]  # fmt: skip
        body, json_type = f'{{"items": [{",".join(items)}]}}', {"Content-Type": "application/json"}
        answer = await desk.web.post("/v1/incidents:batch", content=body, headers=json_type)
        told = [(item["status"], [e["pointer"] for e in (item["problem"] or {}).get("errors", [])])
                for item in answer.json()["items"]]  # fmt: skip
        assert told == [
            (201, []), (422, ["/title"]), (422, ["/form/answers/q"]), (400, [""]),
            (422, ["/title", "/impact", "/portal"]), (201, []),
        ]  # fmt: skip
        assert len((await desk.get("/v1/incidents"))["items"]) == 2


async def test_a_text_cut_in_the_middle_of_a_character_costs_a_batch_that_one_report(database: str) -> None:
    """One title of which a monitoring had cut off half an emoji kept 999 others out, at every repeat."""
    async with intake(database) as desk:
        good, cut = json.dumps(incident()), json.dumps(incident(title="\ud83d"))
        body, json_type = f'{{"items": [{good},{cut},{good}]}}', {"Content-Type": "application/json"}
        answer = await desk.web.post("/v1/incidents:batch", content=body, headers=json_type)
        assert [item["status"] for item in answer.json()["items"]] == [201, 400, 201]
        alone = await desk.web.post("/v1/incidents", content=cut, headers=json_type)
        assert (alone.status_code, alone.json()["type"]) == (400, answer.json()["items"][1]["problem"]["type"])
        assert len((await desk.get("/v1/incidents"))["items"]) == 2


async def test_every_wrong_field_is_named_whoever_refuses_it(database: str) -> None:
    async with intake(database) as desk:
        report = {
            "impact": "zz", "title": 1, "reporter": {"name": "A", "email": "no"}, "portal": "x", "prerelease": "yes",
            "submitted_at": write_instant(desk.time.now() + timedelta(hours=1)), "form": {"id": "f", "answers": {"q": "\x00"}},
        }  # fmt: skip
        answer = await desk.web.post("/v1/incidents", json=report)
        assert answer.status_code == 422
        assert sorted(one["pointer"] for one in answer.json()["errors"]) == [
            "/form/answers/q", "/impact", "/portal", "/prerelease", "/reporter/email", "/submitted_at", "/title"
        ]  # fmt: skip
        for odd in (["zz"], "no report", {"impact": ["zz"], "portal": {}, "submitted_at": []}, 5):
            assert (await desk.web.post("/v1/incidents", json=odd)).status_code == 422


async def test_a_bound_key_reports_for_its_contracts_alone(database: str) -> None:
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        async with desk.with_key("report", "view", contracts=["WO-2"]) as web:
            answer = await web.post("/v1/incidents", json=incident())
            assert answer.status_code in (404, 422), answer.text
            assert (await web.get("/v1/incidents")).json()["items"] == []


async def test_a_repeat_shows_no_record_that_another_customer_s_contract_has_by_now(database: str) -> None:
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        async with desk.with_key("report", "view", contracts=["WO-2"]) as web:
            report, key = incident(contract=None, reference="R-1"), {"Idempotency-Key": "k"}
            id_ = (await web.post("/v1/incidents", json=report)).json()["id"]
            assert (await web.post("/v1/incidents", json=report, headers=key)).status_code == 200
            await desk.act(id_, "corrections", {"by": "eve", "changes": {"contract": "WO-1"}, "reason": "it is theirs"})
            alone = await web.post("/v1/incidents", json=report, headers=key)
            many = (await web.post("/v1/incidents:batch", json={"items": [report]})).json()["items"]
            assert (alone.status_code, many[0]["status"], many[0]["incident"]) == (404, 404, None)
        assert (await desk.record(id_))["contract"] == "WO-1"
