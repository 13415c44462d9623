"""What is drawn where somebody comes or attends: visits, bought management hours.

A visit that nobody was called for is given back; what is refused says why.
"""

from __future__ import annotations

import pytest

from events.codec import Fact
from events.incidents import (
    EffortRecorded,
    ImpactChanged,
    IncidentClosed,
    IncidentCorrected,
    IncidentReopened,
    IncidentResolved,
    ManagementRequested,
    OnsiteConsented,
    SeverityAssessed,
)
from services.report import REPORT
from tests.harness.router import office, person
from tests.harness.router_balances import about_balances, balance
from tests.harness.work_orders import incident, work_order

INC = "inc-1"
MANAGED = {
    "services": ["base", "support-management-hours"], "balances": {"rsm_hours": 1},
    "management_hours": {"time_zone": "Europe/Lisbon"},
}  # fmt: skip


async def test_management_outside_the_customers_hours_draws_bought_hours(database: str) -> None:
    """RSM-ADDON: 16:00 in Lisbon, which is agreed, is night in Almaty; RSM-BC by day draws nothing."""
    async with office(database) as router:
        await router.stores(work_order(**MANAGED))
        await router.reports(INC, impact="moderate")
        await router.tells(INC, ManagementRequested("cust", "how far is it?"), EffortRecorded("dm", 20, 20))
        assert await about_balances(router) == []
        router.time.passes(hours=7)
        await router.tells(INC, ManagementRequested("cust", "and now?"), EffortRecorded("dm", 15, 35))
        assert await about_balances(router) == [("balance.drawn", 0.75)]
        await router.tells(INC, EffortRecorded("dm", 50, 85))
        (refused,) = await router.said_of("effort.refused")
        assert (refused["left"], refused["rule"]) == (0.75, "RSM-ADDON")


async def test_the_engineers_work_draws_no_management_hours(database: str) -> None:
    """RSM-ADDON: after a request in the bought hours it is the managers' effort that is drawn."""
    async with office(database) as router:
        await router.stores(work_order(**MANAGED))
        await router.employs(person("eng", "engineer"), person("dan", "duty-manager"))
        await router.reports(INC, impact="moderate")
        router.time.passes(hours=7)
        await router.tells(INC, ManagementRequested("cust", "and now?"))
        await router.tells(INC, EffortRecorded("eng", 50, 50), EffortRecorded("dan", 15, 65))
        assert await about_balances(router) == [("balance.drawn", 0.75)]


async def test_management_attention_calls_the_duty_manager_and_where_it_is_refused_nobody(database: str) -> None:
    """RSM-BC: at the customer's request, in the customer's business hours."""
    async with office(database) as router:
        await router.stores(work_order())
        await router.employs(person("dan", "duty-manager"))
        for impact, contract in (("moderate", "WO-1"), ("minimal", None)):
            await router.reports(f"inc-{impact}", impact=impact, contract=contract)
            await router.said()
            await router.tells(f"inc-{impact}", ManagementRequested("cust", "how far is it?"))
            (called,) = await router.said_of("people.assigned")
            assert (called["role"], called["people"], called["about"]) == ("duty-manager", ["dan"], "management")
            assert (called["reason"], called["rule"]) == ("cust asks: how far is it?", "RSM-BC")
        await router.reports(INC, impact="moderate")
        router.time.passes(hours=12)
        await router.said()
        await router.tells(INC, ManagementRequested("cust", "how far is it?"))
        assert [type_ for _, type_, _ in await router.said()] == ["request.refused"]


async def test_a_visit_that_was_bought_is_drawn_and_where_none_is_nothing_is_said(database: str) -> None:
    """ONSITE, BASE-ONSITE."""
    async with office(database) as router:
        await router.stores(work_order(services=["base", "onsite"], balances={"onsite_visits": 1}))
        for number in range(2):
            await router.reports(f"inc-{number}")
            await router.tells(f"inc-{number}", OnsiteConsented("cust"))
        assert await about_balances(router) == [("balance.drawn", 0)]


async def test_a_consent_that_is_given_twice_draws_one_visit(database: str) -> None:
    """ONSITE: a visit, not a consent, is what was bought."""
    async with office(database) as router:
        await router.stores(work_order(services=["base", "onsite"], balances={"onsite_visits": 5}))
        await router.reports(INC)
        await router.tells(INC, OnsiteConsented("cust"), OnsiteConsented("cust"))
        assert await about_balances(router) == [("balance.drawn", 4)]


@pytest.mark.parametrize(
    "ends", [IncidentResolved("eng", ""), IncidentClosed("eng", ""), ImpactChanged("cust", "moderate", "it runs")]
)
async def test_a_visit_that_nobody_was_called_for_is_given_back(database: str, ends: Fact) -> None:
    """ONSITE, BASE-ONSITE: they are called for 24 hours after the submission; what ends before takes no visit."""
    async with office(database) as router:
        await router.stores(work_order(services=["base", "onsite"], balances={"onsite_visits": 5}))
        await router.reports(INC)
        await router.tells(INC, OnsiteConsented("cust"))
        router.time.passes(hours=23)
        await router.tells(INC, ends)
        assert await about_balances(router) == [("balance.drawn", 4), ("balance.returned", 5)]
        assert await balance(router, "onsite_visits") == 5
        await router.tells(INC, IncidentReopened("cust", ""), IncidentResolved("eng", ""))
        assert await about_balances(router) == [], "once"


async def test_a_visit_that_was_agreed_to_is_drawn_again_where_it_is_owed_again(database: str) -> None:
    """ONSITE, BASE-ONSITE, SEV-CHANGE: a mistaken assessment; also where another work order is named in between."""
    async with office(database) as router:
        for number in ("WO-1", "WO-2"):
            await router.stores(work_order(number=number, services=["base", "onsite"], balances={"onsite_visits": 5}))
        await router.reports(INC)
        await router.tells(INC, OnsiteConsented("cust"))
        await router.tells(INC, SeverityAssessed("eng", "A", "so it seems"))
        await router.tells(INC, SeverityAssessed("eng", "1", "it is down after all"))
        found = [("balance.drawn", 4), ("balance.returned", 5), ("balance.drawn", 4)]
        assert await about_balances(router) == found
        corrected = IncidentCorrected(
            "eve", {"contract": "WO-2"}, REPORT.validate_python(incident(contract="WO-2")), ""
        )
        lower, higher = SeverityAssessed("eng", "A", "better"), SeverityAssessed("eng", "1", "worse")
        await router.tells(INC, lower, corrected, higher, IncidentResolved("eng", ""))
        assert await about_balances(router) == [*reversed(found), ("balance.returned", 5)][1:]
        await router.tells(INC, corrected, IncidentReopened("cust", ""), higher)
        assert await about_balances(router) == [], "whoever is to come again is agreed to anew"


async def test_a_visit_that_an_exhibit_promises_sooner_is_made_sooner(database: str) -> None:
    """MISSION, ONSITE: at A after 12 hours; then it is made, whatever comes after."""
    core = {"id": "core", "products": ["sql-server"], "exhibit": {"onsite": {"A": "PT12H"}}}
    async with office(database) as router:
        bought = ["base", "mission-critical", "onsite"]
        await router.stores(work_order(services=bought, solutions=[core], balances={"onsite_visits": 5}))
        await router.reports(INC, product="sql-server")
        await router.tells(INC, OnsiteConsented("cust"), SeverityAssessed("eng", "A", "some of it runs"))
        router.time.passes(hours=13)
        await router.tells(INC, IncidentResolved("eng", ""))
        assert await about_balances(router) == [("balance.drawn", 4)]


async def test_a_visit_that_was_made_is_not_given_back(database: str) -> None:
    """ONSITE"""
    async with office(database) as router:
        await router.stores(work_order(services=["base", "onsite"], balances={"onsite_visits": 5}))
        await router.reports(INC)
        await router.tells(INC, OnsiteConsented("cust"))
        router.time.passes(hours=24)
        await router.tells(INC, IncidentResolved("eng", ""), IncidentReopened("cust", ""), IncidentClosed("eng", ""))
        assert await about_balances(router) == [("balance.drawn", 4)]
        assert await balance(router, "onsite_visits") == 4


async def test_a_visit_after_a_reopening_is_another_one(database: str) -> None:
    """ONSITE, BASE-ONSITE: bought per visit; one that was made before the incident was opened again is over."""
    async with office(database) as router:
        await router.stores(work_order(services=["base", "onsite"], balances={"onsite_visits": 2}))
        await router.reports(INC)
        await router.tells(INC, OnsiteConsented("cust"))
        router.time.passes(hours=24)
        await router.tells(INC, OnsiteConsented("cust"))
        assert await about_balances(router) == [("balance.drawn", 1)], "one visit, agreed to twice"
        await router.tells(INC, IncidentResolved("eng", ""), IncidentReopened("cust", ""))
        await router.tells(INC, OnsiteConsented("cust"), OnsiteConsented("cust"))
        assert await about_balances(router) == [("balance.drawn", 0)]
        await router.tells(INC, IncidentResolved("eng", ""))
        assert await about_balances(router) == [("balance.returned", 1)], "nobody was called for the second time"


async def test_a_visit_goes_back_to_the_order_that_it_was_drawn_from(database: str) -> None:
    """ONSITE: a correction that names another work order takes the visit along, and nobody pays for somebody else's."""
    async with office(database) as router:
        for number, visits in (("WO-1", 5), ("WO-2", 2)):
            await router.stores(
                work_order(number=number, services=["base", "onsite"], balances={"onsite_visits": visits})
            )
        await router.reports(INC)
        await router.tells(INC, OnsiteConsented("cust"))
        report = REPORT.validate_python(incident(contract="WO-2"))
        corrected = IncidentCorrected("eve", {"contract": "WO-2"}, report, "theirs")
        await router.tells(INC, corrected)
        assert [await balance(router, "onsite_visits", number) for number in ("WO-1", "WO-2")] == [5, 1]
        await router.tells(INC, IncidentResolved("eng", ""))
        assert [await balance(router, "onsite_visits", number) for number in ("WO-1", "WO-2")] == [5, 2]
        assert await about_balances(router) == [
            ("balance.drawn", 4), ("balance.returned", 5), ("balance.drawn", 1), ("balance.returned", 2),
        ]  # fmt: skip


async def test_a_visit_that_was_made_stays_with_the_order_that_it_was_made_under(database: str) -> None:
    """ONSITE"""
    async with office(database) as router:
        for number in ("WO-1", "WO-2"):
            await router.stores(work_order(number=number, services=["base", "onsite"], balances={"onsite_visits": 5}))
        await router.reports(INC)
        await router.tells(INC, OnsiteConsented("cust"))
        router.time.passes(hours=24)
        report = REPORT.validate_python(incident(contract="WO-2"))
        await router.tells(INC, IncidentCorrected("eve", {"contract": "WO-2"}, report, "theirs"))
        assert [await balance(router, "onsite_visits", number) for number in ("WO-1", "WO-2")] == [4, 5]


async def test_who_asked_for_the_last_visit_too_late_is_told_that_none_is_left(database: str) -> None:
    """MULTI-ONSITE: intake sees what was bought, the router what is left of it."""
    async with office(database) as router:
        await router.stores(work_order(services=["base", "onsite"], balances={"onsite_visits": 1}))
        for number in range(2):
            await router.reports(f"inc-{number}", location="aktau")
        await router.said()
        for number in range(2):
            await router.tells(f"inc-{number}", OnsiteConsented("cust"))
        said = [(type_, payload["rule"]) for _, type_, payload in await router.said() if type_ != "people.assigned"]
        assert said == [("balance.drawn", "ONSITE"), ("request.refused", "MULTI-ONSITE")]


async def test_who_asks_for_bought_hours_that_are_used_up_is_told_when_it_is_day(database: str) -> None:
    """RSM-ADDON"""
    async with office(database) as router:
        await router.stores(work_order(**MANAGED))
        await router.reports(INC, impact="moderate")
        router.time.passes(hours=7)
        await router.tells(INC, ManagementRequested("cust", "and now?"), EffortRecorded("dm", 60, 60))
        await router.said()
        await router.tells(INC, ManagementRequested("cust", "and now?"))
        ((_, type_, payload),) = await router.said()
        assert (type_, payload["request"], payload["rule"]) == ("request.refused", "management-requests", "RSM-ADDON")
        assert "next from 2026-02-05T04:00:00Z" in payload["reason"]
