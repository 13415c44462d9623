"""On-site resources: agreed to, and refused after all by whoever knows what is left."""

from __future__ import annotations

from events.incidents import IncidentReopened, IncidentResolved, OnsiteConsented, RequestRefused
from tests.harness.escalation import watch

INC = "inc-1"


async def test_a_consent_that_waited_for_the_route_counts_from_when_it_was_given(database: str) -> None:
    """BASE-ONSITE: 4 h from the consent, where that is later than 24 h from the submission."""
    async with watch(database) as desk:
        await desk.stores("contract", "WO-1", desk.work_order)
        await desk.happens(INC)
        desk.time.passes(hours=23)
        asked_at = desk.time.now()
        desk.time.passes(hours=2)
        await desk.says("intake", INC, OnsiteConsented("aigerim", asked_at))
        await desk.rests()
        assert (await desk.clock("onsite"))["due_at"] == "2026-02-05T13:00:00Z"


async def test_a_consent_outlives_a_severity_that_knows_none(database: str) -> None:
    """BASE-ONSITE, SEV-CHANGE: counted as it was given; where they would have come meanwhile, as given at the change."""
    async with watch(database) as desk:
        await desk.stores("contract", "WO-1", desk.work_order)
        await desk.happens(INC)
        desk.time.passes(hours=22)
        await desk.says("intake", INC, OnsiteConsented("aigerim"))
        for hours in (1, 5):
            await desk.says("router", INC, desk.routed(INC, severity="A", cause="severity.assessed"))
            await desk.rests()
            assert "onsite" not in {clock["name"] for clock in await desk.clocks(state="running")}
            desk.time.passes(hours=hours)
            await desk.says("router", INC, desk.routed(INC, cause="severity.assessed", clocks_from=desk.time.now()))
            await desk.says("router", INC, desk.routed(INC, cause="incident.corrected", clocks_from=desk.time.now()))
            await desk.rests()
        due = [clock["due_at"] for clock in await desk.clocks(incident=INC) if clock["name"] == "onsite"]
        assert due == ["2026-02-05T12:00:00Z", "2026-02-05T12:00:00Z", "2026-02-05T18:00:00Z"]
        assert (await desk.clock("onsite", "running"))["due_at"] == due[-1]


async def test_a_consent_that_nobody_can_follow_is_over(database: str) -> None:
    """MULTI-ONSITE, BASE-ONSITE: refused after all, or the incident's end; no other severity brings it back."""
    async with watch(database) as desk:
        await desk.stores("contract", "WO-1", desk.work_order)
        for inc in ("inc-refused", "inc-ended"):
            await desk.happens(inc)
            await desk.says("intake", inc, OnsiteConsented("aigerim"))
        await desk.says(
            "router", "inc-refused", RequestRefused("aigerim", "onsite-consents", "MULTI-ONSITE", "no visit is left")
        )
        for fact in (IncidentResolved("eng", ""), IncidentReopened("aigerim", "")):
            await desk.says("intake", "inc-ended", fact)
        await desk.rests()
        for inc in ("inc-refused", "inc-ended"):
            await desk.says("router", inc, desk.routed(inc, severity="A", cause="severity.assessed"))
            await desk.says("router", inc, desk.routed(inc, cause="severity.assessed"))
            await desk.rests()
            assert (await desk.clock("onsite", incident=inc))["state"] == "superseded"


async def test_where_no_visit_is_left_nobody_is_waited_for(database: str) -> None:
    """MULTI-ONSITE"""
    async with watch(database) as desk:
        await desk.stores("contract", "WO-1", desk.work_order)
        await desk.happens(INC)
        await desk.says("intake", INC, OnsiteConsented("aigerim"))
        await desk.rests()
        await desk.says("router", INC, RequestRefused("aigerim", "management-requests", "RSM-ADDON", "used up"))
        await desk.rests()
        assert (await desk.clock("onsite"))["state"] == "running"
        await desk.says("router", INC, RequestRefused("aigerim", "onsite-consents", "MULTI-ONSITE", "no visit is left"))
        await desk.rests()
        clock = await desk.clock("onsite")
        assert (clock["state"], clock["reason"]) == ("superseded", "no visit is left")


async def test_at_the_due_instant_on_site_resources_are_called_for_and_that_keeps_the_promise(database: str) -> None:
    """BASE-ONSITE: 24 h after the submission, where the customer has agreed."""
    async with watch(database) as desk:
        await desk.stores("contract", "WO-1", desk.work_order)
        await desk.happens(INC)
        await desk.says("intake", INC, OnsiteConsented("aigerim"))
        await desk.rests()
        await desk.passes(hours=24)
        assert (await desk.clock("onsite"))["state"] == "running"
        await desk.said()
        await desk.passes(seconds=1)
        clock = await desk.clock("onsite")
        assert (clock["state"], clock["met_at"]) == ("met", "2026-02-05T10:00:00Z")
        (raised,) = [d for _, d in await desk.said("escalation.raised") if d["rule"] == "BASE-ONSITE"]
        assert (raised["role"], raised["clock"]) == ("duty-manager", None)
        assert "called for now" in raised["reason"]


async def test_resources_that_are_called_for_late_after_an_outage_are_a_breach(database: str) -> None:
    """BASE-ONSITE"""
    async with watch(database) as desk:
        await desk.stores("contract", "WO-1", desk.work_order)
        await desk.happens(INC)
        await desk.says("intake", INC, OnsiteConsented("aigerim"))
        await desk.rests()
        await desk.passes(hours=25)
        clock = await desk.clock("onsite")
        assert (clock["state"], clock["met_at"]) == ("breached", "2026-02-05T11:00:00Z")


async def test_after_a_reopening_another_visit_is_agreed_to_and_promised_once(database: str) -> None:
    """BASE-ONSITE, ONSITE: 4 h from the consent; the visit that was made before stays on the record."""
    async with watch(database) as desk:
        await desk.stores("contract", "WO-1", desk.work_order)
        await desk.happens(INC)
        await desk.says("intake", INC, OnsiteConsented("aigerim"))
        await desk.rests()
        await desk.passes(hours=24, seconds=1)
        await desk.says("intake", INC, OnsiteConsented("aigerim"))
        await desk.rests()
        assert (await desk.clock("onsite"))["state"] == "met", "the one promise was kept"
        for fact in (IncidentResolved("eng", ""), IncidentReopened("aigerim", "")):
            await desk.says("intake", INC, fact)
        await desk.rests()
        await desk.said()
        for _ in range(2):
            await desk.says("intake", INC, OnsiteConsented("aigerim"))
        await desk.rests()
        (started,) = [data for _, data in await desk.said("clock.started") if data["clock"]["name"] == "onsite"]
        assert started["clock"]["due_at"] == "2026-02-05T14:00:01Z"
