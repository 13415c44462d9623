"""Work orders by HTTP: stored, checked, asked, and every conformance case and fault through the front door.

No answer of these routes is a 5xx, and no key sees another customer's contract.
"""

from __future__ import annotations

import asyncio
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from services.catalogue.parse import load
from services.planned import planned
from tests.harness.router import office
from tests.harness.work_orders import contract, incident, work_order

CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.json"))
FAULTS = sorted((Path(__file__).parent.parent / "faults").glob("*.json"))


async def test_every_conformance_case_is_answered_by_http(database: str) -> None:
    """BASE-1-AZURE, BASE-B, RR-TARGET, AEM-TARGET, MISSION: through POST /v1/simulations, the contract in the body."""
    async with office(database) as router:
        for path in CASES:
            case = json.loads(path.read_text())
            body = {name: case[name] for name in ("incident", "at", "contract")}
            answer = await router.post("/v1/simulations", body)
            assert answer.status_code == 200, (path.name, answer.text)
            _as_expected(answer.json(), case["expect"], path.name)


async def test_a_simulation_takes_the_stored_contract_where_the_body_brings_none(database: str) -> None:
    async with office(database) as router:
        for path in CASES:
            case = json.loads(path.read_text())
            if case["contract"] is None:
                continue
            await router.stores(case["contract"])
            given = case["incident"] | {"contract": case["contract"]["number"]}
            answer = await router.post("/v1/simulations", {"incident": given, "at": case["at"]})
            assert answer.status_code == 200, (path.name, answer.text)
            _as_expected(answer.json(), case["expect"], path.name)
        assert await router.said_types() == []


def _as_expected(found: dict[str, Any], wanted: dict[str, Any], name: str) -> None:
    for field in ("severity", "service", "queue", "language", "coverage"):
        assert found[field] == wanted[field], (name, field)
    for field in ("flags", "escalates_to", "executives"):
        assert sorted(found[field]) == sorted(wanted[field]), (name, field)
    due = {clock["name"]: _instant(clock["due_at"]) for clock in found["clocks"]}
    assert due == {clock: _instant(at) for clock, at in wanted["clocks"].items()}, name
    assert found["explanation"]
    assert all(isinstance(sentence, str) for sentence in found["explanation"])
    assert set(wanted.get("because", ())) <= set(found["because"]), name


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_every_faulty_work_order_is_told_all_its_faults_and_is_refused(database: str) -> None:
    """TERM, MULTI, MULTI-BILLING, AEM-CONFIRM, FLEX-20, CONTACTS: by the check, and by what stores it."""
    async with office(database) as router:
        for path in FAULTS:
            case = json.loads(path.read_text())
            answer = await router.post("/v1/contracts:check", case["contract"])
            assert answer.status_code == 200, (path.name, answer.text)
            found = {(f["pointer"], f["rule"], f["level"]) for f in answer.json()["faults"]}
            wanted = {(f["pointer"], f["rule"], f.get("level", "fault")) for f in case["faults"]}
            assert found == wanted, path.name
            ok = not any(level == "fault" for _, _, level in wanted)
            assert answer.json()["ok"] is ok
            number = f"WO-{path.stem[:2]}"  # one of its own: what was stored before is answered with 200
            stored = await router.put(f"/v1/contracts/{number}", case["contract"] | {"number": number})
            assert stored.status_code == (201 if ok else 422), (path.name, stored.text)
            if not ok:
                problem = stored.json()
                assert stored.headers["content-type"] == "application/problem+json"
                assert {(e["pointer"], e.get("rule")) for e in problem["errors"]} == {
                    (pointer, rule) for pointer, rule, level in wanted if level == "fault"
                }


async def test_a_contract_is_new_once_and_its_version_counts_what_changed(database: str) -> None:
    async with office(database) as router:
        first = await router.put("/v1/contracts/WO-1", work_order())
        assert (first.status_code, first.headers["etag"]) == (201, 'W/"1"')
        again = await router.put("/v1/contracts/WO-1", work_order())
        assert (again.status_code, again.headers["etag"]) == (200, 'W/"1"')
        changed = await router.put("/v1/contracts/WO-1", work_order(customer="Steppe Telecom JSC"))
        assert (changed.status_code, changed.headers["etag"]) == (200, 'W/"2"')
        read = await router.web.get("/v1/contracts/WO-1")
        assert read.headers["etag"] == 'W/"2"'
        assert read.json() == changed.json()
        back = await router.put("/v1/contracts/WO-1", read.json())
        assert back.headers["etag"] == 'W/"2"', "what is read can be put as it is"


async def test_who_changed_a_contract_when_and_to_what_stays_on_the_record(database: str) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        router.time.move_to(datetime.fromisoformat("2026-02-05T10:00:00+00:00"))
        async with router.with_key("manage") as web:
            answer = await web.put("/v1/contracts/WO-1", json=work_order(customer="Steppe Telecom JSC"))
            assert answer.status_code == 200
        found = (await router.get("/v1/contracts/WO-1/history"))["items"]
        assert [(v["version"], v["by"], v["body"]["customer"]) for v in found] == [
            (1, "admin", "Steppe Telecom"), (2, "manage", "Steppe Telecom JSC"),
        ]  # fmt: skip
        assert found[1]["at"] == "2026-02-05T10:00:00Z"


async def test_of_two_changes_to_the_same_version_one_is_told_that_it_came_late(database: str) -> None:
    async with office(database) as router, office(database, router.time) as other:
        await router.stores(work_order())
        answers = await asyncio.gather(
            *(
                replica.put("/v1/contracts/WO-1", work_order(customer=f"Customer {n}"), **{"If-Match": 'W/"1"'})
                for n, replica in enumerate((router, other, router, other))
            )
        )
        assert sorted(a.status_code for a in answers) == [200, 412, 412, 412]


async def test_contracts_are_listed_by_number_in_pages(database: str) -> None:
    async with office(database) as router:
        for n in range(5):
            await router.stores(work_order(number=f"WO-{n}"))
        first = await router.get("/v1/contracts", limit="3")
        assert [c["number"] for c in first["items"]] == ["WO-0", "WO-1", "WO-2"]
        rest = await router.get("/v1/contracts", limit="3", cursor=first["next"])
        assert ([c["number"] for c in rest["items"]], rest["next"]) == (["WO-3", "WO-4"], None)


async def test_a_bound_key_sees_its_own_contract_and_no_trace_of_another(database: str) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        await router.stores(work_order(number="WO-2", customer="Other"))
        async with router.with_key("view", "manage", contracts=["WO-2"]) as web:
            assert [c["number"] for c in (await web.get("/v1/contracts")).json()["items"]] == ["WO-2"]
            for path in ("WO-1", "WO-1/balances", "WO-1/history"):
                assert (await web.get(f"/v1/contracts/{path}")).status_code == 404
            assert (await web.put("/v1/contracts/WO-1", json=work_order())).status_code == 404
            assert (await web.put("/v1/contracts/WO-3", json=work_order(number="WO-3"))).status_code == 404
            for path in ("/v1/people", "/v1/rotations"):
                assert (await web.get(path)).json()["items"] == []
            roster = (await web.get("/v1/roster")).json()
            assert [roster["gaps"], *(role["people"] for role in roster["on_call"] if role["people"])] == [[]]
            assert (await web.get("/v1/keys")).status_code == 404
            body = {"incident": incident(contract="WO-1"), "at": "2026-02-04T09:00:00Z"}
            assert "no-contract" in (await web.post("/v1/simulations", json=body)).json()["flags"]


async def test_without_a_key_401_and_without_the_scope_403(database: str) -> None:
    async with office(database) as router, router.with_key("report") as web:
        for method, path in (
            ("GET", "/v1/contracts"), ("PUT", "/v1/contracts/WO-1"), ("POST", "/v1/contracts:check"), ("GET", "/v1/queues"),
            ("POST", "/v1/queues/problem-resolution/claims"), ("GET", "/v1/people"), ("GET", "/v1/roster"),
            ("POST", "/v1/keys"), ("POST", "/v1/simulations"),
        ):  # fmt: skip
            assert (await web.request(method, path)).status_code == 403, path
            assert (await web.request(method, path, headers={"Authorization": ""})).status_code == 401, path


@pytest.mark.parametrize(
    "body",
    [b"", b"[", b"[]", b"null", b'"WO-1"', b'{"number": NaN}', b'{"number": "WO-1\\u0000"}', b'{"number": "\\ud800"}',
     b'{"term": [1], "locations": {"a": 1}, "contacts": "x", "balances": [], "flex": 7, "events": [null]}',
     b'{"number": "WO-1", "zz": 1}', b"[" * 100_000, b'{"term": {"from": "2026-02-30", "to": 7}}'],
)  # fmt: skip
async def test_rubbish_is_a_problem_and_never_a_500(database: str, body: bytes) -> None:
    async with office(database) as router:
        headers = {"content-type": "application/json"}
        for method, path in (("PUT", "/v1/contracts/WO-1"), ("POST", "/v1/simulations"), ("PUT", "/v1/people/ana"),
                             ("POST", "/v1/keys"), ("PUT", "/v1/rotations/x"), ("PUT", "/v1/overrides/x")):  # fmt: skip
            answer = await router.web.request(method, path, content=body, headers=headers)
            assert answer.status_code in (400, 413, 422), (path, answer.status_code, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
        answer = await router.web.post("/v1/contracts:check", content=body, headers=headers)
        assert answer.status_code in (200, 400, 413, 422)


@pytest.mark.parametrize("number", ["a%2Fb", "%00", "x" * 500, "..", "é", "%ff", "a:b"])
async def test_a_strange_number_is_not_found(database: str, number: str) -> None:
    async with office(database) as router:
        assert (await router.web.get(f"/v1/contracts/{number}")).status_code in (400, 404)
        assert (await router.web.get(f"/v1/people/{number}")).status_code in (400, 404)
        assert (await router.web.put(f"/v1/contracts/{number}", json=work_order())).status_code in (400, 404, 422)


async def test_a_simulation_names_every_fault_of_what_it_was_sent(database: str) -> None:
    async with office(database) as router:
        body = {"incident": incident(impact="huge", zz=1), "at": "yesterday", "contract": {"number": "WO-1"}, "foo": 1}
        answer = await router.post("/v1/simulations", body)
        assert answer.status_code == 422
        pointers = {e["pointer"] for e in answer.json()["errors"]}
        assert {"/incident/zz", "/at", "/contract/term", "/foo"} <= pointers


async def test_balances_say_what_is_left_and_when_it_lapses(database: str) -> None:
    """TERM, FLEX-LAPSE, DSE, ONSITE"""
    async with office(database) as router:
        await router.stores(work_order(balances={"onsite_visits": 2, "dse_hours": 40}, services=["base", "onsite"]))
        found = {b["name"]: b for b in (await router.get("/v1/contracts/WO-1/balances"))["items"]}
        assert (found["onsite_visits"]["left"], found["dse_hours"]["left"]) == (2, 40)
        assert found["dse_hours"]["lapses_on"] == "2026-12-31"
        after = (await router.get("/v1/contracts/WO-1/balances", at="2027-01-02T00:00:00Z"))["items"]
        assert {b["left"] for b in after} == {0}


async def test_cancelling_late_may_cost_the_whole_price_and_asking_books_nothing(database: str) -> None:
    """CANCEL-14"""
    booking = {"id": "b1", "service": "assessment", "location": "almaty", "requested_on": "2026-03-01",
               "starts_on": "2026-05-01", "price": 12000}  # fmt: skip
    async with office(database) as router:
        await router.stores(work_order(bookings=[booking]))
        late = await router.post("/v1/contracts/WO-1/bookings/b1/cancellation", {"on": "2026-04-25"})
        assert (late.status_code, late.json()) == (200, {"charge_up_to": 12000, "rule": "CANCEL-14"})
        in_time = await router.post("/v1/contracts/WO-1/bookings/b1/cancellation", {"on": "2026-04-17"})
        assert in_time.json() == {"charge_up_to": 0, "rule": "CANCEL-14"}
        assert (
            await router.post("/v1/contracts/WO-1/bookings/b2/cancellation", {"on": "2026-04-17"})
        ).status_code == 404
        for no_day in ("soon", 1777075200, "1777075200", "2026-04-25T00:00:00Z"):
            refused = await router.post("/v1/contracts/WO-1/bookings/b1/cancellation", {"on": no_day})
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/on")


async def test_credits_convert_between_listed_locations_only(database: str) -> None:
    """CREDITS: whole units, halves to even."""
    async with office(database) as router:
        await router.stores(work_order())
        asked = {"credits": 5, "from": "almaty", "to": "lisbon", "rate": 0.5}
        answer = await router.post("/v1/contracts/WO-1/credits:convert", asked)
        assert (answer.status_code, answer.json()) == (200, {"units": 2, "rule": "CREDITS"})
        refused = await router.post("/v1/contracts/WO-1/credits:convert", asked | {"to": "tokyo"})
        assert (refused.status_code, refused.json()["rule"]) == (409, "CREDITS")
        for wrong in ({"credits": -1}, {"rate": 0}, {"rate": "1"}, {"credits": True}, {"from": None}, {"zz": 1}):
            assert (await router.post("/v1/contracts/WO-1/credits:convert", asked | wrong)).status_code == 422, wrong
        most = await router.post("/v1/contracts/WO-1/credits:convert", asked | {"credits": 10**12 + 1})
        assert most.json()["errors"] == [
            {"pointer": "/credits", "message": "is above 1000000000000, the most that is taken"}
        ]


async def test_the_catalogue_shows_services_severities_and_rules(database: str) -> None:
    async with office(database) as router:
        found = await router.get("/v1/catalogue")
        assert {"base", "rapid-response", "event-management"} <= {service["id"] for service in found["services"]}


async def test_the_frozen_catalogue_stands_in_the_directory_once(database: str) -> None:
    async with office(database) as router, office(database):
        assert await router.one("select count(*) from directory where kind = 'catalogue'") == 1


async def test_a_request_for_what_is_planned_is_answered_with_what_it_is_and_whom_to_ask(database: str) -> None:
    """REQUEST-60, CANCEL-14: it is no incident, and nothing is booked by asking."""
    async with office(database) as router:
        await router.stores(work_order(delivery_manager="dm-ines"))
        answer = await router.post("/v1/contracts/WO-1/requests", {"service": "rap-as-a-service"})
        found = answer.json()
        assert answer.status_code == 200
        assert (found["bought"], found["per_location"], found["delivery_manager"]) == ("add-on", True, "dm-ines")
        assert (found["ask_by"], found["in_time"]) == ("2026-11-01", True)
        assert {"REQUEST-60", "CANCEL-14"} <= {rule["id"] for rule in found["rules"]}
        assert (
            "ask the service delivery manager of the contract, at the latest on 2026-11-01 (REQUEST-60)"
            in (found["text"])
        )
        router.time.passes(days=280)
        late = (await router.post("/v1/contracts/WO-1/requests", {"service": "on-demand-assessment"})).json()
        assert (late["in_time"], late["bought"]) == (False, "included")
        assert "It needs an active Azure service" in late["text"]
        for body in ({"service": "moon-landing"}, {}, {"service": "webcast", "zz": 1}):
            assert (await router.post("/v1/contracts/WO-1/requests", body)).status_code == 422, body
        assert (await router.post("/v1/contracts/WO-9/requests", {"service": "webcast"})).status_code == 404


@pytest.mark.parametrize("folder", [None, Path(__file__).parents[2] / "examples" / "software-house"])
def test_every_service_that_can_be_booked_has_its_answer(folder: Path | None) -> None:
    """REQUEST-60"""
    catalogue = load(folder)
    for name in catalogue.proactive["services"]:
        found = planned(name, contract(), catalogue, date(2026, 2, 4))
        assert found is not None
        assert all(rule["section"] and rule["text"] for rule in found["rules"]), name
