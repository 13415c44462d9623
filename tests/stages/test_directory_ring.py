"""A key that was made a moment ago, by another replica: it is known wherever it is shown, however many come with it at once."""

from __future__ import annotations

import asyncio

from tests.harness.router import Office, office


async def _made(router: Office) -> dict[str, str]:
    answer = await router.post("/v1/keys", {"name": "portal", "scopes": ["view"]})
    return {"Authorization": f"Bearer {answer.json()['key']}"}


async def _statuses(router: Office, *headers: dict[str, str]) -> set[int]:
    asked = (router.web.get("/v1/queues", headers=one) for one in headers)
    return {answer.status_code for answer in await asyncio.gather(*asked)}


async def test_a_new_key_is_known_to_all_who_come_with_it_at_once(database: str) -> None:
    async with office(database) as router, office(database, router.time) as other:
        assert await _statuses(other, *[await _made(router)] * 20) == {200}


async def test_a_new_key_is_known_though_somebody_came_with_none_a_moment_before(database: str) -> None:
    async with office(database) as router, office(database, router.time) as other:
        for _ in range(3):
            assert await _statuses(other, {"Authorization": "Bearer crk_nobody-s"}) == {401}
            assert await _statuses(other, await _made(router)) == {200}
