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
