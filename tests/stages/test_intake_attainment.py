"""Attainment over HTTP: met and breached per clock and severity, asked for as people ask, by days; JSON and CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from backbone.loops.breath import Breath
from backbone.time_source import HandMoved
from events.escalations import Clock, ClockBreached, ClockMet, ClockStarted, ClockSuperseded
from intake.record import api as record_api
from tests.harness.intake import Counterpart, intake
from tests.harness.statements import statements
from tests.harness.work_orders import incident, work_order


def _clock(desk: Counterpart, id_: str, name: str = "first_response") -> Clock:
    now = desk.time.now()
    return Clock(id_, name, "provider", now, now + timedelta(hours=1), now, "PT1H", "24x7", "BASE-A")


async def _month(desk: Counterpart) -> tuple[str, str]:
    """Two incidents at A: one kept its promises, the other broke one and did it late; their ids."""
    await desk.knows("contract", "WO-1", work_order())
    kept, broken = [await desk.has(impact="critical_degraded") for _ in range(2)]
    now = desk.time.now()
    first, second, third = _clock(desk, "c1"), _clock(desk, "c2"), _clock(desk, "c3", "status_update")
    await desk.tells("escalation", kept, ClockStarted(first, "incident.reported"), ClockMet(first, now, "eng"))
    await desk.tells("escalation", broken, ClockStarted(second, "incident.reported"))
    desk.time.passes(hours=1, minutes=1)
    await desk.tells("escalation", broken, ClockBreached(second, False, ""))
    await desk.tells("escalation", broken, ClockStarted(third, "incident.reported"), ClockSuperseded(third, "resolved"))
    return kept, broken


async def test_what_was_met_and_breached_is_counted_and_each_breach_says_which_it_is(database: str) -> None:
    """BASE-A: what is sent to the customer at the month's end; what was superseded promised nothing any more."""
    async with intake(database) as desk:
        _, broken = await _month(desk)
        (item,) = (await desk.get("/v1/attainment", contract="WO-1"))["items"]
        assert (item["clock"], item["severity"], item["met"], item["breached"]) == ("first_response", "A", 1, 1)
        (breach,) = item["breaches"]
        assert (breach["incident"], breach["rule"], breach["met_at"]) == (broken, "BASE-A", None)
        assert breach["number"].startswith("INC-")
        assert breach["reason"]


async def test_the_watch_for_a_first_decision_is_no_promise_and_is_not_counted(database: str) -> None:
    """UNROUTED: only its breach is ever heard of, which the record shows."""
    async with intake(database) as desk:
        id_ = await desk.has(contract=None)
        watch = _clock(desk, "c1", "unrouted")
        await desk.tells("escalation", id_, ClockBreached(watch, False, "nobody has decided"))
        assert (await desk.get("/v1/attainment"))["items"] == []
        assert [clock["state"] for clock in (await desk.record(id_))["clocks"]] == ["breached"]


async def test_a_breach_that_was_corrected_counts_as_met(database: str) -> None:
    async with intake(database) as desk:
        _, broken = await _month(desk)
        late = ClockMet(_clock(desk, "c2"), desk.time.now(), "eng", correction=True)
        await desk.tells("escalation", broken, late)
        (item,) = (await desk.get("/v1/attainment"))["items"]
        assert (item["met"], item["breached"], item["breaches"]) == (2, 0, [])


@pytest.mark.parametrize(
    ("period", "there"),
    [
        ({"from": "2026-02-04", "to": "2026-02-04"}, True),
        ({"from": "2026-02-01", "to": "2026-02-28"}, True),
        ({"from": "2026-02-05"}, False),
        ({"to": "2026-02-03"}, False),
        ({"from": "2026-02-04T09:00:00Z", "to": "2026-02-04T09:00:01Z"}, True),
        ({"from": "2026-02-04T09:00:01Z"}, True),
        ({"from": "2026-02-04T10:00:01Z"}, False),
        ({"from": "2026-02-04T14:00:00+05:00"}, True),
        ({"from": "0001-01-01", "to": "9999-12-31"}, True),
    ],
)
async def test_a_period_is_asked_for_by_days_or_instants(database: str, period: dict[str, str], there: bool) -> None:
    async with intake(database) as desk:
        await _month(desk)
        assert bool((await desk.get("/v1/attainment", **period))["items"]) is there


@pytest.mark.parametrize("wrong", ["yesterday", "2026-13-01", "2026-02-04T09:00:00"])
async def test_a_day_that_is_none_is_a_problem_with_its_pointer(database: str, wrong: str) -> None:
    async with intake(database) as desk:
        answer = await desk.web.get("/v1/attainment", params={"from": wrong})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"].startswith("/query/from")


async def test_the_same_as_a_table_for_a_spreadsheet(database: str) -> None:
    async with intake(database) as desk:
        _, broken = await _month(desk)
        answer = await desk.web.get("/v1/attainment", headers={"Accept": "text/csv"})
        assert answer.headers["content-type"].startswith("text/csv")
        total, breach = list(csv.DictReader(io.StringIO(answer.text)))
        assert (total["clock"], total["met"], total["breached"], total["incident"]) == ("first_response", "1", "1", "")
        assert (breach["incident"], breach["rule"], breach["met_at"]) == (broken, "BASE-A", "")


async def test_a_bound_key_is_told_of_its_own_contract_alone(database: str) -> None:
    async with intake(database) as desk:
        await _month(desk)
        async with desk.with_key("view", contracts=["WO-2"]) as web:
            assert (await web.get("/v1/attainment")).json() == {"items": []}
            assert (await web.get("/v1/attainment", params={"contract": "WO-1"})).json() == {"items": []}


async def test_a_promise_counts_in_the_month_in_which_it_was_settled(database: str) -> None:
    """BASE-A: reported in the last hour of a month, kept in the next one; another broken then. Nothing counts twice."""
    async with intake(database, HandMoved(datetime(2026, 1, 31, 23, 30, tzinfo=UTC))) as desk:
        kept, broken = [await desk.has(contract=None, impact="critical_degraded") for _ in range(2)]
        first, second = _clock(desk, "c1"), _clock(desk, "c2")
        await desk.tells("escalation", kept, ClockStarted(first, "incident.reported"))
        await desk.tells("escalation", broken, ClockStarted(second, "incident.reported"))
        desk.time.passes(minutes=45)
        await desk.tells("escalation", kept, ClockMet(first, desk.time.now(), "eng"))
        desk.time.passes(minutes=30)
        await desk.tells("escalation", broken, ClockBreached(second, False, ""))
        january = {"from": "2026-01-01", "to": "2026-01-31"}
        assert (await desk.get("/v1/attainment", **january))["items"] == []
        (item,) = (await desk.get("/v1/attainment", **{"from": "2026-02-01", "to": "2026-02-28"}))["items"]
        assert (item["met"], item["breached"]) == (1, 1)


async def test_a_breach_that_was_done_after_all_says_how_late(database: str) -> None:
    """BASE-A"""
    async with intake(database) as desk:
        _, broken = await _month(desk)
        second = replace(_clock(desk, "c2"), due_at=desk.time.now() - timedelta(minutes=61))
        await desk.tells("escalation", broken, ClockMet(second, desk.time.now(), "eng", late=True))
        (item,) = (await desk.get("/v1/attainment"))["items"]
        assert (item["met"], item["breached"]) == (1, 1)
        assert item["breaches"][0]["reason"] == "first response was done 1 h 1 min after it was due"
        shown = (await desk.get(f"/v1/incidents/{broken}/explanation"))["clocks"][0]["text"]
        assert "It was not done by then. It stopped on" in shown


async def test_all_that_there_ever_was_is_added_up_in_pages_and_leaves_the_others_room(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaths = 0

    class Counted(Breath):
        async def __call__(self) -> None:
            nonlocal breaths
            breaths += 1

    monkeypatch.setattr(record_api, "Breath", Counted)
    async with intake(database) as desk:
        for _ in range(3):
            body = {"items": [incident(contract=None)] * 150}
            assert (await desk.web.post("/v1/incidents:batch", json=body)).status_code == 200
        async with desk.ground.engine.begin() as connection:
            await connection.execute(text(_MANY_CLOCKS), {"each": 400})
        async with statements(desk.ground.engine) as sent:
            (item,) = (await desk.get("/v1/attainment"))["items"]
        assert (item["met"], item["breached"]) == (450 * 400, 0)
        pages = [asked for asked in sent if "from incident" in asked]
        assert all("limit" in asked and "report" not in asked for asked in pages)
        assert (len(pages), breaths) == (3, 450)


_MANY_CLOCKS = """
update incident set view = view || jsonb_build_object('clocks', (select jsonb_agg(jsonb_build_object(
    'name', 'status_update', 'severity', '1', 'state', case n % 2 when 0 then 'met' else 'superseded' end,
    'stopped_at', '2026-02-04T10:00:00Z', 'due_at', '2026-02-04T10:00:00Z')) from generate_series(1, 2 * :each) n))
"""


async def test_a_table_is_given_to_who_likes_it_no_less_than_json(database: str) -> None:
    async with intake(database) as desk:
        for accept, is_csv in (
            ("text/csv", True), ("text/csv, */*", True), ("application/json;q=0.5, text/csv", True), ("text/*", True),
            ("TEXT/CSV; charset=utf-8 ;q=0.9, application/json; q=0.8", True),
            ("application/json, text/csv;q=0", False), ("application/json, text/csv;q=0.9", False), ("*/*", False),
            ("text/csv;q=0", False), ("x-text/csv-not", False), (";;q=,,text", False), ("application/*, text/csv;q=x", True),
        ):  # fmt: skip
            answer = await desk.web.get("/v1/attainment", headers={"Accept": accept})
            assert answer.headers["content-type"].startswith("text/csv") is is_csv, accept


async def test_a_period_that_is_none_is_named_by_its_parameter_once(database: str) -> None:
    async with intake(database) as desk:
        answer = await desk.web.get("/v1/attainment", params={"from": "x", "to": "y"})
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/query/from", "/query/to"]
