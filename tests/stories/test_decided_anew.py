"""An incident is decided anew on the way: what was promised meanwhile is not forgotten, and nothing is owed from before."""

from __future__ import annotations

from datetime import UTC, datetime
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


async def test_on_site_resources_come_24_hours_after_the_submission_whatever_the_coverage(database: str) -> None:
    """BASE-ONSITE, SEV-DOWNGRADE: the effort is reduced on a Friday evening, and around the clock again a minute later."""
    async with world(database, datetime(2026, 2, 6, 15, 0, tzinfo=UTC)) as there:
        await there.signs(services=["base", "rapid-response"])
        case = await there.reports(location="lisbon")
        await case.happens("questions", by="eng", text="May we log in?", to="resources")
        await there.passes(minutes=31)
        await case.happens("downgrade-decisions", by="ana", decision="accept", reason="silent")
        await case.happens("onsite-consents", by="aigerim")
        assert (await case.record())["coverage"] == "business-hours"
        assert (await case.clock("onsite"))["due_at"] == "2026-02-07T15:00:00Z"
        await case.happens("severity-changes", by="aigerim", impact="critical_down", reason="we are here now")
        assert (await case.record())["coverage"] == "24x7"
        assert await case.states("onsite") == ["running"]


async def test_a_consent_to_on_site_resources_outlives_a_mistaken_assessment(database: str) -> None:
    """BASE-ONSITE, SEV-ASSIGN: the visit that was bought is given back, and drawn again."""
    async with world(database) as there:
        await there.signs(services=["base", "onsite"], balances={"onsite_visits": 2})
        case = await there.reports()
        await case.happens("onsite-consents", by="aigerim")
        owed = await case.clock("onsite")
        await case.happens("severity-assessments", by="eng", severity="A", reason="so it seems")
        assert await case.states("onsite") == ["superseded"]
        await case.happens("severity-assessments", by="eng", severity="1", reason="a mistake")
        assert await case.states("onsite") == ["superseded", "running"]
        assert (await case.clock("onsite"))["due_at"] == owed["due_at"]
        (visits,) = (await there.gets("/v1/contracts/WO-1/balances"))["items"]
        assert visits["left"] == 1


async def test_because_of_which_rules_a_severity_was_lowered_is_on_the_record(database: str) -> None:
    """SEV-CHANGE, SEV-DOWNGRADE: stated by the customer, or proposed and accepted; also once something was corrected."""
    async with world(database) as there:
        await there.signs()
        case = await there.reports()
        await case.happens("severity-changes", by="aigerim", impact="critical_degraded", reason="half of it runs")
        assert "SEV-CHANGE" in (await case.record())["because"]
        await case.happens("questions", by="eng", text="May we log in?", to="resources")
        await there.passes(minutes=61)
        await case.happens("downgrade-decisions", by="ana", decision="accept", reason="silent")
        await case.happens("corrections", by="eng", changes={"title": "Another title"}, reason="a slip")
        record = await case.record()
        assert (record["severity"], {"SEV-ASSIGN", "SEV-DOWNGRADE"} & {*record["because"]}) == ("B", {"SEV-DOWNGRADE"})
        told = await there.gets(f"/v1/incidents/{case.id}/explanation")
        assert "lowered as proposed (SEV-DOWNGRADE)" in told["decisions"][-1]["text"]
        assert (await there.posts(f"/v1/incidents/{case.id}/replay", {"by": "eng"}))["agrees"]


async def test_an_exhibit_promises_on_site_resources_at_a_severity_of_its_own(database: str) -> None:
    """MISSION, BASE-ONSITE: what is agreed to at A is owed after 12 hours, and after 24 once it is 1."""
    core = {"id": "core", "products": ["sql-server"], "exhibit": {"onsite": {"A": "PT12H"}}}
    async with world(database) as there:
        await there.signs(services=["base", "mission-critical"], solutions=[core])
        case = await there.reports(impact="critical_degraded", product="sql-server")
        await case.happens("onsite-consents", by="aigerim")
        clock = await case.clock("onsite")
        assert (clock["due_at"], clock["rule"]) == ("2026-02-04T21:00:00Z", "MISSION")
        await case.happens("severity-changes", by="aigerim", impact="critical_down", reason="worse")
        assert await case.states("onsite") == ["superseded", "running"]
        assert (await case.clock("onsite"))["due_at"] == "2026-02-05T09:00:00Z"
