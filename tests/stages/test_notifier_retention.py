"""What the notifier keeps of an incident that was closed long ago: that it was there, and nothing of whom it paged."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from backbone.log.event import Lane
from backbone.process.settings import Settings, SettingsError
from events.incidents import IncidentClosed, IncidentReopened, IncidentResolved, IncidentStuck
from notifier.callbacks.receipt import take
from notifier.channels.twilio_callback import Receipt
from tests.harness.logs import stand
from tests.harness.notifier import START, Desk, desk, reported
from tests.harness.notifier_kept import INC, days_pass, kept
from tests.harness.notifier_phone import staffed


async def had(notifier: Desk, subject: str = INC, number: str = "INC-000042") -> None:
    """An incident that paged somebody, and is closed; intake's log still holds its beginning."""
    await stand(notifier.ground, notifier.event("intake", subject, reported(number)))
    await notifier.rests()
    await notifier.routes(subject)
    await notifier.assigns(subject, "ana")
    await notifier.passes(minutes=1)
    await notifier.tells("intake", subject, IncidentClosed("ana", ""))
    await notifier.rests()


async def test_what_belongs_to_an_incident_that_was_closed_400_days_ago_is_removed(database: str) -> None:
    async with staffed(database) as notifier:
        await had(notifier)
        before = await kept(notifier)
        assert min(before) > 0
        await days_pass(notifier, 399)
        assert await kept(notifier) == before
        await days_pass(notifier, 1.1)
        assert await kept(notifier) == [0, 0, 0]
        assert await notifier.one("select count(*) from page") == 0
        assert notifier.ground.around.registry.get_sample_value("critsit_pages_removed_total") == before[0]


async def test_who_reported_and_what_is_not_kept_either_but_that_it_is_closed_is(database: str) -> None:
    async with staffed(database) as notifier:
        await had(notifier)
        assert "+77010000001" in await notifier.one("select body::text from incident")
        await days_pass(notifier, 401)
        body = await notifier.one("select body::text from incident")
        assert "+7701" not in body
        assert "Aigerim" not in body
        assert "VMs" not in body
        assert await notifier.one("select state from incident") == "closed"
        assert await notifier.one("select contract from incident") == "WO-1001"


async def test_what_is_open_or_only_resolved_is_kept_however_old_it_is(database: str) -> None:
    async with staffed(database) as notifier:
        await notifier.reports(INC)
        await notifier.assigns(INC, "ana")
        await notifier.rests()
        await notifier.acknowledges("ana")
        await notifier.reports("0198-b", number="INC-000043")
        await notifier.assigns("0198-b", "ana")
        await notifier.rests()
        await notifier.tells("intake", "0198-b", IncidentResolved("ana", ""))
        before = [await kept(notifier), await kept(notifier, "0198-b")]
        assert min(map(min, before)) > 0
        await days_pass(notifier, 5_000)
        assert [await kept(notifier), await kept(notifier, "0198-b")] == before


async def test_what_was_reopened_counts_from_its_last_closure(database: str) -> None:
    async with staffed(database) as notifier:
        await had(notifier)
        await days_pass(notifier, 20)
        await notifier.tells("intake", INC, IncidentReopened("ana", ""))
        await notifier.rests()
        await days_pass(notifier, 500)
        before = await kept(notifier)
        assert min(before) > 0
        await notifier.tells("intake", INC, IncidentClosed("ana", ""))
        await days_pass(notifier, 399)
        assert await kept(notifier) == before
        await days_pass(notifier, 2)
        assert await kept(notifier) == [0, 0, 0]


async def test_a_late_word_about_it_pages_nobody_since_it_is_still_known_to_be_closed(database: str) -> None:
    async with staffed(database) as notifier:
        await had(notifier)
        await days_pass(notifier, 401)
        await notifier.escalates(INC)
        await notifier.assigns(INC, "ana", attempt=2)
        await notifier.rests()
        assert await kept(notifier) == [0, 0, 0]


async def test_a_page_that_comes_after_the_removal_is_removed_in_its_turn(database: str) -> None:
    async with staffed(database) as notifier:
        await had(notifier)
        await days_pass(notifier, 401)
        await notifier.tells("router", INC, IncidentStuck("router", "incident.closed", "KeyError"))
        await notifier.rests()
        assert await notifier.received() == [("dan", "email")]
        await notifier.acknowledges("dan")
        await days_pass(notifier, 399)
        assert await kept(notifier) == [1, 1, 1]
        await days_pass(notifier, 2)
        assert await kept(notifier) == [0, 0, 0]


async def test_the_link_of_a_page_that_was_removed_says_that_there_is_none(database: str) -> None:
    async with staffed(database) as notifier:
        await had(notifier)
        page = (await notifier.pages())[0]
        await days_pass(notifier, 401)
        answer = await notifier.post(f"/v1/pages/{page['id']}/acknowledgement", {"by": "ana"})
        assert answer.status_code == 404
        assert await notifier.pages() == []
        assert await notifier.mailbox() == []


async def test_an_incident_that_is_held_waits_for_its_human(database: str) -> None:
    async with staffed(database) as notifier:
        await had(notifier)
        async with notifier.ground.transactions() as tx:
            row = (await tx.lock([INC], make=False))[INC]
            row.held, row.changed = True, True
        await days_pass(notifier, 401)
        assert min(await kept(notifier)) > 0
        await notifier.acknowledges("dan")
        async with notifier.ground.transactions() as tx:
            row = (await tx.lock([INC], make=False))[INC]
            row.held, row.changed = False, True
        await days_pass(notifier, 1)
        assert await notifier.one(f"select count(*) from attempt where incident = '{INC}'") == 0


async def test_with_0_days_all_is_kept_for_ever(database: str) -> None:
    async with staffed(database, keep_days=0) as notifier:
        await had(notifier)
        before = await kept(notifier)
        await days_pass(notifier, 5_000)
        assert await kept(notifier) == before


def test_fewer_days_than_an_incident_may_be_reopened_in_are_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"CRITSIT_KEEP_DAYS: has to be 60 days at least, or 0"):
        Settings.load(environ={"CRITSIT_KEEP_DAYS": "30"})
    assert Settings.load(environ={"CRITSIT_KEEP_DAYS": "60"}).keep_days == 60
    assert Settings.load(environ={"CRITSIT_KEEP_DAYS": "0"}).keep_days == 0


async def test_much_is_removed_in_bounded_batches_the_oldest_first_and_two_replicas_do_not_hinder_each_other(
    database: str,
) -> None:
    async with staffed(database) as notifier, desk(database, notifier.time) as other:
        for n in range(12):
            await notifier.reports(f"inc-{n:02}", number=f"INC-{n:06}")
            await notifier.assigns(f"inc-{n:02}", "ana")
        await notifier.rests()
        for n in range(12):
            await notifier.tells("intake", f"inc-{n:02}", IncidentClosed("ana", ""))
            notifier.time.passes(seconds=1)
        await notifier.rests()
        notifier.time.passes(days=401)
        ours, theirs = (replica.running.stage.works[-1] for replica in (notifier, other))
        assert ours.name == theirs.name == "retention"
        for replica in (notifier, other):
            replica.running.stage.works[-1].step.__self__.most = 4  # type: ignore[attr-defined]

        assert await ours.step(Lane.ORDINARY) == notifier.time.now()
        left = await rows(notifier)
        assert left == [f"inc-{n:02}" for n in range(4, 12)]

        async with notifier.ground.transactions() as tx:
            await tx.lock(["inc-04", "inc-05"], make=False)
            await theirs.step(Lane.ORDINARY)
        assert await rows(notifier) == ["inc-04", "inc-05", "inc-10", "inc-11"]

        await asyncio.gather(ours.step(Lane.ORDINARY), theirs.step(Lane.ORDINARY))
        assert await rows(notifier) == []
        assert [await ours.step(Lane.ORDINARY), await theirs.step(Lane.ORDINARY)] == [None, None]


async def rows(notifier: Desk) -> list[str]:
    """The incidents of which there are pages."""
    found = await notifier.one("select coalesce(array_agg(distinct incident order by incident), '{}') from page")
    return list(found)


#: Who waits for a lock in this test's database.
_WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


async def test_a_receipt_that_waited_while_its_attempt_was_removed_is_about_none_of_ours(database: str) -> None:
    async with staffed(database) as notifier:
        await had(notifier)
        attempt = await notifier.one("select id from attempt limit 1")
        receipt = Receipt("SM-1", "delivered", "delivered")
        metrics = notifier.sender.dispatch.metrics
        async with notifier.ground.transactions() as tx:
            await tx.lock([INC], make=False)
            late = asyncio.create_task(take(notifier.ground, metrics, receipt, attempt, lambda: None))
            await tx.execute("set local idle_in_transaction_session_timeout = 0")
            async with asyncio.timeout(10):
                while not await notifier.one(_WAITING):  # noqa: ASYNC110 no bell rings here
                    await asyncio.sleep(0.002)
            await tx.execute("delete from mailbox")
            await tx.execute("delete from attempt")
            await tx.execute("delete from page")
        assert await late is None
        assert await kept(notifier) == [0, 0, 0]


async def test_a_batch_that_fails_is_half_as_large_the_next_time(database: str) -> None:
    async with staffed(database) as notifier:
        await had(notifier)
        notifier.time.passes(days=401)
        retention = notifier.running.stage.works[-1].step.__self__  # type: ignore[attr-defined]
        async with notifier.ground.engine.connect() as connection, connection.begin():
            await connection.exec_driver_sql("lock table mailbox in share mode")
            before = await kept(notifier)
            with pytest.raises(Exception, match="lock timeout"):
                await retention.step(Lane.ORDINARY)
            assert retention.most == 50
            assert await kept(notifier) == before
        await retention.step(Lane.ORDINARY)
        assert await kept(notifier) == [0, 0, 0]
        assert await notifier.one("select closed_at is null from incident")
        assert notifier.time.now() - START > timedelta(days=400)
