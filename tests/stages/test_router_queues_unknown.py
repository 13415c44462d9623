"""A queue that there is none of: whoever works it is told so."""

from __future__ import annotations

import pytest

from tests.harness.router import office


@pytest.mark.parametrize("name", ["raid-response", "raid-response/kk"])
async def test_at_a_queue_that_there_is_none_of_nobody_waits(database: str, name: str) -> None:
    """What is misspelt would look as if nothing were due."""
    async with office(database) as router:
        path = f"/v1/queues/{name}"
        assert (await router.web.get(f"{path}/incidents")).status_code == 404
        assert (await router.post(f"{path}/claims", {"by": "eng"})).status_code == 404
        assert (await router.web.get("/v1/queues/rapid-response/kk/incidents")).json()["items"] == []
