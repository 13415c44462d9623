"""The bell between processes: NOTIFY after a commit, from a connection of its own, at most each 10 ms.

Inside the transaction it would serialise the whole cluster's commits. A lost notice delays by a poll, and loses nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable

import asyncpg
import structlog

from ..postgres.address import driver_url
from ..postgres.engine import AWAY
from .bell import Bell, wait

log = structlog.get_logger()

CHANNEL = "critsit"
_EVERY = 0.010
#: Seconds in which a connection is to be had, and a statement answered: of one that went silent nobody else tells.
_PATIENCE = 5.0


class Notify:
    """Listens on each database, and tells it what was rung here."""

    def __init__(self, bell: Bell, urls: Iterable[str]) -> None:
        self._bell = bell
        self._urls = sorted(urls)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Connect in the background; until then the polls do."""
        self._tasks = [asyncio.create_task(self._keep(url), name="notify") for url in self._urls]

    async def stop(self) -> None:
        """Let go of the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, url: str) -> None:
        while True:
            try:
                await self._connected(url)
            except (*AWAY, asyncpg.PostgresError) as error:
                log.warning("notify.away", error=repr(error)[:200])
            await asyncio.sleep(1)

    async def _connected(self, url: str) -> None:
        # A notice that is lost with the machine is a poll's delay: no disk is waited for, and no commit behind it waits either.
        connection = await asyncpg.connect(
            driver_url(url), timeout=_PATIENCE, command_timeout=_PATIENCE,
            server_settings={"synchronous_commit": "off"},
        )  # fmt: skip
        try:
            await connection.add_listener(CHANNEL, self._heard)
            while True:
                rung = await wait(self._bell.outward, 5)
                names, self._bell.pending = self._bell.pending, set()
                if rung and names:
                    await connection.execute("select pg_notify($1, $2)", CHANNEL, ",".join(sorted(names))[:7900])
                    await asyncio.sleep(_EVERY)
                elif not rung:
                    await connection.execute("select 1")
        finally:
            with contextlib.suppress(*AWAY, asyncpg.PostgresError):
                await connection.close(timeout=2)

    def _heard(self, connection: object, pid: int, channel: str, payload: object) -> None:
        self._bell.ring(str(payload).split(","), outward=False)
