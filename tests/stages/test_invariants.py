"""The gauges that must be 0 are not always 0: each is broken here on purpose, and seen."""

from __future__ import annotations

from backbone.log import invariants
from backbone.loops.follow import READER
from events.incidents import ImpactChanged
from tests.harness.router import Office, office


async def _behind(router: Office) -> int:
    async with router.ground.transactions.reading() as connection:
        now = router.time.now()
        return await invariants.lanes_behind(connection, router.ground.sources, ["intake", "notifier"], READER, now)


async def _not_held(router: Office) -> int:
    async with router.ground.transactions.reading() as connection:
        return await invariants.letters_not_held(connection, "subject", router.time.now())


async def test_an_event_that_nobody_hears_for_a_minute_is_counted(database: str) -> None:
    async with office(database) as router:
        async with router.ground.transactions() as tx:
            await tx.execute(
                "insert into intake.outbox (event_id, subject, sequence, urgent, type, payload, headers, after, occurred_at)"
                " values (gen_random_uuid(), 'inc-1', 1, true, 'incident.reported', '{}', '{}', '{}', :now)",
                {"now": router.time.now()},
            )
        assert await _behind(router) == 0
        router.time.passes(seconds=61)
        assert await _behind(router) == 1
        async with router.ground.transactions() as tx:
            await tx.execute(
                "insert into cursor (reader, source, lane, position) select :r, 'intake', 'urgent', max(seq)"
                " from intake.outbox",
                {"r": READER},
            )
        assert await _behind(router) == 0


async def test_a_dead_letter_whose_subject_holds_nothing_back_is_counted(database: str) -> None:
    async with office(database) as router:
        await router.reports("inc-1")
        broken = router.event("inc-1", ImpactChanged("cust", "no such impact", "worse"))
        await router.hears([broken])
        router.time.passes(seconds=61)
        assert await router.one("select count(*) from dead_letter") == 1
        assert await _not_held(router) == 0
        async with router.ground.transactions() as tx:
            await tx.execute("update subject set held = false")
        assert await _not_held(router) == 1
