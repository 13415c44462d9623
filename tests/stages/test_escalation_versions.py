"""What an incident was decided under may be known nowhere, or be readable by newer versions only: no promise waits for it."""

from __future__ import annotations

import socket
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from events.assignments import ContractVersion, IncidentRouted
from events.incidents import IncidentCorrected, QuestionAsked
from services.catalogue.parse import load
from tests.harness.escalation import Watch, report, watch
from tests.harness.wire import Wire


async def _decided(
    desk: Watch,
    subject: str,
    impact: str = "critical_down",
    *,
    catalogue: str | None = None,
    version: int = 1,
    **more: str,
) -> None:
    await desk.says("intake", subject, desk.reported(subject, report(impact, **more)))
    routed: IncidentRouted = desk.routed(subject)
    inputs = replace(
        routed.inputs,
        catalogue=catalogue or routed.inputs.catalogue,
        contract=ContractVersion("WO-1", version, "Steppe Telecom"),
    )
    await desk.says("router", subject, replace(routed, inputs=inputs))


async def test_a_catalogue_or_a_contract_with_what_only_a_newer_version_knows_holds_no_incident_up(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with watch(database) as desk:
        raw = load(None).raw
        await desk.stores("contract", "WO-1", desk.work_order)
        await desk.stores("catalogue", "newer", {**raw, "catalogue": {**raw["catalogue"], "tomorrow": 1}})
        await desk.stores("contract", "WO-1", {**desk.work_order, "locations": "everywhere"})
        await desk.rests()
        await _decided(desk, "a", catalogue="newer")
        await _decided(desk, "b", version=2)
        await desk.passes(minutes=16)
        said = await desk.heard_of()
        assert said.count("clock.breached first_response") == 2
        assert await desk.one("select count(*) from dead_letter") == 0
        out = capsys.readouterr().out
        assert "directory.unreadable" in out
        assert "contract.unknown" in out


async def test_a_version_that_only_a_database_which_hangs_has_stops_no_clock(database: str) -> None:
    port = urlsplit(database).port or 5432
    with socket.create_server(("127.0.0.1", 0)) as silent, Wire(port) as wire:
        far = database.replace(f":{port}/", f":{wire.port}/")
        async with watch(database, readers={"escalation/router": far}) as desk:
            await desk.stores("contract", "WO-1", desk.work_order)
            for number in range(15):
                await _decided(desk, f"i-{number}", version=2)
            await desk.rests()
            desk.time.passes(minutes=16)
            await desk.said()
            wire.cut()
            wire.to = silent.getsockname()[1]
            wire.mend()
            await desk.works()
            assert (await desk.heard_of()).count("clock.breached first_response") == 15
            assert await desk.one("select count(*) from clock where stuck") == 0


async def test_where_a_version_is_not_known_the_hours_of_the_contract_as_it_is_count(database: str) -> None:
    """CUST-B-CHANGE"""
    async with watch(database) as desk:
        await desk.stores("contract", "WO-1", desk.work_order)
        await desk.rests()
        await _decided(desk, "a", "moderate", version=2, location="kathmandu")
        await desk.says("intake", "a", QuestionAsked("bo", "?", "change-control"))
        await desk.rests()
        (asked,) = [clock for clock in await desk.clocks() if clock["side"] == "customer"]
        assert asked["calendar"] == "kathmandu"


async def test_until_a_correction_is_decided_on_clocks_count_by_the_contract_that_was_decided_under(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """CUST-B-CHANGE"""
    async with watch(database) as desk:
        await desk.stores("contract", "WO-1", desk.work_order)
        at_night = {**desk.work_order["locations"][0], "hours": {"thu": [["00:00", "06:00"]]}}
        await desk.stores("contract", "WO-2", {**desk.work_order, "number": "WO-2", "locations": [at_night]})
        for subject in ("as-it-was", "corrected"):
            await desk.happens(subject, "moderate")
        theirs = report("moderate", contract="WO-2")
        await desk.says("intake", "corrected", IncidentCorrected("bo", {"contract": "WO-2"}, theirs, "it is theirs"))
        for subject in ("as-it-was", "corrected"):
            await desk.says("intake", subject, QuestionAsked("bo", "may we restart it?", "change-control"))
        await desk.rests()
        one, other = [clock["due_at"] for clock in await desk.clocks() if clock["name"] == "change_control"]
        assert one == other
        assert "contract.unknown" not in capsys.readouterr().out
