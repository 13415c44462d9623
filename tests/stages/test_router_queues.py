"""Queues and claims: the one that is due first, never to two people, and never missed because somebody looks at it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from events.incidents import (
    ImpactChanged,
    IncidentReopened,
    IncidentResolved,
    IncidentResponded,
    IncidentUpdated,
    OwnerRequested,
)
from tests.harness.router import Office, office, person
from tests.harness.rows_read import count_rows_read
from tests.harness.work_orders import work_order

QUEUE = "/v1/queues/problem-resolution"


async def _with_three(router: Office) -> None:
    """Three open incidents; `late` was reported first, `now` is due first."""
    await router.stores(work_order())
    await router.employs(person("eng", "engineer"), person("raj", "engineer"))
    for name, impact in (("late", "minimal"), ("soon", "critical_degraded"), ("now", "critical_down")):
        await router.reports(name, impact=impact)


async def test_a_claim_takes_the_one_that_is_due_first_and_says_whose_it_is(database: str) -> None:
    async with office(database) as router:
        await _with_three(router)
        for name in ("now", "soon", "late"):
            found = (await router.post(f"{QUEUE}/claims", {"by": "eng"})).json()
            assert (found["incident"], found["number"]) == (name, f"INC-{name}")
            assert found["owner"] == {"id": "eng", "name": "Eng"}
            assert found["due_at"].endswith("Z")
        assert (await router.post(f"{QUEUE}/claims", {"by": "eng"})).status_code == 204
        changed = await router.said_of("owner.changed")
        assert [(one["by"], one["person"], one["name"]) for one in changed] == [("eng", "eng", "Eng")] * 3


async def test_what_was_answered_yesterday_is_behind_what_is_new_and_what_owes_nothing_is_behind_all(
    database: str,
) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        for name in ("answered-1", "answered-2"):
            await router.reports(name, impact="moderate")
            await router.tells(name, IncidentResponded("eng", "We look at it."))
        router.time.passes(hours=24)
        await router.reports("new", impact="critical_down")
        await router.reports("minor", impact="minimal")
        order = ["new", "minor", "answered-1", "answered-2"]
        pages, cursor = list[dict[str, Any]](), None
        while cursor is not None or not pages:
            page = await router.get(f"{QUEUE}/incidents", limit="1", **({"cursor": cursor} if cursor else {}))
            pages, cursor = [*pages, *page["items"]], page["next"]
        assert [item["incident"] for item in pages] == order
        assert [item["due_at"] for item in pages] == ["2026-02-05T09:15:00Z", "2026-02-06T04:30:00Z", None, None]
        assert await _next_due(router) == "2026-02-05T09:15:00Z"
        claims = [(await router.post(f"{QUEUE}/claims", {"by": "eng"})).json() for _ in order]
        assert [(claim["incident"], claim["due_at"]) for claim in claims] == [
            (item["incident"], item["due_at"]) for item in pages
        ]
        assert await _next_due(router) is None


async def test_after_the_answer_the_next_update_is_what_is_due(database: str) -> None:
    """RSM-ESCALATION-1: from the submission, then from the last update; a response is no update."""
    async with office(database) as router:
        await router.stores(work_order())
        await router.reports("inc", impact="critical_degraded")
        assert await _next_due(router) == "2026-02-04T10:00:00Z", "the answer"
        router.time.passes(minutes=30)
        await router.tells("inc", IncidentUpdated("eng", "We look at it."))
        assert await _next_due(router) == "2026-02-04T10:00:00Z", "an update is no answer"
        await router.tells("inc", IncidentResponded("eng", "Found."))
        assert await _next_due(router) == "2026-02-04T13:30:00Z"
        router.time.passes(hours=1)
        await router.tells("inc", IncidentUpdated("eng", "Nearly there."))
        assert await _next_due(router) == "2026-02-04T14:30:00Z"


async def test_another_severity_is_due_by_its_own_terms_and_what_was_met_stays_met(database: str) -> None:
    """SEV-CHANGE: there is no second first response, and updates that were given count."""
    async with office(database) as router:
        await router.stores(work_order())
        await router.reports("inc", impact="moderate")
        router.time.passes(hours=1)
        await router.tells("inc", IncidentResponded("eng", "We look at it."))
        assert await _next_due(router) is None
        for hours, impact, due in (
            (1, "critical_degraded", "2026-02-04T15:00:00Z"),
            (1, "critical_down", "2026-02-04T13:00:00Z"),
            (1, "critical_degraded", "2026-02-04T16:00:00Z"),
            (1, "minimal", None),
        ):
            router.time.passes(hours=hours)
            await router.tells("inc", ImpactChanged("cust", impact, "it changes"))
            assert await _next_due(router) == due, impact


async def test_reopened_everything_that_is_owed_counts_from_then(database: str) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        for name in ("inc", "silent"):
            await router.reports(name)
        await router.tells("inc", IncidentResponded("eng", "We look at it."), IncidentResolved("eng", "done"))
        await router.tells("silent", IncidentResolved("eng", "done"))
        assert await _next_due(router) is None
        router.time.passes(hours=5)
        await router.tells("inc", IncidentReopened("cust", "it is not"))
        assert await _next_due(router) == "2026-02-04T15:00:00Z", "an update"
        await router.tells("silent", IncidentReopened("cust", "nobody asked us"))
        assert await _next_due(router) == "2026-02-04T14:15:00Z", "the answer"


async def test_a_desk_that_was_written_before_answers_were_heard_is_right_with_the_next_one(database: str) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        await router.reports("inc", impact="moderate")
        async with router.ground.transactions() as tx:
            await tx.execute("update desk set doc = doc - 'responded' - 'anew'")
        await router.tells("inc", OwnerRequested("eng", None))
        assert await _next_due(router) == "2026-02-04T11:00:00Z"
        await router.tells("inc", IncidentResponded("eng", "And once more."))
        assert await _next_due(router) is None


async def test_a_page_far_behind_costs_as_much_as_the_first_also_where_some_owe_nothing(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        names = [f"inc-{number:03}" for number in range(400)]
        for some in (names[first : first + 100] for first in range(0, 400, 100)):
            await router.hears([router.reported(name, impact="moderate") for name in some])
        for some in (names[:100], names[100:200]):
            await router.hears([router.event(name, IncidentResponded("eng", "We look at it.")) for name in some])
        read, cursor, costs = count_rows_read(monkeypatch), None, []
        for _ in range(40):
            before = read.taken()
            page = await router.get(f"{QUEUE}/incidents", limit="10", **({"cursor": cursor} if cursor else {}))
            costs, cursor = [*costs, read.rows - before], page["next"]
        assert cursor is None
        assert max(costs[1:]) <= 60, costs  # the first counts what the writing before it read


async def _next_due(router: Office) -> str | None:
    found = {item["name"]: item for item in (await router.get("/v1/queues"))["items"]}
    due: str | None = found["problem-resolution"]["next_due_at"]
    return due


async def test_what_is_handed_back_is_claimed_again_and_what_is_resolved_is_not(database: str) -> None:
    async with office(database) as router:
        await _with_three(router)
        for _ in range(2):
            await router.post(f"{QUEUE}/claims", {"by": "eng"})
        await router.tells("now", IncidentResolved("eng", "done"), OwnerRequested("eng", None))
        await router.tells("soon", OwnerRequested("eng", None))
        assert (await router.post(f"{QUEUE}/claims", {"by": "raj"})).json()["incident"] == "soon"


async def test_a_claim_for_a_language_takes_only_what_is_in_it(database: str) -> None:
    """LANG: a queue in another language bears it in its name."""
    async with office(database) as router:
        await _with_three(router)
        await router.reports("kazakh", language="kk", location="almaty")
        kazakh = f"{QUEUE}/kk/claims"
        assert (await router.post(kazakh, {"by": "eng", "languages": ["en"]})).status_code == 204
        found = await router.post(kazakh, {"by": "eng", "languages": ["en", "KK-kz"]})
        assert found.json()["incident"] == "kazakh"


async def test_fifty_claims_at_once_get_fifty_incidents(database: str) -> None:
    async with office(database) as router, office(database, router.time) as other:
        await router.stores(work_order())
        await router.hears([router.reported(f"inc-{n}", impact="moderate") for n in range(50)])
        claims = [(router, other)[n % 2].post(f"{QUEUE}/claims", {"by": f"eng-{n}"}) for n in range(60)]
        answers = await asyncio.wait_for(asyncio.gather(*claims), 30)
        taken = [answer.json()["incident"] for answer in answers if answer.status_code == 200]
        assert sorted(taken) == sorted(f"inc-{n}" for n in range(50))
        assert [answer.status_code for answer in answers].count(204) == 10


async def test_a_claim_waits_for_the_only_one_that_somebody_is_looking_at(database: str) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        await router.reports("only")
        async with router.ground.transactions() as tx:
            await tx.lock(["only"], make=False)
            claiming = asyncio.create_task(router.post(f"{QUEUE}/claims", {"by": "eng"}))
            done, _ = await asyncio.wait([claiming], timeout=0.2)
            assert not done, "it neither says that the queue is empty, nor takes what is in somebody's hands"
        assert (await asyncio.wait_for(claiming, 5)).json()["incident"] == "only"


async def test_a_claim_whose_answer_was_lost_is_made_again_with_its_key_and_is_the_same_claim(database: str) -> None:
    async with office(database) as router, office(database, router.time) as other:
        await _with_three(router)
        claims = [
            (router, other)[n % 2].post(f"{QUEUE}/claims", {"by": "eng"}, **{"Idempotency-Key": "one"})
            for n in range(20)
        ]
        answers = [answer.json() for answer in await asyncio.wait_for(asyncio.gather(*claims), 30)]
        assert [answer["incident"] for answer in answers] == ["now"] * 20
        assert len(await router.said_of("owner.changed")) == 1
        assert (await router.post(f"{QUEUE}/claims", {"by": "eng"})).json()["incident"] == "soon"
        await router.tells("now", OwnerRequested("eng", "raj"))
        again = (await router.post(f"{QUEUE}/claims", {"by": "eng"}, **{"Idempotency-Key": "one"})).json()
        assert (again["incident"], again["owner"]) == ("now", {"id": "raj", "name": "Raj"}), "as it is now"


async def test_a_key_belongs_to_one_claim_of_one_sender_for_a_day(database: str) -> None:
    async with office(database) as router:
        await _with_three(router)
        key = {"Idempotency-Key": "one"}
        assert (await router.post("/v1/queues/hotfix/claims", {"by": "eng"}, **key)).status_code == 204
        first = await router.post(f"{QUEUE}/claims", {"by": "eng"}, **key)
        assert first.json()["incident"] == "now", "an empty queue uses up no key"
        refused = await router.post(f"{QUEUE}/claims", {"by": "raj"}, **key)
        assert (refused.status_code, refused.json()["type"].split("/")[-1]) == (409, "idempotency-conflict")
        assert refused.json()["incident"] == "/v1/incidents/now"
        made = (await router.post("/v1/keys", {"name": "desk", "scopes": ["work"]})).json()["key"]
        theirs = await router.post(f"{QUEUE}/claims", {"by": "eng"}, Authorization=f"Bearer {made}", **key)
        assert theirs.json()["incident"] == "soon"
        assert (await router.post(f"{QUEUE}/claims", {"by": "eng"}, **{"Idempotency-Key": ""})).status_code == 400
        router.time.passes(hours=25)
        assert (await router.post(f"{QUEUE}/claims", {"by": "eng"}, **key)).json()["incident"] == "late"


async def test_a_queue_is_read_in_pages_that_miss_nothing_while_incidents_leave_it(database: str) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        for number in range(6):
            await router.reports(f"inc-{number}", impact="moderate")
            router.time.passes(minutes=1)
        first = await router.get(f"{QUEUE}/incidents", limit="3")
        assert [item["incident"] for item in first["items"]] == ["inc-0", "inc-1", "inc-2"]
        await router.tells("inc-0", IncidentResolved("eng", "done"))
        second = await router.get(f"{QUEUE}/incidents", limit="3", cursor=first["next"])
        assert [item["incident"] for item in second["items"]] == ["inc-3", "inc-4", "inc-5"]
        assert second["next"] is None


async def test_counts_say_what_is_open_what_waits_and_when_the_first_is_due(database: str) -> None:
    async with office(database) as router:
        await _with_three(router)
        await router.post(f"{QUEUE}/claims", {"by": "eng"})
        found = {item["name"]: item for item in (await router.get("/v1/queues"))["items"]}
        queue = found["problem-resolution"]
        assert (queue["open"], queue["waiting"], queue["next_due_at"]) == (3, 2, "2026-02-04T10:00:00Z")
        assert found["rapid-response"] == {"name": "rapid-response", "open": 0, "waiting": 0, "next_due_at": None}


async def test_the_queues_themselves_are_read_in_pages(database: str) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        for name, language, place in (("kazakh", "kk", "almaty"), ("portuguese", "pt", "lisbon")):
            await router.reports(name, language=language, location=place)
        whole = [item["name"] for item in (await router.get("/v1/queues"))["items"]]
        found: list[str] = []
        cursor: str | None = None
        while True:
            page = await router.get("/v1/queues", limit="2", **({"cursor": cursor} if cursor else {}))
            found += [item["name"] for item in page["items"]]
            if (cursor := page["next"]) is None:
                break
        assert found == whole
        assert "problem-resolution/kk" in found
        for bad in ({"limit": "0"}, {"limit": "x"}, {"cursor": "x"}):
            assert (await router.web.get("/v1/queues", params=bad)).status_code == 422


async def test_a_bound_key_counts_and_claims_its_own_alone(database: str) -> None:
    async with office(database) as router:
        await router.stores(work_order(number="WO-2"))
        await _with_three(router)
        async with router.with_key("work", "view", contracts=["WO-2"]) as web:
            assert (await web.post(f"{QUEUE}/claims", json={"by": "eve"})).status_code == 204
            items = (await web.get("/v1/queues")).json()["items"]
            assert sum(item["open"] for item in items) == 0
            assert (await web.get(f"{QUEUE}/incidents")).json()["items"] == []


async def test_a_forged_cursor_is_a_problem_with_its_pointer(database: str) -> None:
    async with office(database) as router:
        for cursor in ("x", "WyJ4IiwieSJd", "WyIwMDAxLTAxLTAxIiwieSJd"):
            answer = await router.web.get(f"{QUEUE}/incidents", params={"cursor": cursor})
            assert answer.status_code in (200, 422), (cursor, answer.text)
            if answer.status_code == 422:
                assert answer.json()["errors"][0]["pointer"] == "/query/cursor"
