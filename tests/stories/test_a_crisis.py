"""Severity 1, from the report to the person who has it: paged, not answered, declined, handed on, answered."""

from __future__ import annotations

from tests.harness.world import world


async def test_a_severity_1_pages_the_crisis_manager_and_the_engineers_and_ends_with_her_acknowledgement(
    database: str,
) -> None:
    """BASE-CM, BASE-1-AZURE: assigned when the page is acknowledged; the lock screen says what is due."""
    async with world(database) as there:
        await there.signs()
        ana = await there.employs("ana", "crisis-manager", "email", "sms")
        eng = await there.employs("eng", "engineer")
        reporter = {"name": "Aigerim", "email": "aigerim@steppe.example", "phone": "+77010000001"}
        case = await there.reports(reporter=reporter)
        record = await case.record()
        assert (record["severity"], record["crisis_manager"]["id"]) == ("1", "ana")
        message = await ana.phone.expects(record["number"], "Steppe Telecom", "It is broken", channel="email")
        headline = f"{record['number']} sev 1 Steppe Telecom: It is broken - crisis manager due 09:15, 15 min left"
        assert message["text"].splitlines()[:2] == [headline, "Called: Aigerim, +77010000001"]
        assert len(headline) <= 140
        await eng.phone.expects(record["number"], "It is broken - first response due 09:15, 15 min left")
        assert (await case.clock("crisis_manager"))["state"] == "running"
        await ana.acknowledges(case)
        await eng.acknowledges(case)
        assert (await case.clock("crisis_manager"))["state"] == "met"
        await case.happens("responses", by="eng", message="We look at it.")
        assert (await case.clock("first_response"))["state"] == "met"
        await there.passes(minutes=20)


async def test_nobody_answers_her_channels_the_next_one_and_the_duty_manager_until_somebody_does(database: str) -> None:
    """BASE-CM: channels one after the other, then the next crisis manager, then the duty manager, every five minutes."""
    async with world(database) as there:
        await there.signs()
        ana = await there.employs("ana", "crisis-manager", "email", "sms", "voice")
        bo = await there.employs("bo", "crisis-manager")
        dan = await there.employs("dan", "duty-manager")
        eng = await there.employs("eng", "engineer")
        case = await there.reports()
        await eng.phone.expects()
        await eng.acknowledges(case)
        await ana.phone.expects(channel="email", at="09:00:00")
        await there.passes(minutes=1)
        await ana.phone.expects(channel="sms", at="09:01:00")
        await there.passes(minutes=1)
        await ana.phone.expects(channel="voice", at="09:02:00")
        await bo.phone.is_silent()
        await there.passes(minutes=1)
        await bo.phone.expects(at="09:03:00")
        await there.passes(minutes=1)
        await dan.phone.expects("every crisis manager on call was tried", at="09:04:00")
        for at in ("09:09:00", "09:14:00"):
            await there.passes(minutes=5)
            await dan.phone.expects(at=at)
        await dan.acknowledges(case)
        await case.happens("responses", by="eng", message="We look at it.")
        await ana.acknowledges(case)
        assert (await case.record())["crisis_manager"]["id"] == "ana"
        assert (await case.clock("crisis_manager"))["state"] == "met"
        await there.passes(minutes=10)


async def test_who_declines_is_followed_at_once(database: str) -> None:
    async with world(database) as there:
        await there.signs()
        ana = await there.employs("ana", "crisis-manager")
        bo = await there.employs("bo", "crisis-manager")
        eng = await there.employs("eng", "engineer")
        case = await there.reports()
        await eng.phone.expects()
        await eng.acknowledges(case)
        await ana.phone.expects()
        await ana.declines(case)
        await bo.phone.expects()
        await bo.acknowledges(case)
        assert (await case.record())["crisis_manager"]["id"] == "bo"


async def test_an_empty_rota_is_a_page_to_the_duty_manager(database: str) -> None:
    """BASE-CM: never silence."""
    async with world(database) as there:
        await there.signs()
        dan = await there.employs("dan", "duty-manager")
        case = await there.reports()
        await dan.phone.expects("no crisis manager is on call")
        await dan.acknowledges(case)


async def test_a_burst_is_spread_over_those_on_call(database: str) -> None:
    async with world(database) as there:
        await there.signs()
        people = [await there.employs(name, "crisis-manager") for name in ("ana", "bo", "cem")]
        eng = await there.employs("eng", "engineer")
        cases = await there.floods(9)
        theirs = {case.id: (await case.record())["crisis_manager"]["id"] for case in cases}
        for somebody in people:
            got = [message["incident"] for message in await somebody.phone.unread()]
            assert sorted(got) == sorted(id_ for id_, manager in theirs.items() if manager == somebody.id)
            assert len(got) == 3
            for _ in got:
                await somebody.phone.expects(at="09:00:00")
        assert sorted(m["incident"] for m in await eng.phone.unread()) == sorted(theirs)
        for case in cases:
            await eng.phone.expects()
            await case.happens("resolution", by="eng", note="a false alarm")
        await there.passes(minutes=10)


async def test_what_is_resolved_pages_nobody_and_what_is_reopened_pages_everybody_again(database: str) -> None:
    """BASE-CM: also who had acknowledged before."""
    async with world(database) as there:
        await there.signs()
        ana = await there.employs("ana", "crisis-manager")
        eng = await there.employs("eng", "engineer")
        case = await there.reports()
        await ana.phone.expects()
        await eng.phone.expects()
        await ana.acknowledges(case)
        await eng.acknowledges(case)
        await case.happens("responses", by="eng", message="We look at it.")
        await case.happens("resolution", by="eng", note="fixed")
        await there.passes(hours=1)
        await there.phones_are_silent()
        await case.happens("reopening", by="aigerim", note="it is not")
        await ana.phone.expects()
        await eng.phone.expects()
        await there.passes(seconds=30)
        await ana.acknowledges(case)
        await eng.acknowledges(case)
        await case.happens("updates", by="ana", status="working", action_plan="restart")
        await there.passes(minutes=20)


async def test_lowered_the_waiting_pages_end_and_raised_everybody_is_called(database: str) -> None:
    """SEV-CHANGE: every change re-derives all commitments."""
    async with world(database) as there:
        await there.signs()
        ana = await there.employs("ana", "crisis-manager", "email", "sms")
        eng = await there.employs("eng", "engineer", "email", "sms")
        case = await there.reports()
        await ana.phone.expects()
        await eng.phone.expects()
        await case.happens("severity-changes", by="aigerim", impact="moderate", reason="a workaround")
        await there.passes(minutes=5)
        await there.phones_are_silent()
        assert await case.states("crisis_manager") == ["superseded"]
        await case.happens("severity-changes", by="aigerim", impact="critical_down", reason="it broke")
        await ana.phone.expects("09:20")
        await eng.phone.expects()
        await ana.acknowledges(case)
        await eng.acknowledges(case)
        await case.happens("responses", by="eng", message="We look at it.")
        assert await case.states("crisis_manager") == ["superseded", "met"]
