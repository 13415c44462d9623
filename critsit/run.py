"""Runs critsit: all four stages in one process on the embedded PostgreSQL, or one stage in production's shape."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog
from pydantic import SecretStr

from backbone import STAGES
from backbone.ground import Surroundings
from backbone.kafka.broker import Broker
from backbone.kafka.carrier import KafkaCarrier
from backbone.loops.notify import Notify
from backbone.postgres import embedded
from backbone.postgres.engine import is_passing
from backbone.postgres.migrate import migrate
from backbone.process.settings import Settings
from backbone.process.stop import Stop, stop_on_signals
from backbone.process.watch import end_process, waits, watch
from backbone.time_source import WallClock
from backbone.web.serve import listen, serve

from .stages import PORTS, Process, build, topics_of

log = structlog.get_logger()

Seed = Callable[[str, str], Awaitable[None]]


class Carrier(Protocol):
    """Something that carries between processes, for as long as this one lives."""

    async def start(self) -> None:
        """Begin."""
        ...

    async def stop(self) -> None:
        """Finish what is in hand, and end."""
        ...


@dataclass(frozen=True, slots=True)
class Ready:
    """Where critsit listens, a key with every scope, and the file that the key is kept in, where it made it itself."""

    url: str
    key: str
    kept_in: str | None


async def up(settings: Settings, say: Callable[[Ready], None], seed: Seed | None = None) -> bool:
    """All four stages in one process. `say` is called once it is ready; `seed` loads the examples, once.

    Answers whether it was ready. Raises DataInUse, CannotStart, ServeError.
    """
    postgres = None
    with stop_on_signals() as stop:
        try:
            if settings.database_url is None and not settings.databases.keys() >= {*STAGES}:
                postgres = await asyncio.to_thread(embedded.start, settings.data)
                postgres.keep_up(end_process)
                settings = settings.with_database(postgres.url)
            return not stop.asked.is_set() and await _up(settings, say, seed, stop)
        finally:
            if postgres is not None:
                await asyncio.to_thread(postgres.stop)


async def _up(settings: Settings, say: Callable[[Ready], None], seed: Seed | None, stop: Stop) -> bool:
    key, made = _admin_key(settings)
    settings = settings.model_copy(update={"admin_key": SecretStr(key)})
    for name in STAGES:
        await asyncio.to_thread(migrate, settings.url_of(name), [name])

    async def ready(bound: int) -> None:
        url = settings.address(bound)
        if seed is not None:
            await seed(url, key)
        if not stop.asked.is_set():
            say(Ready(url, key, str(made) if made else None))

    return await run(STAGES, settings, 8080 if settings.port is None else settings.port, ready, stop)


async def serve_stage(
    name: str, settings: Settings, port: int | None, say: Callable[[str], None] = lambda url: None
) -> bool:
    """One stage, in production's shape: its database is there and migrated. `say` is told where it listens.

    Answers whether it was ready.
    """

    async def ready(bound: int) -> None:
        log.info("stage.listens", stage=name, host=settings.host, port=bound)
        say(settings.address(bound))

    port = port if port is not None else settings.port or PORTS[name]
    with stop_on_signals() as stop:
        return await run((name,), settings, port, ready, stop)


async def run(
    names: tuple[str, ...], settings: Settings, port: int, ready: Callable[[int], Coroutine[None, None, None]],
    stop: Stop,
) -> bool:  # fmt: skip
    """Serve the stages until `stop`; then drain. Answers whether it was ready before.

    While a database is away it is alive, and not ready; else nothing is answered before it has started.
    """
    # First of all: where the address can't be had, nothing is started that would have to be stopped again.
    sockets = listen(settings.host, port)
    if "notifier" in names:
        settings = _with_links(settings, sockets[0].getsockname()[1])
    around = Surroundings(WallClock())
    process = build(names, settings, around)
    health = process.app.health
    health.starting = True
    carriers = _carriers(process, names)
    told: set[asyncio.Task[bool]] = set()

    async def start() -> bool:
        """Answers whether it has started, and was not told to end before."""
        try:
            if not await _databases_there(process, stop, missing):
                return False
            process.start()
            health.starting = False
            for carrier in carriers:
                await carrier.start()
        except BaseException:
            stop.asked.set()
            raise
        # What was made for good is left out of every later search for garbage: it would hold up the loop for 100 ms.
        gc.collect()
        gc.freeze()
        # What is made for a request is gone with it mostly: looked for each 700 objects, it costs a twentieth of all.
        gc.set_threshold(10_000, 10, 10)
        return True

    async def tell(bound: int) -> bool:
        if not await starting or stop.asked.is_set():
            return False
        await ready(bound)
        return True

    async def drain() -> None:
        if await starting:
            # At once: each may have to wait some seconds for a Kafka that hangs.
            await asyncio.gather(*(carrier.stop() for carrier in carriers))
            await process.stop()

    missing = await _prepared(process)
    starting = asyncio.create_task(start(), name="start")
    if not missing:
        await starting
    watching = asyncio.create_task(watch(process.running, dead=end_process), name="watch")
    try:
        await serve(
            process.app, sockets=sockets, health=health, drain=drain, stop=stop, signals=False,
            on_ready=lambda bound: told.add(asyncio.create_task(tell(bound), name="ready")),
        )  # fmt: skip
    finally:
        starting.cancel()
        watching.cancel()
        results = await asyncio.gather(*told, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return True in results


async def _databases_there(process: Process, stop: Stop, missing: list[str]) -> bool:
    """Wait until none is `missing` any more and all is prepared; False where it is to end before that."""
    tries = 0
    while missing:
        if tries % 10 == 0:
            log.warning("process.waits", waits_for=missing)
        tries += 1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await stop.asked.wait()
                return False
        missing = await _prepared(process)
    return True


async def _prepared(process: Process) -> list[str]:
    """Make ready for the loops; answers what is missing for it, also where a database goes away in the midst."""
    if missing := await waits(process.running):
        return missing
    try:
        await process.prepare()
    except Exception as error:
        if not is_passing(error):
            raise
        return [f"PostgreSQL went away during the start ({type(error).__name__})"]
    return []


def _carriers(process: Process, names: tuple[str, ...]) -> list[Carrier]:
    """What carries between processes: the bell by NOTIFY, and Kafka where it is set."""
    carriers: list[Carrier] = []
    if len(names) < len(STAGES):
        carriers.append(Notify(process.around.bell, {r.ground.settings.url_of(r.stage.name) for r in process.running}))
    for running in process.running:
        own = running.ground.settings
        if (broker := Broker.of(own)) is not None:
            carriers.append(KafkaCarrier(running, topics_of(own), broker))
    return carriers


def _with_links(settings: Settings, port: int) -> Settings:
    """Links in pages lead to where the settings say, else to where we listen."""
    if "public_url" in settings.of("notifier").model_fields_set:
        return settings
    if settings.host in ("0.0.0.0", "::"):
        log.warning("links.lead_nowhere", url=settings.address(port), why="CRITSIT_PUBLIC_URL is not set")
    return settings.model_copy(update={"public_url": settings.address(port)})


def _admin_key(settings: Settings) -> tuple[str, Path | None]:
    """The admin key of the settings, or one of our own that is kept beside the data."""
    given = settings.secret("admin_key")
    if given:
        return given, None
    place = settings.key_file
    if place.exists() and (kept := place.read_text().strip()):
        return kept, place
    key = f"crk_{secrets.token_urlsafe(24)}"
    place.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: one that a full disk left empty would let nobody in, at every start from then on.
    making = place.with_suffix(".new")
    making.touch(mode=0o600)
    making.write_text(key + "\n")
    making.replace(place)
    return key, place
