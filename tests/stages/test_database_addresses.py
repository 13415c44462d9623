"""Databases as production has them: over TLS, several hosts of which one leads, none that can be had."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backbone.postgres.connection import connected
from backbone.postgres.direct import Direct
from backbone.postgres.engine import is_passing, make_engine
from backbone.postgres.migrate import migrate
from tests.harness.certificate import server_context
from tests.harness.postgres import PostgresServer, free_port
from tests.harness.tls_door import Door, tls_door

_WHO = "select current_database()::text"


async def _both_ways(url: str) -> list[str]:
    """The database's name by the pool, and past it."""
    engine = make_engine(url, schema="intake", name="a test", size=1, extra=0)
    direct = Direct(url, schema="intake", name="a test")
    try:
        async with connected(engine) as connection:
            pooled = (await connection.execute(_WHO)).scalar_one()
        return [pooled, (await direct.fetch(_WHO))[0][0]]
    finally:
        await direct.close()
        await engine.dispose()


@pytest.fixture
def standby(tmp_path: Path) -> Iterator[PostgresServer]:
    """A server that answers, and takes nothing."""
    server = PostgresServer(tmp_path / "standby", fsync=False, settings={"default_transaction_read_only": "on"})
    server.start()
    yield server
    server.stop(immediate=True)


@pytest.fixture
async def door(database: str, tmp_path: Path) -> AsyncIterator[Door]:
    context, _ = server_context(tmp_path)
    async with tls_door(urlsplit(database).port or 5432, context) as one:
        yield one


def _at(url: str, hosts: str, options: str = "") -> str:
    address = urlsplit(url)
    return address._replace(netloc=f"{address.username}@{hosts}", query=options).geturl()


@pytest.mark.parametrize("mode", ["require", "verify-full"])
async def test_tls_is_spoken_where_the_address_asks_for_it(
    database: str, door: Door, tmp_path: Path, mode: str
) -> None:
    options = f"sslmode={mode}" + (f"&sslrootcert={tmp_path}/certificate.pem" if mode == "verify-full" else "")
    url = _at(database, f"localhost:{door.port}", options)
    name = urlsplit(database).path[1:]
    assert await _both_ways(url) == [name, name]
    await asyncio.to_thread(migrate, url)
    assert door.entered >= 3


async def test_a_server_that_nobody_vouches_for_is_not_spoken_to(database: str, door: Door, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    _, other = server_context(tmp_path / "other")
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED") as failed:
        await _both_ways(_at(database, f"localhost:{door.port}", f"sslmode=verify-full&sslrootcert={other}"))
    assert is_passing(failed.value)


async def test_a_server_without_tls_is_not_taken_for_one_with(database: str) -> None:
    with pytest.raises(ConnectionError) as failed:
        await _both_ways(_at(database, f"127.0.0.1:{urlsplit(database).port}", "sslmode=require"))
    assert is_passing(failed.value)


async def test_of_several_hosts_the_first_that_answers_is_taken(database: str) -> None:
    name = urlsplit(database).path[1:]
    assert await _both_ways(_at(database, f"127.0.0.1:{free_port()},127.0.0.1:{urlsplit(database).port}")) == [
        name,
        name,
    ]


async def test_of_several_hosts_the_one_that_leads_is_taken(postgres: PostgresServer, standby: PostgresServer) -> None:
    hosts = f"127.0.0.1:{standby.port},127.0.0.1:{postgres.port}"
    url = _at(postgres.url_of("postgres"), hosts, "target_session_attrs=read-write")
    engine = make_engine(url, schema="public", name="a test", size=1, extra=0)
    async with connected(engine) as connection:
        assert (await connection.execute("show transaction_read_only")).scalar_one() == "off"
    await engine.dispose()


@pytest.mark.parametrize("who_and_what", ["nobody-here@{at}/{name}", "{user}@{at}/nothing-here"])
async def test_who_may_not_come_and_what_is_not_there_are_the_moments(database: str, who_and_what: str) -> None:
    address = urlsplit(database)
    place = who_and_what.format(at=f"127.0.0.1:{address.port}", name=address.path[1:], user=address.username)
    with pytest.raises(Exception, match=r"nobody-here|nothing-here") as failed:
        await _both_ways(f"postgresql://{place}")
    assert is_passing(failed.value)
