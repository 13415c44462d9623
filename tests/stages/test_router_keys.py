"""Keys that are made twice with one `Idempotency-Key`: one key, and what opens doors is shown once."""

from __future__ import annotations

import asyncio

from tests.harness.router import office

WANTED = {"name": "portal", "scopes": ["report", "view"], "contracts": ["WO-1"]}


async def test_a_key_whose_answer_was_lost_is_made_again_and_is_the_same_key_shown_no_more(database: str) -> None:
    async with office(database) as router, office(database, router.time) as other:
        asked = [(router, other)[n % 2].post("/v1/keys", WANTED, **{"Idempotency-Key": "one"}) for n in range(10)]
        answers = await asyncio.wait_for(asyncio.gather(*asked), 30)
        assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
        (shown,) = [answer.json()["key"] for answer in answers if answer.status_code == 201]
        assert {answer.json()["key"] for answer in answers} == {shown, None}
        (made,) = (await router.get("/v1/keys"))["items"]
        assert {answer.json()["id"] for answer in answers} == {made["id"]}
        again = await router.post("/v1/keys", {**WANTED, "scopes": ["view", "report"]}, **{"Idempotency-Key": "one"})
        assert again.json() == {**made, "key": None}
        assert again.headers["cache-control"] == "no-store"
        seen = await other.web.get("/v1/queues", headers={"Authorization": f"Bearer {shown}"})
        assert seen.status_code == 200


async def test_an_idempotency_key_belongs_to_one_key_of_one_maker_for_a_day(database: str) -> None:
    async with office(database) as router:
        one = {"Idempotency-Key": "one"}
        first = (await router.post("/v1/keys", WANTED, **one)).json()
        refused = await router.post("/v1/keys", {**WANTED, "contracts": None}, **one)
        assert (refused.status_code, refused.json()["type"].split("/")[-1]) == (409, "idempotency-conflict")
        assert (await router.post("/v1/queues/rapid-response/claims", {"by": "eng"}, **one)).status_code == 204
        async with router.with_key("manage") as colleague:
            assert (await colleague.post("/v1/keys", json=WANTED, headers=one)).status_code == 201
        assert (await router.web.delete(f"/v1/keys/{first['id']}")).status_code == 204
        revoked = await router.post("/v1/keys", WANTED, **one)
        assert (revoked.status_code, "key" in revoked.json()) == (404, False), "what was revoked is not made again"
        assert (await router.post("/v1/keys", WANTED)).status_code == 201
        router.time.passes(hours=25)
        assert (await router.post("/v1/keys", WANTED, **one)).status_code == 201
