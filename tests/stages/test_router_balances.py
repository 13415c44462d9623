"""What incidents draw from a contract's balances by effort; what else is drawn is in `test_router_visits_and_management`.

Nothing is drawn below zero, whoever draws at the same time, and what is refused says how much is left.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from events.incidents import EffortRecorded, IncidentCorrected
from services.report import REPORT
from tests.harness.router import START, office
from tests.harness.router_balances import about_balances, balance, balance_at
from tests.harness.work_orders import incident, work_order

INC = "inc-1"
DESIGNATED = {
    "services": ["base", "designated-engineering"], "balances": {"dse_hours": 2},
    "designated": {"products": ["sql-server"], "location": "almaty"},
}  # fmt: skip


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
        assert round(await balance(router, "dse_hours") * 60) == 20


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
        assert await about_balances(router) == []


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
        assert round(await balance(router, "dse_hours", "WO-2") * 60) == 120 - 60 - 10
        await router.hears(
            [
                router.reported("inc-3", product="sql-server", impact="moderate", contract="WO-2"),
                router.event("inc-3", EffortRecorded("eng", 20, 20)),
            ]
        )
        assert round(await balance(router, "dse_hours", "WO-2") * 60) == 120 - 60 - 10 - 20
        assert await balance(router, "dse_hours") == 2


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
        types = [type_ for type_, _ in await about_balances(router)]
        assert (types.count("balance.drawn"), types.count("effort.refused")) == (2 * 17, 40 - 2 * 17)
        assert (
            await router.one("select max(drawn) from (select sum(amount) drawn from draws group by contract) d")
            == 17 * 7
        )


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
        assert await about_balances(router) == []


async def test_an_order_that_is_renewed_begins_with_what_the_new_term_bought(database: str) -> None:
    """TERM, FLEX-LAPSE: what the old term left has lapsed, and what it used is not counted again."""
    async with office(database) as router:
        await router.stores(work_order(**DESIGNATED))
        await router.reports(INC, product="sql-server", impact="moderate")
        await router.tells(INC, EffortRecorded("eng", 90, 90))
        assert await balance(router, "dse_hours") == 0.5
        router.time.passes(days=365)
        await router.stores(work_order(term={"from": "2027-01-01", "to": "2027-12-31"}, **DESIGNATED))
        assert await balance(router, "dse_hours") == 2
        await router.tells(INC, EffortRecorded("eng", 60, 150))
        assert await balance(router, "dse_hours") == 1


async def test_a_term_whose_first_day_is_corrected_has_drawn_what_was_drawn_in_it(database: str) -> None:
    """TERM, DSE: a mistake in the order gives no hours back; what was drawn before its first day is another term's."""
    async with office(database) as router:
        await router.stores(work_order(**DESIGNATED))
        await router.reports(INC, product="sql-server", impact="moderate")
        await router.tells(INC, EffortRecorded("eng", 90, 90))
        for first in ("2026-01-02", "2025-12-01", "2026-02-04"):
            await router.stores(work_order(term={"from": first, "to": "2026-12-31"}, **DESIGNATED))
            assert await balance(router, "dse_hours") == 0.5
        await router.tells(INC, EffortRecorded("eng", 31, 121))
        assert [left for type_, left in await about_balances(router) if type_ == "effort.refused"] == [0.5]
        await router.stores(work_order(term={"from": "2026-02-05", "to": "2026-12-31"}, **DESIGNATED))
        assert await balance(router, "dse_hours") == 2


async def test_what_is_left_at_an_instant_knows_nothing_of_what_was_drawn_after_it(database: str) -> None:
    """DSE, TERM"""
    async with office(database) as router:
        await router.stores(work_order(**DESIGNATED))
        await router.reports(INC, product="sql-server", impact="moderate")
        for minutes, total in ((30, 30), (60, 90)):
            await router.tells(INC, EffortRecorded("eng", minutes, total))
            router.time.passes(hours=1)
        second = timedelta(seconds=1)
        afterwards = [START - second, START, START + timedelta(hours=1) - second, START + timedelta(hours=1)]
        assert [await balance_at(router, "dse_hours", at) for at in afterwards] == [2, 1.5, 1.5, 0.5]
        last = datetime(2026, 12, 31, 19, 0, tzinfo=UTC)  # midnight in Almaty
        assert [await balance_at(router, "dse_hours", at) for at in (last - second, last)] == [0.5, 0]


async def test_what_an_older_version_draws_beside_this_one_is_drawn(database: str) -> None:
    """DSE: it adds up what a term has drawn in a table of its own, and is followed there."""
    async with office(database) as router:
        await router.stores(work_order(**DESIGNATED))
        for amount in (30, 90):
            async with router.ground.transactions() as tx:
                await tx.execute(
                    "insert into drawn (contract, term, balance, amount) values ('WO-1', '2026-01-01', 'dse_hours', :a)"
                    " on conflict (contract, term, balance) do update set amount = excluded.amount",
                    {"a": amount},
                )
        items = (await router.get("/v1/contracts/WO-1/balances"))["items"]
        assert [item["left"] for item in items if item["name"] == "dse_hours"] == [0.5]
        await router.reports(INC, product="sql-server", impact="moderate")
        await router.tells(INC, EffortRecorded("eng", 31, 31))
        assert await about_balances(router) == [("effort.refused", 0.5)]
