"""Alive and ready: `/livez` asks whether the loops move, `/readyz` what is missing.

A process that starts or drains is not ready, and still alive: nothing may kill it while it waits for its database, or
finishes what is in hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from .keys import public

#: Where the app's front puts it in a request's ASGI scope.
HEALTH = "critsit.health"
#: What is answered while it starts, too.
ALWAYS = frozenset({"/livez", "/readyz", "/metrics"})


async def _nothing() -> list[str]:
    return []


@dataclass(slots=True)
class Health:
    """How a process is. `loops` gives each loop's age in seconds, `waits` what is missing, in words.

    A loop older than `stuck_after` seconds is stuck. While it is `starting`, nothing is answered but how it is.
    """

    loops: Callable[[], Mapping[str, float]] = dict
    waits: Callable[[], Awaitable[list[str]]] = _nothing
    stuck_after: float = 60.0
    starting: bool = False
    draining: asyncio.Event = field(default_factory=asyncio.Event)

    def drain(self) -> None:
        """From now on unready; streams end."""
        self.draining.set()

    def stuck(self) -> dict[str, float]:
        """The loops that don't move, with their ages."""
        return {name: round(age, 1) for name, age in self.loops().items() if age > self.stuck_after}

    async def missing(self) -> list[str]:
        """What it waits for; empty when it is ready. Takes 5 seconds at most."""
        if self.draining.is_set():
            return ["it is being stopped"]
        try:
            async with asyncio.timeout(5):
                return await self.waits() or (["it is being started"] if self.starting else [])
        except TimeoutError:
            return ["what it depends on does not answer within 5 seconds"]


def health_routes(health: Health) -> APIRouter:
    """`/livez` and `/readyz`."""
    router = APIRouter(tags=["health"], dependencies=[public("an orchestrator asks it, and it tells no contents")])

    @router.get("/livez", summary="Do the loops move?", responses={503: {"description": "One is stuck."}})
    async def livez() -> JSONResponse:
        stuck = health.stuck()
        ages = {name: round(age, 1) for name, age in health.loops().items()}
        return JSONResponse({"status": "stuck" if stuck else "alive", "loops": ages}, 503 if stuck else 200)

    @router.get("/readyz", summary="What is missing?", responses={503: {"description": "This is."}})
    async def readyz() -> JSONResponse:
        missing = await health.missing()
        if missing:
            return JSONResponse({"status": "waiting", "waits_for": missing}, 503, headers={"Retry-After": "1"})
        return JSONResponse({"status": "ready", "waits_for": []})

    return router
