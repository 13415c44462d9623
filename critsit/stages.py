"""The one place that knows all four stages: builds those that a process runs, and composes their routes."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from backbone.directory.ring import DirectoryRing
from backbone.ground import Surroundings
from backbone.kafka.topics import Topics
from backbone.process.dead_letter_routes import dead_letter_routes
from backbone.process.runner import RunningStage
from backbone.process.settings import Settings
from backbone.process.watch import ages, waits
from backbone.web.app import WebApp, web_app
from backbone.web.health import Health
from backbone.web.keys import WithAdmin
from backbone.web.limits import Limits
from events.incidents import EventDiscarded, IncidentMended, IncidentStuck
from events.topics import DIRECTORY, DIRECTORY_OWNER, TOPIC_OF

PORTS = {"intake": 8081, "router": 8082, "escalation": 8083, "notifier": 8084}
#: Who reads whose log, also where each stage is a process of its own: a day is kept until they have passed it.
READ_BY = {
    "intake": ("router", "escalation", "notifier"),
    "router": ("intake", "escalation", "notifier"),
    "escalation": ("intake", "notifier"),
    "notifier": ("intake", "router", "escalation"),
}


def topics_of(settings: Settings) -> Topics:
    """The topics of this installation."""
    return Topics(settings.topic_prefix, TOPIC_OF, DIRECTORY, DIRECTORY_OWNER)


@dataclass(frozen=True, slots=True)
class Process:
    """The stages of one process and the app that they are served by."""

    running: tuple[RunningStage, ...]
    app: WebApp
    around: Surroundings

    async def prepare(self) -> None:
        """Make ready what the loops stand on; may be done again where a database went away in its midst."""
        for running in self.running:
            await running.prepare()

    def start(self) -> None:
        """Start the loops."""
        for running in self.running:
            running.start()

    async def stop(self) -> None:
        """Drain the loops, all stages at once."""
        await asyncio.gather(*(running.stop() for running in self.running))


def build(
    names: Sequence[str],
    settings: Settings,
    around: Surroundings,
    waits_for: Callable[[], Awaitable[list[str]]] | None = None,
) -> Process:
    """Build the stages `names` for one process. `waits_for` is what else readiness asks for."""
    running = []
    for name in names:
        stage, ground = importlib.import_module(f"{name}.app").build(settings.of(name), around)
        running.append(RunningStage.of(stage, ground, IncidentStuck, READ_BY[name], EventDiscarded, IncidentMended))

    async def missing() -> list[str]:
        return await waits(running) + (await waits_for() if waits_for is not None else [])

    health = Health(loops=lambda: ages(running), waits=missing)
    hot: dict[tuple[str, str], Any] = {}
    for one in running:
        hot.update(one.stage.hot)

    def by_hand(schema: dict[str, Any]) -> None:
        if "intake" in names:
            importlib.import_module("intake.app").describe_accept(schema)

    # The owner of the keys knows a new one at once; elsewhere it is heard of within milliseconds.
    owner = next((one for one in running if one.stage.name == DIRECTORY_OWNER), running[0])
    app = web_app(
        "critsit" if len(names) > 1 else f"critsit {names[0]}",
        [route for one in running for route in (*one.stage.routes, dead_letter_routes(one))],
        ring=WithAdmin(DirectoryRing(owner.ground.directory), settings.secret("admin_key")),
        health=health,
        registry=around.registry,
        hot=hot,
        openapi_extra=by_hand,
        limits=Limits(settings.rate_limit, burst=max(1.0, settings.rate_limit * 2)) if settings.rate_limit else None,
    )
    return Process(tuple(running), app, around)
