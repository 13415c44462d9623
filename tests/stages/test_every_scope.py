"""Every route, asked with one key of each scope that there is: who has none of those that it wants is refused.

What a route wants is read from the OpenAPI, so that no new route is left out of this.
"""

from __future__ import annotations

import re

import httpx2
import pytest

from tests.harness.world import World, world

SCOPES = ("report", "work", "manage", "view")


async def _wanted(there: World) -> list[tuple[str, str, set[str]]]:
    """(METHOD, path, scopes of which one is enough), of the routes that want a key."""
    paths = (await there.gets("/openapi.json"))["paths"]
    found = [
        (method.upper(), path, set(re.findall("|".join(SCOPES), told["x-scope"])))
        for path, methods in paths.items()
        for method, told in methods.items()
        if "x-public" not in told
    ]
    assert len(found) > 60
    assert all(scopes for _, _, scopes in found), found
    return found


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_key_of_another_scope_is_403_and_one_of_the_right_scope_is_not(database: str, scope: str) -> None:
    async with world(database) as there:
        made = (await there.web.post("/v1/keys", json={"name": "one", "scopes": [scope]})).json()
        headers = {"Authorization": f"Bearer {made['key']}", "Content-Type": "application/json"}
        transport = there.web._transport
        async with httpx2.AsyncClient(transport=transport, base_url="http://critsit", headers=headers) as web:
            for method, path, scopes in await _wanted(there):
                if path == "/v1/stream" and scope in scopes:
                    continue  # it has no end here
                answer = await web.request(method, re.sub(r"\{[^}]*\}", "x1", path), content=b"{}")
                assert (answer.status_code == 403) is (scope not in scopes), (method, path, scopes, answer.text)
                if answer.status_code == 403:
                    assert answer.headers["content-type"] == "application/problem+json", (method, path)
                    assert answer.json()["type"] == "/problems/missing-scope", (method, path)
