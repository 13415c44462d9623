"""The other stages' logs may lie in databases of their own: one that is away, or hangs, hides no breach."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

import pytest

from backbone.log.event import Lane
from backbone.log.sources import NotAnswered
from backbone.process.watch import waits
from events.incidents import IncidentClosed
from tests.harness.escalation import watch
from tests.harness.wire import Wire

INC = "0198-inc"


@pytest.mark.parametrize("hangs", [False, True], ids=["away", "hangs"])
async def test_a_breach_is_noticed_while_another_stage_s_database_does_not_answer(database: str, hangs: bool) -> None:
    port = urlsplit(database).port or 5432
    with socket.create_server(("127.0.0.1", 0)) as silent, Wire(port) as wire:
        far = database.replace(f":{port}/", f":{wire.port}/")
        async with watch(database, readers={"escalation/intake": far}) as desk:
            await desk.stores("contract", "WO-1", desk.work_order)
            await desk.happens(INC)
            desk.time.passes(minutes=16)
            await desk.said()
            wire.cut()
            if hangs:
                wire.to = silent.getsockname()[1]
                wire.mend()
            await desk.works()
            assert "clock.breached first_response" in await desk.heard_of()


async def test_it_is_ready_while_another_stage_s_database_is_away_whatever_it_has_to_ask_there(database: str) -> None:
    port = urlsplit(database).port or 5432
    with Wire(port) as wire:
        far = database.replace(f":{port}/", f":{wire.port}/")
        async with watch(database, readers={"escalation/intake": far}) as desk:
            await desk.happens(INC)
            await desk.says("intake", INC, IncidentClosed("ana", ""))
            await desk.hears()
            desk.time.passes(days=401)
            wire.cut()
            await desk.running.prepare()
            desk.running.start()
            pulses = desk.running.pulses
            async with asyncio.timeout(10):
                while pulses["retention.ordinary"].trouble is None:  # noqa: ASYNC110 no bell rings here
                    await asyncio.sleep(0.01)
            for pulse in pulses.values():
                pulse.last -= 60
            assert await waits([desk.running]) == []
            await desk.running.stop()


async def test_what_is_to_be_removed_is_not_kept_locked_while_another_stage_s_database_hangs(database: str) -> None:
    port = urlsplit(database).port or 5432
    with socket.create_server(("127.0.0.1", 0)) as silent, Wire(port) as wire:
        far = database.replace(f":{port}/", f":{wire.port}/")
        async with watch(database, readers={"escalation/intake": far}) as desk:
            await desk.happens(INC)
            await desk.says("intake", INC, IncidentClosed("ana", ""))
            await desk.hears()
            desk.time.passes(days=401)
            wire.cut()
            wire.to = silent.getsockname()[1]
            wire.mend()
            retention = desk.running.stage.works[-1]
            with pytest.raises(NotAnswered):
                await retention.step(Lane.ORDINARY)
