"""A record of many years: what is open, and what is a small customer's, is found without reading what has ended.

What ended is 20,000 times what there is; what a reading looks at is counted by PostgreSQL itself.
"""

from __future__ import annotations

import asyncio

import pytest

from backbone.log.event import Lane
from backbone.process.runner import RunningStage
from backbone.web.keys import hash_of
from notifier.pages.beat import BEAT
from tests.harness.escalation import watch
from tests.harness.intake import intake
from tests.harness.notifier import desk as notifier_desk
from tests.harness.notifier import person
from tests.harness.router import office
from tests.harness.rows_read import RowsRead, count_rows_read, multiply
from tests.harness.work_orders import work_order

MANY = 20_000
#: Rows and index entries that a page of fifty may cost.
FEW = 600
OLD_ID = "'018f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0')"
LONG_AGO = {"state": "'closed'", "closed_at": "cast('2024-02-04T09:00:00Z' as timestamptz)"}
CLOSED = {"state": "'closed'", "closed_at": "cast('2026-02-04T09:00:00Z' as timestamptz)"}
OLD_PAGE = {
    "id": f"({OLD_ID})::uuid", "incident": OLD_ID, "state": "'exhausted'", "next_at": "null", "holder": "null"
}  # fmt: skip
OLD_CLOCK = {
    "id": "gen_random_uuid()", "incident": OLD_ID, "state": "'superseded'", "superseded_at": "t.due_at",
    "breached_at": "null", "met_at": "null", "next_at": "null",
    **{name: f"t.{name} - n * interval '1 hour'" for name in ("started_at", "warn_at", "due_at")},
}  # fmt: skip


async def _holds(running: RunningStage, read: RowsRead) -> None:
    """All that must be 0 is, and costs little; and so does each round of each loop."""
    for name, count in running.stage.invariants.items():
        assert await count() == 0
        assert read.taken() < FEW, name
    for _ in range(2):
        # The first time the days to come are made.
        read.taken()
        await running.housekeeping()
    assert read.taken() < FEW * (1 + len(running.stage.invariants))
    for work in running.stage.works:
        for lane in work.lanes:
            await work.step(lane)
            assert read.taken() < FEW, work.name


async def test_lists_of_incidents(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with intake(database) as desk:
        for number in ("WO-1", "WO-2"):
            await desk.knows("contract", number, work_order() | {"number": number})
        await desk.has(contract="WO-2", impact="minimal")
        old = {
            "subject": OLD_ID,
            "number": "1000000 + n",
            "state": "'closed'",
            "updated_at": "t.updated_at - n * interval '1 hour'",
        }
        await multiply(desk.ground.engine, "incident", MANY, **old)
        ago = {"subject": OLD_ID, "position": "-100000 * t.position - n", "sequence": "t.sequence + n"}
        await multiply(desk.ground.engine, "fact", MANY, **ago)
        desk.time.passes(hours=1)
        mine = await desk.has(contract="WO-1", reference="R-1", title="mine")
        await desk.act(mine, "owner", {"by": "lead", "id": "eve", "name": "Eve"})
        since = desk.time.now().isoformat()
        async with desk.with_key("view", contracts=["WO-1"]) as theirs:
            read = count_rows_read(monkeypatch)
            for web in (desk.web, theirs):
                for query in (
                    "", "state=open", "state=resolved", "flag=needs-human", "reference=R-1", "reference=none", "owner=eve",
                    "severity=1", "queue=mission-critical", "contract=WO-1", "severity=C&state=open",
                    f"updated_after={since}", f"opened_after={since}", "updated_after=2027-01-01T00:00:00Z",
                    "opened_after=2027-01-01T00:00:00Z",
                ):  # fmt: skip
                    answer = await web.get(f"/v1/incidents?{query.replace('+', '%2B')}")
                    assert answer.status_code == 200
                    assert read.taken() < FEW, query
                for view in ("", "/timeline", "/explanation"):
                    assert (await web.get(f"/v1/incidents/{mine}{view}")).status_code == 200
                    assert read.taken() < FEW, view
            assert [item["title"] for item in (await theirs.get("/v1/incidents")).json()["items"]] == ["mine"]
        await _holds(desk.running, read)


async def test_lists_of_clocks_and_what_must_hold_of_them(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watch(database) as there:
        await there.stores("contract", "WO-1", there.work_order)
        for name in ("WO-1", "WO-2"):
            key = {"name": name, "scopes": ["view"], "contracts": [name], "hash": hash_of(f"crk_{name}")}
            await there.stores("key", name, key)
        await there.happens("large", "minimal")
        engine = there.ground.engine
        await multiply(engine, "subject", MANY, subject=OLD_ID)
        await multiply(engine, "incident", MANY, id=OLD_ID, number="'INC-1' || n", contract="'WO-2'", **CLOSED)
        await multiply(engine, "clock", MANY, **OLD_CLOCK)
        await there.happens("mine")
        await there.rests()
        read = count_rows_read(monkeypatch)
        for key in ("crk_WO-1", "the-admin-key"):
            for path in (
                "clocks", "clocks?state=running", "clocks?state=breached", "clocks?state=met", "clocks?incident=mine",
                "escalations", "proposals",
            ):  # fmt: skip
                answer = await there.web.get(f"/v1/{path}", headers={"Authorization": f"Bearer {key}"})
                assert answer.status_code == 200
                assert read.taken() < FEW, (key, path)
        await _holds(there.running, read)


async def test_what_must_hold_of_pages(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with notifier_desk(database) as there:
        await there.knows("person", person("ana", "crisis-manager"))
        await there.reports("large")
        await there.assigns("large", "ana")
        await there.rests()
        engine = there.ground.engine
        await multiply(engine, "subject", MANY, subject=OLD_ID)
        await multiply(engine, "incident", MANY, id=OLD_ID, number="'INC-1' || n", **CLOSED)
        await multiply(engine, "page", MANY, **OLD_PAGE)
        await multiply(engine, "mailbox", MANY, id=f"({OLD_ID})::uuid", incident=OLD_ID, person="'somebody'")
        read = count_rows_read(monkeypatch)
        for path in ("pages", "pages?incident=large", "mailbox", "mailbox?incident=large", "mailbox?to=ana"):
            assert (await there.web.get(f"/v1/{path}")).status_code == 200
            assert read.taken() < FEW, path
        await asyncio.sleep(BEAT)
        await _holds(there.running, read)


async def test_what_waits_in_queues(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with office(database) as router:
        await router.reports("large")
        await multiply(router.ground.engine, "subject", MANY, subject=OLD_ID)
        await multiply(router.ground.engine, "desk", MANY, subject=OLD_ID, **CLOSED)
        read = count_rows_read(monkeypatch)
        for path in ("queues", "queues/rapid-response/incidents", "queues/hotfix/incidents"):
            assert (await router.web.get(f"/v1/{path}")).status_code == 200
            assert read.taken() < FEW, path
        await _holds(router.running, read)


async def _removes_little_by_little(running: RunningStage, read: RowsRead) -> None:
    (work,) = (work for work in running.stage.works if work.name == "retention")
    read.taken()
    assert await work.step(Lane.ORDINARY) is not None
    assert 100 < read.taken() < 4 * FEW


async def test_what_ended_too_long_ago_is_removed_without_reading_the_rest(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = count_rows_read(monkeypatch)
    async with watch(database) as there, notifier_desk(database) as pager, office(database) as router:
        await there.happens("large", "minimal")
        await there.rests()
        await pager.knows("person", person("ana", "crisis-manager"))
        await pager.reports("large")
        await pager.assigns("large", "ana")
        await pager.rests()
        await router.reports("large")
        for stage in (there, pager, router):
            await multiply(stage.ground.engine, "subject", MANY, subject=OLD_ID)
        for stage in (there, pager):
            await multiply(stage.ground.engine, "incident", MANY, id=OLD_ID, number="'INC-1' || n", **LONG_AGO)
        await multiply(there.ground.engine, "clock", MANY, **OLD_CLOCK)
        await multiply(pager.ground.engine, "page", MANY, **OLD_PAGE)
        await multiply(router.ground.engine, "desk", MANY, subject=OLD_ID, **LONG_AGO)
        for stage in (there, pager, router):
            await _removes_little_by_little(stage.running, read)
