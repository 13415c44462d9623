"""Reading: lists by filter and page, the timeline, the stream: nothing is missed, and nobody sees what is not theirs."""

from __future__ import annotations

import pytest

from events.codec import Fact
from events.escalations import ClockSuperseded
from events.incidents import IncidentMended, IncidentStuck
from events.notifications import Page, PageDeclined, PageDelivered, PageExhausted, PageFailed, PageRequested, PageSent
from tests.harness.intake import Counterpart, clocks_of, intake
from tests.harness.work_orders import incident, work_order


async def _ids(desk: Counterpart, **query: str) -> list[str]:
    return [item["title"] for item in (await desk.get("/v1/incidents", **query))["items"]]


async def test_lists_are_filtered_newest_first(database: str) -> None:
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        start = desk.time.now()
        for title, changes in (
            ("down", {"reference": "R-1"}), ("slow", {"impact": "moderate"}), ("lost", {"contract": None}),
        ):  # fmt: skip
            await desk.has(title=title, **changes)
            desk.time.passes(minutes=1)
        slow = (await desk.get("/v1/incidents", severity="B"))["items"][0]["id"]
        await desk.act(slow, "resolution", {"by": "eng", "note": "done"})
        assert await _ids(desk) == ["lost", "slow", "down"]
        assert await _ids(desk, state="resolved") == ["slow"]
        assert await _ids(desk, severity="1") == ["lost", "down"]
        assert await _ids(desk, queue="entitlement-review") == ["lost"]
        assert await _ids(desk, contract="WO-1") == ["slow", "down"]
        assert await _ids(desk, flag="no-contract") == ["lost"]
        assert await _ids(desk, reference="R-1") == ["down"]
        assert await _ids(desk, owner="nobody") == []
        middle = (start.replace(second=30)).isoformat()
        assert await _ids(desk, opened_after=middle) == ["lost", "slow"]
        assert await _ids(desk, updated_after=desk.time.now().isoformat()) == []


async def test_pages_miss_nothing_and_repeat_nothing_while_new_ones_come(database: str) -> None:
    async with intake(database) as desk:
        for number in range(7):
            await desk.reports(title=f"t{number}")
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = await desk.get("/v1/incidents", limit="3", **({"cursor": cursor} if cursor else {}))
            seen += [item["title"] for item in page["items"]]
            await desk.reports(title="meanwhile")
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == [f"t{number}" for number in range(6, -1, -1)]


async def test_the_timeline_is_whole_in_order_and_a_customer_sees_what_is_theirs(database: str) -> None:
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        id_ = await desk.has()
        await desk.tells("escalation", id_, IncidentStuck("escalation", "clock.started", "a reason"), urgent=True)
        await desk.act(id_, "responses", {"by": "eng", "message": "we look"})
        facts = await desk.timeline(id_)
        assert [fact["type"] for fact in facts] == [
            "incident.reported", "incident.routed", "incident.stuck", "incident.responded",
        ]  # fmt: skip
        assert {"at", "stage", "type", "by", "visibility", "summary", "data"} <= facts[0].keys()
        assert "needs-human" in (await desk.record(id_))["flags"]
        first = await desk.get(f"/v1/incidents/{id_}/timeline", limit="2")
        rest = await desk.get(f"/v1/incidents/{id_}/timeline", limit="2", cursor=first["next"])
        assert [fact["type"] for fact in first["items"] + rest["items"]] == [fact["type"] for fact in facts]
        async with desk.with_key("view", contracts=["WO-1"]) as web:
            theirs = (await web.get(f"/v1/incidents/{id_}/timeline")).json()["items"]
            assert {fact["visibility"] for fact in theirs} == {"customer"}
            assert "incident.stuck" not in [fact["type"] for fact in theirs]
            one = (await web.get(f"/v1/incidents/{id_}/timeline", params={"limit": 2})).json()
            two = (await web.get(f"/v1/incidents/{id_}/timeline", params={"limit": 2, "cursor": one["next"]})).json()
            assert ([len(one["items"]), one["items"] + two["items"]], two["next"]) == ([2, theirs], None)
        async with desk.with_key("view", contracts=["WO-2"]) as web:
            assert (await web.get(f"/v1/incidents/{id_}")).status_code == 404
            assert (await web.get(f"/v1/incidents/{id_}/timeline")).status_code == 404
            assert (await web.get("/v1/incidents")).json()["items"] == []


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/attainment?from=20260101", "from"), ("/v1/attainment?to=2026", "to"), ("/v1/attainment?to=2026-02-30", "to"),
        ("/v1/attainment?to=2026-W06-3", "to"), ("/v1/incidents?opened_after=20991231", "opened_after"),
        ("/v1/incidents?updated_after=1764400000", "updated_after"),
        ("/v1/incidents?opened_after=2026-02-04T09:00:00", "opened_after"),
        ("/v1/incidents?opened_after=0001-01-01T00:00:00%2B14:00", "opened_after"),
    ],
)  # fmt: skip
async def test_an_instant_that_is_none_is_refused_and_no_number_is_taken_for_one(
    database: str, path: str, name: str
) -> None:
    async with intake(database) as desk:
        answer = await desk.web.get(path)
        assert (answer.status_code, [e["pointer"] for e in answer.json()["errors"]]) == (422, [f"/query/{name}"])


async def test_the_openapi_declares_the_headers_that_are_heeded_and_what_is_no_json(database: str) -> None:
    async with intake(database) as desk:
        paths = (await desk.web.get("/openapi.json")).json()["paths"]
        assert list(paths["/v1/stream"]["get"]["responses"]["200"]["content"]) == ["text/event-stream"]
        assert set(paths["/v1/attainment"]["get"]["responses"]["200"]["content"]) == {"application/json", "text/csv"}
        heeded = {
            path: {one["name"] for one in methods["post"].get("parameters", ()) if one["in"] == "header"}
            for path, methods in paths.items()
            if "post" in methods
        }
        assert heeded["/v1/incidents:batch"] == {"Idempotency-Key"}
        assert heeded["/v1/incidents/{id}/responses"] == {"Idempotency-Key", "If-Match", "Prefer"}


async def test_a_bound_key_sees_of_the_pages_those_to_the_customers_own_people(database: str) -> None:
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        id_ = await desk.has()
        for number, (side, to) in enumerate((("provider", "ana"), ("customer", "ceo"))):
            page = Page(f"p-{number}", "executive", side, to, to.title(), 1, "")
            await desk.tells("notifier", id_, PageRequested(page), PageDeclined(page, to, "no"))
        async with desk.with_key("report", "work", "view", contracts=["WO-1"]) as web:
            theirs = (await web.post("/v1/incidents", json=incident(reference="R-1"))).json()["id"]
            await desk.routes(theirs)
            await desk.tells(
                "notifier", theirs, PageRequested(Page("p-2", "executive", "provider", "ana", "Ana", 1, ""))
            )
            repeated = await web.post("/v1/incidents", json=incident(reference="R-1"))
            assert (repeated.status_code, repeated.json()["pages"]) == (200, [])
            answer = await web.post(f"/v1/incidents/{id_}/responses", json={"by": "eng", "message": "we look"})
            listed = (await web.get("/v1/incidents")).json()["items"]
            for shown in (answer.json(), (await web.get(f"/v1/incidents/{id_}")).json(), listed[-1]):
                assert [page["to"] for page in shown["pages"]] == ["ceo"]
        assert [page["to"] for page in (await desk.record(id_))["pages"]] == ["ana", "ceo"]


async def test_a_human_is_needed_until_every_stage_that_was_stuck_is_mended(database: str) -> None:
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        id_ = await desk.has()
        for stage in ("router", "notifier", "router"):
            await desk.tells(stage, id_, IncidentStuck(stage, "x", "y"), urgent=True)
        await desk.tells("router", id_, IncidentMended("router"))
        assert "needs-human" in (await desk.record(id_))["flags"]
        await desk.tells("notifier", id_, IncidentMended("notifier"))
        assert "needs-human" not in (await desk.record(id_))["flags"]
        assert (await desk.timeline(id_))[-1]["summary"] == "Nothing of it waits for a human at notifier any more."


async def test_the_version_counts_actions_and_decisions_and_a_stale_one_is_412(database: str) -> None:
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        id_ = await desk.has()
        version = (await desk.record(id_))["version"]
        await desk.tells("escalation", id_, IncidentStuck("escalation", "x", "y"))
        assert (await desk.record(id_))["version"] == version
        body = {"by": "eng", "message": "we look"}
        done = await desk.act(id_, "responses", body, if_match=f'W/"{version}"')
        assert (done.status_code, done.headers["etag"]) == (200, f'W/"{version + 1}"')
        assert (await desk.act(id_, "responses", body, if_match=f'W/"{version}"')).status_code == 412


async def test_a_contract_that_nobody_knows_has_no_customer(database: str) -> None:
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        id_ = await desk.has()
        body = {"by": "eve", "changes": {"contract": "WO-9"}, "reason": "theirs"}
        corrected = (await desk.act(id_, "corrections", body)).json()
        assert (corrected["contract"], corrected["customer"]) == ("WO-9", None)
        await desk.routes(id_, cause="incident.corrected")
        record = await desk.record(id_)
        assert (record["queue"], record["contract"], record["customer"]) == ("entitlement-review", "WO-9", None)


async def test_all_instants_of_a_record_are_written_alike(database: str) -> None:
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        id_ = await desk.reports()
        fact = await desk.routed(id_)
        await desk.tells("router", id_, fact)
        await desk.starts_clocks(id_, fact)
        await desk.tells("escalation", id_, *(ClockSuperseded(clock, "resolved") for clock in clocks_of(fact)))
        clocks = (await desk.record(id_))["clocks"]
        instants = [clock[name] for clock in clocks for name in ("started_at", "due_at", "stopped_at")]
        assert instants
        assert all(instant.endswith("Z") for instant in instants)


async def test_a_page_is_shown_as_the_best_that_its_attempts_came_to(database: str) -> None:
    """The notifier's own word for it: a later attempt that fails, or only left, takes nothing back."""

    def page(attempts: int) -> Page:
        return Page("p-1", "duty-manager", "provider", "dan", "Dan", attempts, "nobody is on call")

    facts: list[tuple[Fact, str]] = [
        (PageRequested(page(0)), "waiting"), (PageFailed(page(1), "email", "451"), "waiting"),
        (PageSent(page(2), "email", "d…"), "sent"), (PageFailed(page(3), "webhook", "503"), "sent"),
        (PageSent(page(4), "webhook", "h…"), "sent"), (PageDelivered(page(4), "webhook"), "delivered"),
        (PageSent(page(5), "email", "d…"), "delivered"), (PageFailed(page(6), "webhook", "503"), "delivered"),
        (PageExhausted(page(6)), "exhausted"),
    ]  # fmt: skip
    async with intake(database) as desk:
        id_ = await desk.has()
        for fact, state in facts:
            await desk.tells("notifier", id_, fact)
            (shown,) = (await desk.record(id_))["pages"]
            assert shown["state"] == state, fact
