"""What the router keeps of an incident that was closed long ago: what was drawn for it, and nothing of who was on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from backbone.log.event import Event, Lane
from backbone.time_source import HandMoved
from events.incidents import (
    EffortRecorded,
    ImpactChanged,
    IncidentClosed,
    IncidentReopened,
    IncidentResolved,
    OwnerRequested,
)
from events.notifications import PageAcknowledged
from tests.harness.logs import are_dropped, begin_again, by_kafka, stand
from tests.harness.router import Office, office, page, person
from tests.harness.work_orders import work_order

INC = "inc-1"
KEPT = ("decision", "desk")
DESIGNATED = {
    "services": ["base", "designated-engineering"], "balances": {"dse_hours": 2},
    "designated": {"products": ["azure/*"], "location": "almaty"},
}  # fmt: skip


@asynccontextmanager
async def staffed(database: str, time: HandMoved | None = None, **settings: Any) -> AsyncIterator[Office]:
    async with office(database, time, **settings) as router:
        await router.stores(work_order(**DESIGNATED))
        await router.employs(person("ana", "crisis-manager"), person("eva", "engineer"))
        yield router


def closed(router: Office, subject: str = INC) -> list[Event]:
    """What is heard of an incident that was decided on twice, taken, worked on and closed by now."""
    acknowledged = PageAcknowledged(page("ana"), "ana", router.time.now())
    return [
        router.reported(subject),
        router.event(subject, OwnerRequested("eva", "eva")),
        router.event(subject, acknowledged, source="notifier"),
        router.event(subject, EffortRecorded("eva", 60, 60)),
        router.event(subject, ImpactChanged("bo", "moderate", "half is back")),
        router.event(subject, IncidentClosed("eva", "")),
    ]


async def days_pass(router: Office, days: float) -> None:
    """At once: nothing is due on the way."""
    router.time.passes(days=days)
    await router.rests()


async def kept(router: Office, subject: str = INC) -> list[int]:
    """How many decisions and desks there are of it."""
    return [await router.one(f"select count(*) from {table} where subject = '{subject}'") for table in KEPT]


async def rows(router: Office) -> list[str]:
    """The incidents of which it has heard."""
    return list(await router.one("select coalesce(array_agg(subject order by subject), '{}') from subject"))


async def test_what_belongs_to_an_incident_that_was_closed_400_days_ago_is_removed(database: str) -> None:
    async with staffed(database) as router:
        await router.hears(closed(router))
        assert await kept(router) == [2, 1]
        await days_pass(router, 399)
        assert await kept(router) == [2, 1]
        await days_pass(router, 2)
        assert await kept(router) == [0, 0]
        assert router.ground.around.registry.get_sample_value("critsit_decisions_removed_total") == 2


async def test_what_was_drawn_stays_drawn(database: str) -> None:
    async with staffed(database) as router:
        await router.hears(closed(router))
        await days_pass(router, 401)
        assert await kept(router) == [0, 0]
        items = (await router.get("/v1/contracts/WO-1/balances", at="2026-02-04T09:00:00Z"))["items"]
        assert [item["left"] for item in items if item["name"] == "dse_hours"] == [1]


async def test_what_is_open_or_only_resolved_is_kept_however_old_it_is(database: str) -> None:
    async with staffed(database) as router:
        await router.reports("open")
        await router.reports("resolved")
        await router.tells("resolved", IncidentResolved("eva", ""))
        await days_pass(router, 5_000)
        assert await kept(router, "open") == await kept(router, "resolved") == [1, 1]


async def test_what_was_reopened_counts_from_its_last_closure(database: str) -> None:
    async with staffed(database) as router:
        await router.hears(closed(router))
        await days_pass(router, 20)
        await router.tells(INC, IncidentReopened("bo", ""))
        await days_pass(router, 500)
        assert await kept(router) == [2, 1]
        await router.tells(INC, IncidentClosed("eva", ""))
        await days_pass(router, 399)
        assert await kept(router) == [2, 1]
        await days_pass(router, 2)
        assert await kept(router) == [0, 0]


async def by_a_router_of_before(router: Office, state: str) -> None:
    """It knows of no `closed_at`, and writes the state alone."""
    async with router.ground.transactions() as tx:
        await tx.execute("update desk set state = :state", {"state": state})


async def test_what_a_router_of_before_reopened_is_kept_and_counts_from_its_next_closure(database: str) -> None:
    async with staffed(database) as router:
        await router.hears(closed(router))
        await by_a_router_of_before(router, "open")
        await days_pass(router, 401)
        assert await kept(router) == [2, 1]
        await router.tells(INC, IncidentClosed("eva", ""))
        await days_pass(router, 399)
        assert await kept(router) == [2, 1]
        await days_pass(router, 2)
        assert await kept(router) == [0, 0]


async def test_what_a_router_of_before_closed_is_removed_too(database: str) -> None:
    async with staffed(database) as router:
        await router.reports(INC)
        await by_a_router_of_before(router, "closed")
        router.time.move_to(await router.one("select now() + interval '399 days'"))
        await router.rests()
        assert await kept(router) == [1, 1]
        await days_pass(router, 2)
        assert await kept(router) == [0, 0]


async def test_with_0_days_all_is_kept_for_ever(database: str) -> None:
    async with staffed(database, keep_days=0) as router:
        await router.hears(closed(router))
        await days_pass(router, 5_000)
        assert await kept(router) == [2, 1]


async def test_what_waits_for_a_human_is_kept(database: str) -> None:
    async with staffed(database) as router:
        await router.hears(closed(router))
        async with router.ground.transactions() as tx:
            row = (await tx.lock([INC], make=False))[INC]
            row.held, row.changed = True, True
        await days_pass(router, 401)
        assert await kept(router) == [2, 1]


async def test_a_log_that_is_read_from_its_beginning_after_the_removal_decides_nothing(database: str) -> None:
    async with staffed(database) as router:
        events = closed(router)
        await stand(router.ground, *events)
        await router.rests()
        assert await kept(router) == [2, 1]
        await days_pass(router, 401)
        assert await rows(router) == [INC]
        await router.said()
        await begin_again(router.ground)
        async with office(database, router.time) as again:
            await again.rests()
            repeats = {"stage": "router", "outcome": "repeats"}
            assert again.ground.around.registry.get_sample_value("critsit_events_heard_total", repeats) == len(events)
        await router.hears(by_kafka(events))
        assert await kept(router) == [0, 0]
        assert await router.said() == []


async def test_once_no_log_tells_of_it_nothing_is_kept_and_a_kafka_that_is_read_from_its_beginning_decides_nothing(
    database: str,
) -> None:
    async with staffed(database) as router:
        events = closed(router)
        await stand(router.ground, *events)
        await router.rests()
        await are_dropped(router.ground)
        await days_pass(router, 401)
        assert await kept(router) == [0, 0]
        assert await rows(router) == []
        await router.said()
        await router.hears(by_kafka(events))
        for event in reversed(by_kafka(events)):
            await router.hears([event])
        await router.tells(INC, EffortRecorded("eva", 10, 70))
        assert await rows(router) == []
        assert await kept(router) == [0, 0]
        assert await router.said() == []
        assert await router.one("select count(*) from dead_letter") == 0


async def test_two_replicas_do_not_hinder_each_other(database: str) -> None:
    async with staffed(database) as router, office(database, router.time) as other:
        for n in range(6):
            await router.hears(closed(router, f"inc-{n}"))
        router.time.passes(days=401)
        theirs = other.running.stage.works[-1]
        assert theirs.name == "retention"
        async with router.ground.transactions() as tx:
            await tx.lock(["inc-2"], make=False)
            await theirs.step(Lane.ORDINARY)
        assert await rows(router) == ["inc-2"]
        await asyncio.gather(router.rests(), other.rests())
        assert await rows(router) == []
        assert await router.one("select count(*) from desk") == 0
