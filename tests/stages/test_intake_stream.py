"""The stream over real sockets: every fact once and in commit order, resumed without a gap, and whoever is too slow is told.

The log that it is read from is in commit order, whoever writes at the same time.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from backbone.log.tx import Transactions
from backbone.loops.bell import Bell
from backbone.postgres.connection import Connection
from backbone.web.keys import RING, SCOPES, Caller, NoKeys, WithAdmin
from events.incidents import IncidentStuck
from intake.board.stream import Streams
from intake.record import store
from tests.harness.intake import ADMIN, Counterpart, intake
from tests.harness.listening import WITHIN, listening, shows, titles
from tests.harness.small_app import served
from tests.harness.work_orders import incident, work_order


async def reports_many(desk: Counterpart, count: int, **changes: Any) -> None:
    items = [incident(title=f"t{number}", **changes) for number in range(count)]
    answer = await desk.web.post("/v1/incidents:batch", json={"items": items})
    assert {item["status"] for item in answer.json()["items"]} == {201}


async def position(desk: Counterpart) -> int:
    async with desk.ground.transactions.reading() as connection:
        return await store.last_position(connection)


async def test_a_fact_comes_live_with_its_position_its_type_and_what_the_timeline_says(database: str) -> None:
    async with intake(database) as desk, listening(desk) as listener:
        id_ = await desk.has()
        await shows(desk)
        (first, event, data), (second, other, _) = await listener.some(2)
        assert (event, other) == ("incident.reported", "incident.routed")
        assert int(first or 0) < int(second or 0)
        told = (await desk.timeline(id_))[0]
        assert data == {"incident": id_} | {name: value for name, value in told.items() if name != "visibility"}


async def test_it_is_narrowed_to_an_incident_by_id_or_number_and_to_types(database: str) -> None:
    async with intake(database) as desk:
        one, two = await desk.has(), await desk.has()
        number = (await desk.record(two))["number"]
        async with listening(desk, last=0, incident=number, type="incident.routed,owner.changed") as listener:
            await desk.act(one, "responses", {"by": "eng", "message": "we look"})
            await desk.act(two, "responses", {"by": "eng", "message": "we look"})
            await desk.routes(two)
            await shows(desk)
            found = [(event, data["incident"]) for _, event, data in await listener.some(2)]
            assert found == [("incident.routed", two)] * 2
        nobody = await desk.web.get("/v1/stream", params={"incident": "INC-999999"})
        assert nobody.status_code == 404


async def test_it_resumes_behind_the_last_that_was_seen_without_a_gap_however_far(database: str) -> None:
    async with intake(database) as desk:
        await reports_many(desk, 3)
        async with listening(desk, last=0) as listener:
            seen = await listener.some(2)
        await reports_many(desk, 700)
        async with listening(desk, last=seen[1][0]) as listener:
            await reports_many(desk, 2)
            await shows(desk)
            rest = await listener.some(703)
        assert titles(seen) == ["t0", "t1"]
        assert titles(rest)[0] == "t2"
        assert sorted(titles(rest)[1:701]) == sorted(f"t{number}" for number in range(700))
        assert sorted(titles(rest)[701:]) == ["t0", "t1"]
        ids = [int(id_ or 0) for id_, _, _ in [*seen, *rest]]
        assert ids == sorted(set(ids))


async def test_a_burst_cuts_nobody_off_who_reads(database: str) -> None:
    async with intake(database) as desk, listening(desk) as listener:
        await reports_many(desk, 700)
        await shows(desk)
        assert sorted(titles(await listener.some(700))) == sorted(f"t{number}" for number in range(700))


async def test_what_is_no_longer_held_is_a_reset_and_what_follows_comes(database: str) -> None:
    async with intake(database) as desk:
        async with listening(desk, last=0) as listener:
            await desk.reports(title="the first of all")
            await shows(desk)
            assert titles([await listener.next()]) == ["the first of all"]
        async with listening(desk, last=await position(desk) + 1) as listener:
            assert await listener.next() == (None, "reset", {})
            await desk.reports(title="behind the reset")
            await shows(desk)
            assert titles([await listener.next()]) == ["behind the reset"]
        refused = await desk.web.get("/v1/stream", headers={"Last-Event-ID": "yesterday"})
        assert refused.status_code == 400


async def test_a_bound_key_hears_of_its_contracts_what_is_meant_for_the_customer(database: str) -> None:
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        await desk.knows("contract", "WO-2", work_order(number="WO-2"))
        async with desk.with_key("view", contracts=["WO-2"]) as web:
            key = web.headers["authorization"].removeprefix("Bearer ")
            async with listening(desk, key=key) as listener:
                await desk.has()
                theirs = await desk.has(contract="WO-2")
                await desk.tells("router", theirs, IncidentStuck("router", "x", "y"))
                await desk.act(theirs, "responses", {"by": "eng", "message": "we look"})
                await shows(desk)
                found = await listener.some(3)
            assert {data["incident"] for _, _, data in found} == {theirs}
            assert [event for _, event, _ in found] == ["incident.reported", "incident.routed", "incident.responded"]
            other = (await desk.get("/v1/incidents", contract="WO-1"))["items"][0]["id"]
            assert (await web.get("/v1/stream", params={"incident": other})).status_code == 404


@pytest.mark.parametrize("becomes", ["removed", "another's"])
async def test_a_stream_ends_when_its_key_is_revoked_or_sees_something_else(database: str, becomes: str) -> None:
    async with intake(database) as desk:
        await desk.knows("contract", "WO-1", work_order())
        async with desk.with_key("view", contracts=["WO-1"]) as web:
            key = web.headers["authorization"].removeprefix("Bearer ")
            id_ = f"key-{key[-12:]}"
            async with listening(desk, key=key) as listener, listening(desk) as admin:
                await desk.reports(title="before")
                await shows(desk)
                assert titles([await listener.next()]) == ["before"]
                stored = desk.ground.directory.get("key", id_)
                assert stored is not None
                await desk.knows("key", id_, None if becomes == "removed" else stored.body | {"contracts": ["WO-2"]})
                await desk.reports(title="after")
                await shows(desk)
                with pytest.raises(EOFError):
                    await listener.next()
                assert titles(await admin.some(2)) == ["before", "after"]
            if becomes == "removed":
                assert (await web.get("/v1/stream")).status_code == 401


async def test_a_reader_that_does_not_read_is_told_and_cut_off_while_others_go_on(database: str) -> None:
    async with intake(database) as desk, served(desk.app) as port:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=sock, limit=4096)
        try:
            writer.write(f"GET /v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN}\r\n\r\n".encode())
            await asyncio.wait_for(reader.readuntil(b": connected\n\n"), WITHIN)
            async with listening(desk) as other:
                for _ in range(6):
                    await reports_many(desk, 180, description="x" * 20_000)
                    await shows(desk)
                    assert len(await other.some(180)) == 180
            tail = b""
            async with asyncio.timeout(WITHIN):
                while not tail.endswith(b"\r\n0\r\n\r\n"):
                    tail = (tail + await reader.read(65_536))[-200:]
            assert b"event: slow" in tail
        finally:
            writer.close()


class Gated:
    """Transactions whose readings hang on, with what they have read in hand, until they are let go."""

    def __init__(self, real: Transactions) -> None:
        self._real = real
        self.hangs: list[asyncio.Event] = []
        self.hung = asyncio.Queue[asyncio.Event]()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        async with self._real.reading() as connection:
            yield connection
        if self.hangs:
            gate = self.hangs.pop()
            self.hung.put_nowait(gate)
            await gate.wait()


async def test_who_joins_while_others_are_being_told_misses_nothing(database: str) -> None:
    async with intake(database) as desk:
        ring = WithAdmin(NoKeys(), ADMIN)
        gated, caller = Gated(desk.ground.transactions), Caller("admin", "admin", SCOPES)
        scope = {"headers": [(b"authorization", f"Bearer {ADMIN}".encode())], RING: ring}
        streams = Streams(gated, desk.ground.directory, Bell())  # type: ignore[arg-type]
        await streams.open(scope, caller, None, None, None)
        before = await position(desk)
        gated.hangs = [asyncio.Event()]
        joining = asyncio.create_task(streams.open(scope, caller, None, None, None))
        joined = await asyncio.wait_for(gated.hung.get(), WITHIN)
        await desk.reports(title="one")
        await streams.step()
        await desk.reports(title="two")
        gated.hangs = [asyncio.Event()]
        telling = asyncio.create_task(streams.step())
        told = await asyncio.wait_for(gated.hung.get(), WITHIN)
        joined.set()
        reader = (await joining)[0]
        told.set()
        await telling
        while await streams.step() is not None:
            pass
        heard = reader.take().decode()
        assert heard.count("event: incident.reported") == 2
        assert heard.index("one") < heard.index("two")
        assert f"id: {before}" not in heard


async def test_who_begins_first_and_commits_last_is_behind_and_lost_to_no_reader(database: str) -> None:
    async with intake(database) as desk:
        id_ = await desk.reports(title="known")
        begun = await position(desk)
        async with desk.ground.transactions() as tx:
            await tx.lock([id_])
            quick = await desk.reports(title="quick")
            tx.say(IncidentStuck("router", "x", "y"), id_)
        async with desk.ground.transactions.reading() as connection:
            rows = await store.since(connection, begun, 10)
        assert [(row[1], row[3]) for row in rows] == [(quick, "incident.reported"), (id_, "incident.stuck")]


async def test_nobody_has_a_position_before_one_that_is_not_committed_yet(database: str) -> None:
    async with intake(database) as desk:
        id_ = await desk.reports(title="known")
        begun = await position(desk)
        async with desk.ground.engine.begin() as slow:
            await slow.execute(
                text(
                    "insert into fact (position, subject, stage, sequence, type, at, payload) values"
                    " (nextval(pg_get_serial_sequence('outbox', 'seq')), :i, 'router', 1, 'incident.stuck', now(), '{}')"
                ),
                {"i": id_},
            )
            reporting = asyncio.create_task(desk.reports(title="meanwhile"))
            async with asyncio.timeout(WITHIN):
                waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
                while not (await desk.row(waiting))[0]:  # noqa: ASYNC110 PostgreSQL tells nobody that it waits
                    await asyncio.sleep(0.001)
            assert not reporting.done()
            async with desk.ground.transactions.reading() as connection:
                assert await store.since(connection, begun, 10) == []
        quick = await asyncio.wait_for(reporting, WITHIN)
        async with desk.ground.transactions.reading() as connection:
            rows = await store.since(connection, begun, 10)
        assert [row[1] for row in rows] == [id_, quick]
