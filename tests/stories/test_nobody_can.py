"""Everybody on duty declines, in whatever order: somebody is asked again all the same."""

from __future__ import annotations

from tests.harness.world import world


async def test_the_duty_managers_decline_one_after_the_other_and_are_asked_again(database: str) -> None:
    """BASE-CM: the duty manager's page never exhausts; who has declined once may be asked by the same page again."""
    async with world(database) as there:
        await there.signs()
        dan = await there.employs("dan", "duty-manager")
        dee = await there.employs("dee", "duty-manager")
        case = await there.reports()
        await there.passes(minutes=10)
        await dan.phone.expects(at="09:00:00")
        await dee.phone.expects(at="09:05:00")
        await dan.phone.expects(at="09:10:00")
        await dee.declines(case)
        await dan.phone.is_silent()
        await dan.declines(case)
        await dee.phone.expects("crisis manager due 09:15", at="09:10:00")
        await dee.acknowledges(case)


async def test_the_last_crisis_manager_who_declines_is_nobody_s_crisis_manager_any_more(database: str) -> None:
    """BASE-CM: neither the record nor the duty manager's page names them, until they take it after all."""
    async with world(database) as there:
        await there.signs()
        ana = await there.employs("ana", "crisis-manager")
        eng = await there.employs("eng", "engineer")
        dan = await there.employs("dan", "duty-manager")
        case = await there.reports()
        assert (await case.record())["crisis_manager"]["id"] == "ana"
        await eng.phone.expects(at="09:00:00")
        await ana.phone.expects(at="09:00:00")
        await ana.declines(case)
        assert (await case.record())["crisis_manager"] is None
        assert "Crisis manager: " not in (await dan.phone.expects(at="09:00:00"))["text"]
        told = [fact["summary"] for fact in (await there.gets(f"/v1/incidents/{case.id}/timeline"))["items"]]
        assert any(line.startswith("Ana no longer has the crisis: ") for line in told), told
        await case.happens("crisis-manager", by="dan", person="ana")
        assert (await case.record())["crisis_manager"]["id"] == "ana"
        await ana.phone.expects(at="09:00:00")
        await case.happens("resolution", by="eng", note="fixed")


async def test_the_only_duty_manager_who_declined_is_asked_again_by_one_channel_after_the_other(database: str) -> None:
    """BASE-CM: the round in which they are asked again begins with its first call, and not with their no."""
    async with world(database) as there:
        await there.signs()
        dan = await there.employs("dan", "duty-manager", "email", "sms")
        case = await there.reports()
        await dan.phone.expects(at="09:00:00", channel="email")
        await dan.declines(case)
        await there.passes(minutes=10)
        await dan.phone.expects(at="09:05:00", channel="email")
        await dan.phone.expects(at="09:06:00", channel="sms")
        await dan.phone.expects(at="09:10:00", channel="email")
        await dan.acknowledges(case)


async def test_duty_managers_who_are_called_in_turn_are_told_each_thing_that_happened_once(database: str) -> None:
    async with world(database) as there:
        await there.signs()
        for id_ in ("dan", "dee"):
            await there.employs(id_, "duty-manager")
        case = await there.reports()
        await there.passes(minutes=40)
        texts = [message["text"] for message in await there.mailbox()]
        there.read |= {message["id"] for message in await there.mailbox()}
        told = next(line for line in texts[-1].splitlines() if line.startswith("What happened: "))
        happened = told.removeprefix("What happened: ").split("; ")
        assert len(texts) > 6
        assert len(set(happened)) == len(happened) > 2, happened
        await case.happens("resolution", by="eng", note="fixed")


async def test_a_broken_promise_that_was_passed_on_is_told_on_where_what_the_other_page_was_about_ends(
    database: str,
) -> None:
    """BASE-CM, SEV-CHANGE: dee's is passed on to the page that dan has about the crisis, which goes on about the promise."""
    async with world(database) as there:
        await there.signs()
        await there.employs("eng", "engineer")
        await there.employs("bo", "crisis-manager", "email", "sms")
        dan = await there.employs("dan", "duty-manager")
        dee = await there.employs("dee", "duty-manager")
        case = await there.reports()
        notifier = there.silence("notifier")
        await there.passes(minutes=16)
        there.speaks(notifier)
        await there.rests()
        await dan.declines(case)
        await there.passes(minutes=5, seconds=30)
        assert {page["to"] for page in await there.lists("/v1/pages", incident=case.id) if page["state"] == "delivered"} == {
            "dan", "dee",
        }  # fmt: skip
        there.read |= {message["id"] for message in await there.mailbox()}
        await case.happens("severity-assessments", by="eng", severity="B", reason="one machine")
        await there.passes(seconds=30)
        await dee.phone.expects("is not met", at="09:22:00")
        await dee.acknowledges(case)
