"""What incidents draw from a contract's balances: effort, bought management hours, visits.

Nothing is drawn below zero, whoever draws at the same time, and what is refused says how much is left.
"""

from __future__ import annotations

import asyncio
from typing import Any

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
)
from services.report import REPORT
from tests.harness.router import Office, office, person
from tests.harness.work_orders import incident, work_order

INC = "inc-1"
DESIGNATED = {
    "services": ["base", "designated-engineering"], "balances": {"dse_hours": 2},
    "designated": {"products": ["sql-server"], "location": "almaty"},
}  # fmt: skip
MANAGED = {
    "services": ["base", "support-management-hours"], "balances": {"rsm_hours": 1},
    "management_hours": {"time_zone": "Europe/Lisbon"},
}  # fmt: skip


async def _balance(router: Office, name: str, contract: str = "WO-1") -> float:
    items = (await router.get(f"/v1/contracts/{contract}/balances", at="2026-02-04T09:00:00Z"))["items"]
    found: float = next(item["left"] for item in items if item["name"] == name)
    return found


async def _about_balances(router: Office) -> list[tuple[str, float]]:
    return [
        (type_, payload["left"])
        for _, type_, payload in await router.said()
        if type_ in ("balance.drawn", "balance.returned", "effort.refused")
    ]


async def test_effort_on_a_designated_product_draws_its_hours_until_none_are_left(database: str) -> None:
    """DSE: at 80 % it is announced; what is not covered is refused with what is left, and draws nothing."""
    async with office(database) as router:
        await router.stores(work_order(**DESIGNATED))
        await router.reports(INC, product="sql-server", impact="moderate")
        await router.said()
        await router.tells(INC, EffortRecorded("eng", 60, 60), EffortRecorded("eng", 40, 100))
        said = await router.said()
        drawn = [payload for _, type_, payload in said if type_ == "balance.drawn"]
        told = [payload for _, type_, payload in said if type_ == "people.assigned"]
        assert [(one["reason"], one["rule"], one["informs"]) for one in told] == [
            ("dse_hours of WO-1: 0.33 of 2 hours are left", "DSE", True)
        ]
        assert [(one["amount"], round(one["left"] * 60), one["announce"], one["rule"]) for one in drawn] == [
            (1.0, 60, False, "DSE"), (40 / 60, 20, True, "DSE"),
        ]  # fmt: skip
        await router.tells(INC, EffortRecorded("eng", 21, 121))
        (refused,) = await router.said_of("effort.refused")
        assert (refused["minutes"], round(refused["left"] * 60), refused["rule"]) == (21, 20, "DSE")
        assert round(await _balance(router, "dse_hours") * 60) == 20


async def test_effort_elsewhere_or_on_another_product_draws_no_designated_hours(database: str) -> None:
    """DSE: for the products that the work order lists, at one support location only."""
    async with office(database) as router:
        await router.stores(work_order(**DESIGNATED))
        elsewhere: tuple[dict[str, Any], ...] = (
            {"product": "sql-server", "location": "lisbon"}, {"product": "windows-server", "location": "almaty"},
        )  # fmt: skip
        for number, changes in enumerate(elsewhere):
            await router.reports(f"inc-{number}", impact="moderate", **changes)
            await router.tells(f"inc-{number}", EffortRecorded("eng", 60, 60))
        assert await _about_balances(router) == []


async def test_management_outside_the_customers_hours_draws_bought_hours(database: str) -> None:
    """RSM-ADDON: 16:00 in Lisbon, which is agreed, is night in Almaty; RSM-BC by day draws nothing."""
    async with office(database) as router:
        await router.stores(work_order(**MANAGED))
        await router.reports(INC, impact="moderate")
        await router.tells(INC, ManagementRequested("cust", "how far is it?"), EffortRecorded("dm", 20, 20))
        assert await _about_balances(router) == []
        router.time.passes(hours=7)
        await router.tells(INC, ManagementRequested("cust", "and now?"), EffortRecorded("dm", 15, 35))
        assert await _about_balances(router) == [("balance.drawn", 0.75)]
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
        assert await _about_balances(router) == [("balance.drawn", 0.75)]


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
        assert await _about_balances(router) == [("balance.drawn", 0)]


async def test_a_consent_that_is_given_twice_draws_one_visit(database: str) -> None:
    """ONSITE: a visit, not a consent, is what was bought."""
    async with office(database) as router:
        await router.stores(work_order(services=["base", "onsite"], balances={"onsite_visits": 5}))
        await router.reports(INC)
        await router.tells(INC, OnsiteConsented("cust"), OnsiteConsented("cust"))
        assert await _about_balances(router) == [("balance.drawn", 4)]


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
        assert await _about_balances(router) == [("balance.drawn", 4), ("balance.returned", 5)]
        assert await _balance(router, "onsite_visits") == 5
        await router.tells(INC, IncidentReopened("cust", ""), IncidentResolved("eng", ""))
        assert await _about_balances(router) == [], "once"


async def test_a_visit_that_was_made_is_not_given_back(database: str) -> None:
    """ONSITE"""
    async with office(database) as router:
        await router.stores(work_order(services=["base", "onsite"], balances={"onsite_visits": 5}))
        await router.reports(INC)
        await router.tells(INC, OnsiteConsented("cust"))
        router.time.passes(hours=24)
        await router.tells(INC, IncidentResolved("eng", ""), IncidentReopened("cust", ""), IncidentClosed("eng", ""))
        assert await _about_balances(router) == [("balance.drawn", 4)]
        assert await _balance(router, "onsite_visits") == 4


async def test_a_visit_after_a_reopening_is_another_one(database: str) -> None:
    """ONSITE, BASE-ONSITE: bought per visit; one that was made before the incident was opened again is over."""
    async with office(database) as router:
        await router.stores(work_order(services=["base", "onsite"], balances={"onsite_visits": 2}))
        await router.reports(INC)
        await router.tells(INC, OnsiteConsented("cust"))
        router.time.passes(hours=24)
        await router.tells(INC, OnsiteConsented("cust"))
        assert await _about_balances(router) == [("balance.drawn", 1)], "one visit, agreed to twice"
        await router.tells(INC, IncidentResolved("eng", ""), IncidentReopened("cust", ""))
        await router.tells(INC, OnsiteConsented("cust"), OnsiteConsented("cust"))
        assert await _about_balances(router) == [("balance.drawn", 0)]
        await router.tells(INC, IncidentResolved("eng", ""))
        assert await _about_balances(router) == [("balance.returned", 1)], "nobody was called for the second time"


async def test_a_visit_goes_back_to_the_order_that_it_was_drawn_from(database: str) -> None:
    """ONSITE: a correction may have named another work order meanwhile."""
    async with office(database) as router:
        for number in ("WO-1", "WO-2"):
            await router.stores(work_order(number=number, services=["base", "onsite"], balances={"onsite_visits": 5}))
        await router.reports(INC)
        await router.tells(INC, OnsiteConsented("cust"))
        report = REPORT.validate_python(incident(contract="WO-2"))
        corrected = IncidentCorrected("eve", {"contract": "WO-2"}, report, "theirs")
        await router.tells(INC, corrected, IncidentResolved("eng", ""))
        assert await _balance(router, "onsite_visits") == 5
        assert await _about_balances(router) == [("balance.drawn", 4), ("balance.returned", 5)]


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


async def test_what_was_drawn_before_stays_drawn_whatever_a_batch_names_and_draws_at_once(database: str) -> None:
    """DSE: when the router lags, the report or correction that names a contract comes together with its first effort."""
    async with office(database) as router:
        for number in ("WO-1", "WO-2"):
            await router.stores(work_order(number=number, **DESIGNATED))
        for name in (INC, "inc-2"):
            await router.reports(
                name, product="sql-server", impact="moderate", contract="WO-2" if name == INC else "WO-1"
            )
        await router.tells(INC, EffortRecorded("eng", 60, 60))
        theirs = REPORT.validate_python(incident(contract="WO-2", product="sql-server", impact="moderate"))
        await router.tells(
            "inc-2", IncidentCorrected("eve", {"contract": "WO-2"}, theirs, "theirs"), EffortRecorded("eng", 10, 10)
        )
        assert round(await _balance(router, "dse_hours", "WO-2") * 60) == 120 - 60 - 10
        await router.hears(
            [
                router.reported("inc-3", product="sql-server", impact="moderate", contract="WO-2"),
                router.event("inc-3", EffortRecorded("eng", 20, 20)),
            ]
        )
        assert round(await _balance(router, "dse_hours", "WO-2") * 60) == 120 - 60 - 10 - 20
        assert await _balance(router, "dse_hours") == 2


async def test_many_who_draw_at_once_draw_no_more_than_there_is_and_none_is_in_anothers_way(database: str) -> None:
    """DSE: batches that name the contracts in opposite orders don't block each other."""
    async with office(database) as router:
        for number in ("WO-1", "WO-2"):
            await router.stores(work_order(number=number, **DESIGNATED))
        names = [f"inc-{n}" for n in range(40)]
        await router.hears(
            [router.reported(name, product="sql-server", impact="moderate", contract=f"WO-{n % 2 + 1}")
             for n, name in enumerate(names)]
        )  # fmt: skip
        await router.said()
        there = [router.event(name, EffortRecorded("eng", 7, 7)) for name in names[:20]]
        back = [router.event(name, EffortRecorded("eng", 7, 7)) for name in reversed(names[20:])]
        await asyncio.gather(*(router.hears(batch) for batch in (there[:10], back[:10], there[10:], back[10:])))
        types = [type_ for type_, _ in await _about_balances(router)]
        assert (types.count("balance.drawn"), types.count("effort.refused")) == (2 * 17, 40 - 2 * 17)
        assert await router.one("select max(amount) from drawn") == 17 * 7


async def test_beside_the_balances_stand_the_days_that_count(database: str) -> None:
    """REQUEST-60, SAB-30"""
    async with office(database) as router:
        await router.stores(work_order(term={"from": "2026-01-01", "to": "2027-12-31"}))
        found = await router.get("/v1/contracts/WO-1/balances")
        assert found["ask_by"] == {"on": "2027-11-01", "rule": "REQUEST-60"}
        assert found["shortfall_billed_from"] == {"on": ["2026-01-31", "2027-01-31"], "rule": "SAB-30"}


async def test_advisory_effort_has_hours_of_its_own_and_draws_no_designated_ones(database: str) -> None:
    """ADV, DSE"""
    async with office(database) as router:
        await router.stores(work_order(**DESIGNATED))
        await router.reports(INC, kind="advisory", impact="minimal", product="sql-server")
        await router.tells(INC, EffortRecorded("eng", 150, 150))
        assert await _about_balances(router) == []


async def test_an_order_that_is_renewed_begins_with_what_the_new_term_bought(database: str) -> None:
    """TERM, FLEX-LAPSE: what the old term left has lapsed, and what it used is not counted again."""
    async with office(database) as router:
        await router.stores(work_order(**DESIGNATED))
        await router.reports(INC, product="sql-server", impact="moderate")
        await router.tells(INC, EffortRecorded("eng", 90, 90))
        assert await _balance(router, "dse_hours") == 0.5
        renewed = work_order(term={"from": "2026-02-03", "to": "2027-02-02"}, **DESIGNATED)
        await router.stores(renewed)
        assert await _balance(router, "dse_hours") == 2
        await router.tells(INC, EffortRecorded("eng", 60, 150))
        assert await _balance(router, "dse_hours") == 1
