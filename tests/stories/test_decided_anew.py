"""An incident is decided anew on the way: what was promised meanwhile is not forgotten, and nothing is owed from before."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.world import world


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("corrections", {"by": "eng", "changes": {"title": "A better title"}, "reason": "a slip"}),
        ("severity-changes", {"by": "aigerim", "impact": "minimal", "reason": "it is fine by now"}),
    ],
)
async def test_what_a_reopening_started_counts_from_the_reopening_whatever_is_decided_later(
    database: str, action: str, body: dict[str, Any]
) -> None:
    """SEV-CHANGE"""
    async with world(database) as there:
        await there.signs()
        dan = await there.employs("dan", "duty-manager", "sms")
        case = await there.reports(impact="moderate", location="lisbon")
        await case.happens("resolution", by="eng", note="it runs")
        await there.passes(hours=5)
        await case.happens("reopening", by="aigerim", note="it does not")
        owed = await case.clock("first_response")
        await case.happens(action, **body)
        await there.passes(minutes=1)
        clock = await case.clock("first_response")
        assert (clock["state"], clock["started_at"]) == ("running", owed["started_at"])
        assert (clock == owed) is (action == "corrections")
        await dan.phone.is_silent()
        assert (await there.posts(f"/v1/incidents/{case.id}/replay", {"by": "eng"}))["agrees"]
