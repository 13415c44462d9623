"""What is left of a crisis manager who declined or did not answer: they are let go of, and have been called all the same.

Nobody is shown as the one who has it who has it no longer.
"""

from __future__ import annotations

from events.incidents import IncidentReopened, IncidentResolved
from events.notifications import PageDeclined, PageExhausted
from tests.harness.router import Office, office, page, person, rotation
from tests.harness.work_orders import work_order

INC = "inc-1"


async def _staffed(router: Office) -> None:
    await router.stores(work_order())
    await router.employs(
        person("ana", "crisis-manager"), person("bo", "crisis-manager"), person("eng", "engineer"),
        person("dan", "duty-manager"),
    )  # fmt: skip


async def test_who_is_let_go_of_is_said_once_and_before_the_duty_manager_is_called(database: str) -> None:
    """BASE-CM"""
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC)
        await router.tells(INC, PageDeclined(page("ana"), "ana", "in a train"), source="notifier")
        assert await router.said_of("crisis_manager.released") == [], "the next one has it"
        await router.tells(INC, PageExhausted(page("bo")), source="notifier")
        said = [(type_, payload.get("person"), payload.get("role")) for _, type_, payload in await router.said()]
        assert said == [("crisis_manager.released", "bo", None), ("people.assigned", None, "duty-manager")]
        await router.tells(INC, PageExhausted(page("bo")), source="notifier")
        assert await router.said() == []


async def test_reopened_with_nobody_on_call_whoever_had_it_is_let_go_of(database: str) -> None:
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC)
        await router.tells(INC, IncidentResolved("eng", "fixed"))
        await router.put("/v1/rotations/crisis-manager", rotation("crisis-manager"))
        await router.tells(INC, IncidentReopened("cust", "it is not"))
        assert [one["person"] for one in await router.said_of("crisis_manager.released")] == ["ana"]


async def test_who_declined_is_less_idle_than_who_never_had_anything(database: str) -> None:
    """BASE-CM: the least loaded, the longest idle."""
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC)
        for name in ("ana", "bo"):
            router.time.passes(minutes=1)
            await router.tells(INC, PageDeclined(page(name), name, "in a train"), source="notifier")
        await router.employs(*(person(name, "crisis-manager") for name in ("ana", "bo", "cy")))
        await router.said()
        for number in range(3):
            router.time.passes(minutes=1)
            await router.reports(f"more-{number}")
        called = await router.said_of("crisis_manager.assigned")
        assert [one["person"] for one in called] == ["cy", "ana", "bo"]
