"""Escalation over HTTP: clocks, escalations, proposals, policies; and whose they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backbone.web.keys import hash_of
from escalation.policies import store as policy_store
from escalation.policies.policy import shipped, to_json
from services.yaml_text import read_yaml
from tests.harness.escalation import ADMIN, Watch, report, watch

CUSTOMER = "crk_customer"


@pytest_asyncio.fixture
async def desk(database: str) -> AsyncIterator[Watch]:
    async with watch(database) as found:
        await found.stores("contract", "WO-1", found.work_order)
        key = {"name": "wo-2", "scopes": ["view", "manage"], "contracts": ["WO-2"], "hash": hash_of(CUSTOMER)}
        await found.stores("key", "k2", key)
        await found.rests()
        yield found


async def put(desk: Watch, name: str, body: Any, key: str = ADMIN, **headers: str) -> Any:
    return await desk.web.put(
        f"/v1/policies/{name}", json=body, headers={"Authorization": f"Bearer {key}", **headers}
    )  # fmt: skip


async def test_clocks_are_listed_as_they_are_due_and_narrowed_down(desk: Watch) -> None:
    await desk.happens("one")
    await desk.happens("two", "minimal")
    found = await desk.clocks()
    assert [c["due_at"] for c in found] == sorted(c["due_at"] for c in found)
    assert {c["incident"] for c in await desk.clocks(incident="INC-000002")} == {"two"}
    assert len(await desk.clocks(due_before="2026-02-04T10:15:00.001Z")) == 2
    assert await desk.clocks(side="customer") == []
    assert await desk.clocks(state="met") == []
    first = await desk.get("/v1/clocks", limit="3")
    rest = await desk.get("/v1/clocks", limit="3", cursor=first["next"])
    assert [c["id"] for c in first["items"] + rest["items"]] == [c["id"] for c in found]
    assert rest["next"] is None


@pytest.mark.parametrize(
    "query",
    ["state=lost", "side=nobody", "due_before=yesterday", "cursor=x", "limit=0", "due_before=2026-01-01T00:00:00"],
)
async def test_bad_parameters_are_422(desk: Watch, query: str) -> None:
    answer = await desk.web.get(f"/v1/clocks?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize("path", ["/v1/clocks", "/v1/escalations", "/v1/proposals", "/v1/policies"])
async def test_a_key_bound_to_another_contract_sees_nothing(desk: Watch, path: str) -> None:
    await desk.happens("one")
    await desk.passes(minutes=16)
    assert await desk.get(path, key=CUSTOMER) == {"items": [], "next": None}
    assert (await desk.get(path))["items"] or path == "/v1/proposals"
    answer = await desk.web.get(path, headers={"Authorization": "Bearer nobody"})
    assert answer.status_code == 401


async def test_a_bound_key_sees_its_own(desk: Watch) -> None:
    what = report(contract="WO-2")
    await desk.says("intake", "theirs", desk.reported("theirs", what))
    await desk.rests()
    await desk.passes(minutes=3)
    found = await desk.get("/v1/clocks", key=CUSTOMER)
    assert [(c["incident"], c["name"], c["state"]) for c in found["items"]] == [("theirs", "unrouted", "breached")]


async def test_a_customer_is_not_told_whom_we_called(desk: Watch) -> None:
    await desk.says("intake", "theirs", desk.reported("theirs", report(contract="WO-2")))
    await desk.rests()
    await desk.passes(minutes=3)
    assert [one["incident"] for one in (await desk.get("/v1/escalations"))["items"]] == ["theirs"]
    assert await desk.get("/v1/escalations", key=CUSTOMER, incident="theirs") == {"items": [], "next": None}


async def test_the_shipped_policy_is_there_until_another_is_stored(desk: Watch) -> None:
    found = await desk.get("/v1/policies/default")
    assert (found["version"], found["levels"]) == (0, to_json(shipped())["levels"])
    stored = await put(desk, "default", {"levels": [{"after": "PT5M", "role": "executive"}]})
    assert (stored.status_code, stored.json()["version"], stored.headers["etag"]) == (200, 1, 'W/"1"')
    again = await put(desk, "default", {"name": "default", "levels": [{"after": "PT5M", "role": "executive"}]})
    assert again.json()["version"] == 1
    assert [p["name"] for p in (await desk.get("/v1/policies"))["items"]] == ["default"]
    history = (await desk.get("/v1/policies/default/history"))["items"]
    assert [(p["version"], p["by"]) for p in history] == [(1, "admin"), (0, "critsit")]
    stale = await put(desk, "default", {"levels": [{"after": "PT0M", "role": "executive"}]}, **{"If-Match": '"0"'})
    assert stale.status_code == 412


async def test_all_faults_of_a_policy_are_told_at_once(desk: Watch) -> None:
    body = {
        "name": "other", "applies_to": {"clocks": [], "severities": ["1", "zz"]},
        "levels": [{"after": "soon", "role": "king"}, {"after": "PT5M", "role": "executive"},
                   {"after": "PT1M", "role": "executive"}],
    }  # fmt: skip
    answer = await put(desk, "mine", body)
    assert answer.status_code == 422
    assert {e["pointer"] for e in answer.json()["errors"]} == {
        "/levels/0/role", "/levels/0/after", "/levels/2/after", "/applies_to/clocks",
        "/applies_to/severities/1",
    }  # fmt: skip
    assert (await put(desk, "mine", {"levels": [], "colour": 1})).status_code == 422
    assert (await put(desk, "mine", [])).status_code == 422
    assert (await put(desk, "mine", {"name": "other", "levels": [{"after": "PT0M", "role": "executive"}]})).json()[
        "errors"
    ][0]["pointer"] == "/name"


async def test_a_customers_key_reads_and_writes_no_policy(desk: Watch) -> None:
    body = {"levels": [{"after": "PT0M", "role": "executive"}]}
    assert (await put(desk, "default", body, CUSTOMER)).status_code == 404
    answer = await desk.web.get("/v1/policies/default", headers={"Authorization": f"Bearer {CUSTOMER}"})
    assert answer.status_code == 404


async def test_an_incident_climbs_the_policy_that_it_was_reported_under(desk: Watch) -> None:
    await put(desk, "fast", {
        "applies_to": {"clocks": ["first_response"], "severities": ["1"]},
        "levels": [{"after": "PT2M", "role": "executive"}, {"after": "PT4M", "role": "delivery-manager"}],
    })  # fmt: skip
    await desk.happens("one")
    await put(desk, "fast", {"levels": [{"after": "PT0M", "role": "cloud-operations"}]})
    await desk.said()
    await desk.passes(minutes=16)
    assert [d["clock"] for _, d in await desk.said("escalation.raised")] == ["crisis_manager"]
    await desk.passes(minutes=1)
    assert [(d["role"], d["level"], d["policy"]) for _, d in await desk.said("escalation.raised")] == [
        ("executive", 1, "fast")
    ]
    await desk.passes(minutes=2)
    assert [(d["role"], d["level"]) for _, d in await desk.said("escalation.raised")] == [("delivery-manager", 2)]
    await desk.happens("two")
    await desk.passes(minutes=16)
    roles = {d["role"] for _, d in await desk.said("escalation.raised") if d["clock"] == "first_response"}
    assert roles == {"cloud-operations"}


async def test_a_level_of_the_far_future_is_refused_and_one_that_was_stored_hinders_no_breach(desk: Watch) -> None:
    levels = [{"after": "PT0M", "role": "duty-manager"}, {"after": "PT99999999H", "role": "executive"}]
    answer = await put(desk, "far", {"levels": levels})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/levels/1/after")
    async with desk.ground.transactions() as tx:
        await policy_store.insert(tx, "far", 1, {"name": "far", "levels": levels}, "an earlier release")
    await desk.happens("one")
    await desk.passes(minutes=20)
    raised = {(d["clock"], d["level"]) for _, d in await desk.said("escalation.raised") if d["policy"] == "far"}
    assert raised == {("crisis_manager", 1), ("first_response", 1)}


async def test_no_version_of_a_policy_is_ever_changed(desk: Watch) -> None:
    await put(desk, "mine", {"levels": [{"after": "PT0M", "role": "executive"}]})
    for sql in ("update policy set by = 'nobody'", "delete from policy"):
        with pytest.raises(DBAPIError, match="never changed"):
            async with desk.ground.engine.begin() as connection:
                await connection.execute(text(sql))


def test_the_example_is_the_policy_that_ships() -> None:
    example = Path(__file__).parents[2] / "examples" / "policies" / "default.yaml"
    assert read_yaml(example.read_text("utf-8")) == to_json(shipped())


async def test_the_metrics_are_all_there_and_count(desk: Watch) -> None:
    await desk.happens("one")
    await desk.passes(minutes=16)
    answer = await desk.web.get("/metrics")
    assert 'critsit_clocks_total{name="first_response",outcome="breached",side="provider"} 1.0' in answer.text
    assert 'critsit_clocks_total{name="customer_reply",outcome="met",side="customer"} 0.0' in answer.text
    assert "critsit_clock_breach_noticed_seconds_count 2.0" in answer.text
