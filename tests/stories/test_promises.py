"""What was promised and when: kept, broken, told to whom it concerns, corrected, asked of the customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.harness.world import Case, Somebody, World, world


async def _staffed(there: World, **contract: object) -> dict[str, Somebody]:
    """A contract, and one person for each of the roles that are paged."""
    await there.signs(**contract)
    roles = {"ana": "crisis-manager", "eng": "engineer", "dan": "duty-manager", "del": "delivery-manager"}
    return {name: await there.employs(name, role) for name, role in roles.items()}


async def _answered(people: dict[str, Somebody], case: Case) -> None:
    """Everybody who was paged has it."""
    for name in ("ana", "eng"):
        await people[name].phone.expects()
        await people[name].acknowledges(case)


async def test_a_first_response_in_time_is_kept_and_nobody_hears_of_it(database: str) -> None:
    """BASE-1-AZURE: what happens at the due instant is in time."""
    async with world(database) as there:
        people = await _staffed(there)
        case = await there.reports()
        await _answered(people, case)
        await there.passes(minutes=15)
        await case.happens("responses", by="eng", message="We look at it.")
        assert await case.states("first_response") == ["met"]
        await there.passes(minutes=20)


async def test_a_missed_first_response_is_the_duty_managers_and_then_the_delivery_managers(database: str) -> None:
    """BASE-1-AZURE: the ladder that ships; what is done at last ends it."""
    async with world(database) as there:
        people = await _staffed(there)
        case = await there.reports()
        await _answered(people, case)
        await there.passes(minutes=15)
        await there.phones_are_silent()
        await there.passes(seconds=15)
        await people["dan"].phone.expects("first response")
        await people["dan"].acknowledges(case)
        await there.passes(minutes=15)
        await people["del"].phone.expects("you are paged as delivery manager: a promise to this customer is broken")
        await case.happens("responses", by="eng", message="At last.")
        clock = await case.clock("first_response")
        assert clock["state"] == "breached"
        await there.passes(minutes=25)


async def test_a_level_for_the_crisis_manager_is_told_to_whoever_has_it_and_takes_nothing_from_her(
    database: str,
) -> None:
    """BASE-CM: an escalation that nobody answers is not the end of an assignment."""
    async with world(database) as there:
        people = await _staffed(there)
        bo = await there.employs("bo", "crisis-manager")
        level = {"applies_to": {"clocks": ["first_response"]}, "levels": [{"after": "PT0M", "role": "crisis-manager"}]}
        assert (await there.web.put("/v1/policies/mine", json=level)).status_code == 200
        case = await there.reports()
        await _answered(people, case)
        await there.passes(minutes=16)
        await people["ana"].phone.expects("first response")
        await there.passes(minutes=4)
        pages = (await there.gets("/v1/pages", incident=case.id))["items"]
        assert [(p["for"], p["state"]) for p in pages if p["to"] == "ana"] == [
            ("escalation", "exhausted"), ("crisis-manager", "acknowledged"),
        ]  # fmt: skip
        await bo.phone.is_silent()
        assert (await case.record())["crisis_manager"]["id"] == "ana"
        await people["dan"].phone.expects("Ana did not answer", at="09:16:00")


async def test_a_level_for_the_delivery_manager_is_for_the_one_whom_the_work_order_names(database: str) -> None:
    async with world(database) as there:
        people = await _staffed(there, delivery_manager="lea")
        lea = await there.employs("lea", "delivery-manager", on_call=False)
        case = await there.reports()
        await _answered(people, case)
        await there.passes(minutes=16)
        await people["dan"].phone.expects("first response")
        await people["dan"].acknowledges(case)
        await there.passes(minutes=15)
        await lea.phone.expects("you are paged as delivery manager", at="09:30:00")
        await people["dan"].phone.expects("Lea did not answer", at="09:31:00")
        await case.happens("responses", by="eng", message="At last.")


async def test_missed_updates_climb_a_level_each(database: str) -> None:
    """RSM-ESCALATION-1: an update each hour at severity 1; each missed one climbs a level."""
    async with world(database) as there:
        people = await _staffed(there)
        case = await there.reports()
        await _answered(people, case)
        await case.happens("responses", by="eng", message="We look at it.")
        await there.passes(minutes=59)
        await case.happens("updates", by="ana", status="working", action_plan="restart")
        await there.passes(minutes=59)
        await there.phones_are_silent()
        await there.passes(minutes=2)
        await people["dan"].phone.expects("status update")
        await people["dan"].acknowledges(case)
        await there.passes(minutes=60)
        assert await people["del"].phone.unread(), "the second missed update is the next level's"
        await people["del"].phone.expects(at="11:59:00")
        await there.passes(seconds=30)
        await people["dan"].phone.expects("Del did not answer", at="12:00:00")
        await case.happens("updates", by="ana", status="working", action_plan="restart")
        await there.phones_are_silent()


async def test_a_silent_customer_leads_to_a_proposal_which_a_person_accepts(database: str) -> None:
    """SEV-DOWNGRADE, CUST-ACCESS: proposed, never automatic; the customer is told."""
    async with world(database) as there:
        people = await _staffed(there)
        case = await there.reports(impact="critical_degraded")
        await _answered(people, case)
        await case.happens("responses", by="eng", message="We look at it.")
        await case.happens("questions", by="eng", text="May we log in?", to="resources")
        await there.passes(minutes=61)
        (proposal,) = (await there.gets("/v1/proposals", state="open"))["items"]
        assert (proposal["about"], proposal["to"]) == ("severity", "B")
        assert (await case.record())["severity"] == "A"
        await people["dan"].phone.expects("proposed: severity B")
        await case.happens("downgrade-decisions", by="ana", decision="accept", reason="nobody answers")
        record = await case.record()
        assert (record["severity"], record["coverage"]) == ("B", "business-hours")
        assert (await there.gets("/v1/proposals", state="open"))["items"] == []


async def test_a_customer_who_answers_in_time_is_asked_nothing_more(database: str) -> None:
    """CUST-ACCESS"""
    async with world(database) as there:
        people = await _staffed(there)
        case = await there.reports(impact="critical_degraded")
        await _answered(people, case)
        await case.happens("responses", by="eng", message="We look at it.")
        await case.happens("questions", by="eng", text="May we log in?", to="resources")
        await there.passes(minutes=30)
        await case.happens("customer-replies", by="aigerim", text="Yes.")
        assert await case.states("customer_access") == ["met"]
        await there.passes(minutes=60)
        assert (await there.gets("/v1/proposals", state="open"))["items"] == []


async def test_executives_are_told_at_1_and_at_b_the_rule_says_why_not(database: str) -> None:
    """BASE-EXEC-PROVIDER, BASE-EXEC-CUSTOMER"""
    async with world(database) as there:
        people = await _staffed(there)
        chief = await there.employs("chief", "executive")
        case = await there.reports()
        await _answered(people, case)
        await case.happens("responses", by="eng", message="We look at it.")
        await case.happens("executive-notifications", by="ana", side="provider", reason="the board asks")
        await chief.phone.expects("the board asks")
        await chief.acknowledges(case)
        await case.happens("executive-notifications", by="ana", side="customer", reason="we need a decision")
        await Somebody(there, "ceo").phone.expects("we need a decision")
        await case.happens("severity-changes", by="aigerim", impact="moderate", reason="better")
        refused = await case.refuses("executive-notifications", by="ana", side="provider", reason="again")
        assert refused["rule"] == "BASE-EXEC-PROVIDER"
        await case.happens("resolution", by="eng", note="fixed")


async def test_a_minor_incident_on_a_friday_evening_waits_for_monday_and_pages_nobody(database: str) -> None:
    """BASE-B, BASE-HOURS: business hours of the support location, through the weekend."""
    async with world(database, datetime(2026, 2, 6, 16, 0, tzinfo=UTC)) as there:
        people = await _staffed(there)
        case = await there.reports(impact="moderate", location="lisbon")
        clock = await case.clock("first_response")
        assert clock["due_at"] == "2026-02-09T09:30:00Z"
        there.time.move_to(datetime(2026, 2, 9, 9, 29, tzinfo=UTC))
        await there.rests()
        await there.phones_are_silent()
        await there.passes(minutes=2)
        await people["dan"].phone.expects("first response")
        await people["dan"].acknowledges(case)
        await case.happens("responses", by="eng", message="Sorry.")


async def test_a_day_that_is_an_hour_short_is_counted_exactly(database: str) -> None:
    """BASE-HOURS, BASE-24X7: the clocks go forward in Lisbon on 29 March 2026, at one in the morning."""
    async with world(database, datetime(2026, 3, 27, 16, 30, tzinfo=UTC)) as there:
        people = await _staffed(there)
        minor = await there.reports(impact="moderate", location="lisbon")
        assert (await minor.clock("first_response"))["due_at"] == "2026-03-30T09:00:00Z"
        there.time.move_to(datetime(2026, 3, 29, 0, 30, tzinfo=UTC))
        degraded = await there.reports(impact="critical_degraded", location="lisbon")
        due = datetime.fromisoformat((await degraded.clock("first_response"))["due_at"])
        assert due - there.time.now() == timedelta(hours=1)
        for case in (minor, degraded):
            await case.happens("resolution", by="eng", note="fixed")
        await people["ana"].phone.expects("sev A", "due 02:30, 60 min left", at="00:30:00")
        await people["eng"].phone.expects("sev A", "02:30", at="00:30:00")


async def test_what_nobody_decides_is_told_after_two_minutes(database: str) -> None:
    """TERM: `unrouted`: the router hears nothing, and somebody is told."""
    async with world(database) as there:
        people = await _staffed(there)
        router = there.silence("router")
        case = await there.reports(impact="minimal")
        await there.passes(minutes=1, seconds=45)
        await there.phones_are_silent()
        await there.passes(seconds=30)
        await people["dan"].phone.expects(f"{(await case.record())['number']} sev ? Steppe Telecom: It is broken")
        elsewhere = await there.reports(contract="WO-9")
        await there.passes(minutes=2, seconds=15)
        await people["dan"].phone.expects(f"{(await elsewhere.record())['number']} sev ? contract WO-9: It is broken")
        await elsewhere.happens("resolution", by="dan", note="not ours")
        there.speaks(router)
        await there.rests()
        assert (await case.record())["severity"] == "C"
        await there.passes(minutes=10)
