"""More than can be taken: who comes too late is told when to come again, and nothing that was taken is lost."""

from __future__ import annotations

import asyncio
from collections import Counter

from tests.harness.intake import intake
from tests.harness.statements import statements
from tests.harness.work_orders import incident


async def test_a_full_queue_is_429_with_when_to_come_again_and_all_others_are_taken(database: str) -> None:
    async with intake(database, accept_queue=5) as desk:
        answers = await asyncio.gather(
            *(desk.web.post("/v1/incidents", json=incident(title=f"report {n}")) for n in range(60))
        )
        counts = Counter(answer.status_code for answer in answers)
        assert counts[201] >= 5
        assert counts[429] > 0
        assert counts[201] + counts[429] == 60
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.headers["content-type"] == "application/problem+json"
        assert int(refused.headers["retry-after"]) >= 1
        there = (await desk.get("/v1/incidents", limit="100"))["items"]
        assert len(there) == counts[201]


async def test_a_flood_of_unknown_keys_is_no_load_on_the_database(database: str) -> None:
    async with intake(database) as desk:
        async with statements(desk.ground.engine) as asked:
            await desk.get("/v1/incidents")
            for _ in range(5):
                answers = await asyncio.gather(
                    *(
                        desk.web.get("/v1/incidents", headers={"Authorization": f"Bearer wrong-{number}"})
                        for number in range(60)
                    )
                )
                assert {answer.status_code for answer in answers} == {401}
        assert 0 < len(asked) < 60
