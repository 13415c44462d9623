"""The driver's own connection: what breaks it is told as the database's moment, and the next statement has another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from backbone.postgres.direct import Direct
from backbone.postgres.engine import is_passing
from tests.harness.wire import Wire

_WHO = "select pg_backend_pid()"
#: FATAL, 57P01, as PostgreSQL says it to whoever is connected when it goes down.
_LAST_WORDS = b"SFATAL\x00VFATAL\x00C57P01\x00Mterminating connection due to administrator command\x00\x00"


@pytest.fixture
def wire(database: str) -> Iterator[Wire]:
    with Wire(urlsplit(database).port or 5432) as one:
        yield one


@pytest.fixture
async def direct(database: str, wire: Wire) -> AsyncIterator[Direct]:
    address = urlsplit(database)
    near = address._replace(netloc=address.netloc.replace(f":{address.port}", f":{wire.port}"))
    one = Direct(near.geturl(), schema="intake", name="a test")
    yield one
    await one.close()


async def test_a_refusal_of_the_data_keeps_the_connection(direct: Direct) -> None:
    before = await direct.fetch(_WHO)
    with pytest.raises(asyncpg.DataError):
        await direct.fetch("select 1 / $1::int", 0)
    assert await direct.fetch(_WHO) == before


async def test_a_cut_wire_is_passing_and_the_next_statement_has_another_connection(direct: Direct, wire: Wire) -> None:
    before = await direct.fetch(_WHO)
    wire.cut()
    for _ in range(3):
        with pytest.raises(Exception) as failed:  # noqa: PT011 (what it may be is what is asked)
            await direct.fetch(_WHO)
        assert is_passing(failed.value), repr(failed.value)
    wire.mend()
    assert await direct.fetch(_WHO) != before


@pytest.mark.parametrize("turns", range(8))
async def test_a_server_that_goes_down_is_passing_at_every_turn_of_the_loop(
    direct: Direct, wire: Wire, turns: int
) -> None:
    before = await direct.fetch(_WHO)
    wire.speaks(b"E" + (len(_LAST_WORDS) + 4).to_bytes(4, "big") + _LAST_WORDS)
    wire.cut()
    for _ in range(turns):
        await asyncio.sleep(0)
    with pytest.raises(Exception) as failed:  # noqa: PT011 (what it may be is what is asked)
        await direct.fetch(_WHO)
    assert is_passing(failed.value), repr(failed.value)
    wire.mend()
    assert await direct.fetch(_WHO) != before
