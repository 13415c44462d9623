"""What turns out otherwise than it began: raised, corrected at night, not lowered after all; and a holiday on the way."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.harness.world import world


async def test_a_proposal_that_is_turned_down_changes_nothing_and_calls_nobody_any_more(database: str) -> None:
    """SEV-DOWNGRADE, CUST-ACCESS: a person decides, also against it."""
    async with world(database) as there:
        await there.signs()
        ana = await there.employs("ana", "crisis-manager")
        eng = await there.employs("eng", "engineer")
        dan = await there.employs("dan", "duty-manager")
        case = await there.reports(impact="critical_degraded")
        for somebody in (ana, eng):
            await somebody.phone.expects(at="09:00:00")
            await somebody.acknowledges(case)
        await case.happens("responses", by="eng", message="We look at it.")
        before = await case.record()
        await case.happens("questions", by="eng", text="May we log in?", to="resources")
        await there.passes(minutes=61)
        await dan.phone.expects("proposed: severity B")
        assert (await case.record())["proposal"]["to"] == "B"
        await case.happens("downgrade-decisions", by="ana", decision="reject", reason="they are on their way")
        after = await case.record()
        assert (after["severity"], after["coverage"], after["proposal"]) == ("A", before["coverage"], None)
        assert (await there.gets("/v1/proposals", state="open"))["items"] == []
        (proposal,) = (await there.gets("/v1/proposals"))["items"]
        assert (proposal["state"], proposal["by"]) == ("rejected", "ana")
        refused = await case.refuses("downgrade-decisions", by="ana", decision="accept", reason="after all")
        assert refused["rule"] == "SEV-DOWNGRADE"
        await there.passes(minutes=30)
        await there.phones_are_silent()
        await case.happens("resolution", by="eng", note="fixed")


async def test_a_holiday_on_the_way_is_no_business_day(database: str) -> None:
    """BASE-HOURS: Good Friday of 2026 in Portugal; two business hours from Thursday 17:00 are Monday 10:30 in Lisbon."""
    async with world(database, datetime(2026, 4, 2, 16, 0, tzinfo=UTC)) as there:
        await there.signs()
        dan = await there.employs("dan", "duty-manager")
        case = await there.reports(impact="moderate", location="lisbon")
        assert (await case.clock("first_response"))["due_at"] == "2026-04-06T09:30:00Z"
        told = await there.gets(f"/v1/incidents/{case.id}/explanation")
        (clock,) = [one for one in told["clocks"] if one["name"] == "first_response"]
        assert [(day["date"], day["counted"]) for day in clock["days"] if day["counted"] != "PT0S"] == [
            ("2026-04-02", "PT30M"), ("2026-04-06", "PT1H30M"),
        ]  # fmt: skip
        there.time.move_to(datetime(2026, 4, 6, 9, 29, tzinfo=UTC))
        await there.rests()
        await there.phones_are_silent()
        await there.passes(minutes=2)
        await dan.phone.expects("first response", "10:30")
        await dan.acknowledges(case)
        await case.happens("responses", by="eng", message="Sorry.")


async def test_what_begins_as_minor_and_is_raised_calls_everybody_and_counts_anew(database: str) -> None:
    """SEV-CHANGE: the commitments of the higher severity run from the change, the lower one's are over."""
    async with world(database) as there:
        await there.signs()
        ana = await there.employs("ana", "crisis-manager")
        eng = await there.employs("eng", "engineer")
        case = await there.reports(impact="moderate", location="lisbon")
        assert (await case.record())["severity"] == "B"
        await there.passes(minutes=40)
        await there.phones_are_silent()
        await case.happens("severity-changes", by="aigerim", impact="critical_down", reason="all is down now")
        record = await case.record()
        assert (record["severity"], record["crisis_manager"]["id"]) == ("1", "ana")
        assert await case.states("first_response") == ["superseded", "running"]
        assert (await case.clock("first_response"))["due_at"] == "2026-02-04T09:55:00Z"
        await ana.phone.expects("sev 1", "09:55", "15 min", at="09:40:00")
        await eng.phone.expects("sev 1", at="09:40:00")
        await ana.acknowledges(case)
        await eng.acknowledges(case)
        await case.happens("responses", by="eng", message="We look at it.")
        assert await case.states("first_response") == ["superseded", "met"]
        await there.passes(minutes=20)
        await case.happens("resolution", by="eng", note="fixed")


async def test_who_named_no_contract_at_night_is_served_at_once_and_found_out_later(database: str) -> None:
    """TERM: an entitlement is reviewed while everybody works; the promises are counted from the report."""
    async with world(database, datetime(2026, 2, 5, 2, 0, tzinfo=UTC)) as there:
        await there.signs()
        ana = await there.employs("ana", "crisis-manager")
        eng = await there.employs("eng", "engineer")
        dan = await there.employs("dan", "duty-manager")
        case = await there.reports(contract=None)
        record = await case.record()
        assert (record["severity"], record["queue"], record["flags"]) == ("1", "entitlement-review", ["no-contract"])
        await ana.phone.expects("no contract", "02:15", at="02:00:00")
        await eng.phone.expects("no contract", at="02:00:00")
        await ana.acknowledges(case)
        await eng.acknowledges(case)
        await there.passes(minutes=5)
        await case.happens("corrections", by="ana", changes={"contract": "WO-1"}, reason="it is Steppe's")
        record = await case.record()
        assert (record["contract"], record["customer"], record["severity"]) == ("WO-1", "Steppe Telecom", "1")
        assert (record["queue"], record["flags"]) == ("problem-resolution", [])
        assert (await case.clock("first_response"))["due_at"] == "2026-02-05T02:15:00Z"
        assert await case.states("crisis_manager") == ["met"]
        # Another queue has it now: whoever is on call for that one is called.
        await eng.phone.expects("Steppe Telecom", "10 min left", at="02:05:00")
        await eng.acknowledges(case)
        await there.passes(minutes=11)
        await dan.phone.expects("Steppe Telecom", "first response", at="02:15:00")
        await dan.acknowledges(case)
        await case.happens("responses", by="eng", message="At last.")
        await case.happens("resolution", by="eng", note="fixed")


async def test_who_said_yes_to_a_lower_severity_hears_that_it_is_a_higher_one(database: str) -> None:
    """SEV-CHANGE, BASE-CM: the crisis stays hers, and nothing of it is late because nobody knew that less time is left."""
    async with world(database) as there:
        await there.signs()
        ana = await there.employs("ana", "crisis-manager", "email", "sms")
        eng = await there.employs("eng", "engineer")
        await there.employs("dan", "duty-manager")
        case = await there.reports(impact="critical_degraded")
        for somebody in (ana, eng):
            await somebody.phone.expects("sev A", "60 min left", at="09:00:00")
            await somebody.acknowledges(case)
        await there.passes(minutes=2)
        await case.happens("severity-changes", by="aigerim", impact="critical_down", reason="all is down now")
        await ana.phone.expects("sev 1", "severity A became 1", "first response due 09:17, 15 min left", at="09:02:00")
        await eng.phone.expects("sev 1", "first response due 09:17, 15 min left", at="09:02:00")
        assert (await case.record())["crisis_manager"]["id"] == "ana"
        await ana.acknowledges(case)
        await eng.acknowledges(case)
        await case.happens("responses", by="eng", message="We look at it.")
        assert await case.states("crisis_manager") == ["met"]
        await there.passes(minutes=20)


@pytest.mark.parametrize("silent", [False, True])
async def test_who_has_handed_the_crisis_on_is_not_waited_for_to_say_that_they_know_it_is_worse(
    database: str, silent: bool
) -> None:
    """SEV-CHANGE, BASE-CM"""
    async with world(database) as there:
        await there.signs()
        ana, bo = [await there.employs(name, "crisis-manager") for name in ("ana", "bo")]
        eng = await there.employs("eng", "engineer")
        dan = await there.employs("dan", "duty-manager")
        case = await there.reports(impact="critical_degraded")
        for somebody in (ana, eng):
            await somebody.phone.expects(at="09:00:00")
            await somebody.acknowledges(case)
        await case.happens("responses", by="eng", message="We look at it.")
        await case.happens("severity-assessments", by="eng", severity="1", reason="all is down now")
        await ana.phone.expects("severity A became 1", at="09:00:00")
        if silent:
            await there.passes(minutes=1)
            await dan.phone.expects("Ana did not answer: severity A became 1", at="09:01:00")
        await case.happens("crisis-manager", by="eng", person="bo")
        await bo.phone.expects("sev 1", at=f"09:0{int(silent)}:00")
        await bo.acknowledges(case)
        await there.passes(minutes=30)
        await dan.phone.is_silent()


async def test_once_the_customer_has_its_answer_only_the_crisis_manager_hears_that_it_is_worse(database: str) -> None:
    """SEV-CHANGE: there is no second first response, so that no engineer is called for one."""
    async with world(database) as there:
        await there.signs()
        ana = await there.employs("ana", "crisis-manager")
        eng = await there.employs("eng", "engineer")
        dan = await there.employs("dan", "duty-manager")
        case = await there.reports(impact="critical_degraded")
        for somebody in (ana, eng):
            await somebody.phone.expects(at="09:00:00")
            await somebody.acknowledges(case)
        await case.happens("responses", by="eng", message="We look at it.")
        await there.passes(minutes=2)
        await case.happens("severity-assessments", by="eng", severity="1", reason="all is down now")
        await ana.phone.expects("severity A became 1", at="09:02:00")
        await there.passes(minutes=1)
        await dan.phone.expects("Ana did not answer: severity A became 1", at="09:03:00")
        await ana.acknowledges(case)
        await dan.acknowledges(case)
        await case.happens("severity-assessments", by="eng", severity="A", reason="half of it works")
        await there.passes(minutes=20)
