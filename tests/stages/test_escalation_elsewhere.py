"""The other stages' logs may lie in databases of their own: one that is away, or hangs, hides no breach."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

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
