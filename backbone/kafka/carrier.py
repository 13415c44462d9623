"""Kafka beside the log: a relay and a listener a lane, for one stage of a process.

Kafka's being away makes nobody unready: the log carries, and the gauges say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiokafka.errors import KafkaError

from ..ground import lane_bell
from ..log.event import LANES, Lane
from ..loops.repeat import Round
from ..process.runner import RunningStage
from .broker import Broker
from .listener import Listener
from .relay import Relay
from .topics import Topics


class KafkaCarrier:
    """Carries a stage's events over Kafka, and brings it the others'."""

    def __init__(self, running: RunningStage, topics: Topics, broker: Broker) -> None:
        self._running = running
        name = running.stage.name
        gauges = running.ground.around.gauges
        self._relay = Relay(running.ground, topics, broker)

        def trouble(kind: str, count: int) -> None:
            gauges.kafka.labels(name, kind).inc(count)

        self._listeners = (
            {lane: Listener(running.ear, lane, topics, broker, trouble) for lane in LANES}
            if running.stage.hears
            else {}
        )
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start the loops; they connect by themselves, and again whenever they have to."""
        name = self._running.stage.name
        for lane in LANES:
            self._loop(f"relay.{lane}", self._relaying(lane), [lane_bell(name, lane is Lane.URGENT)])
        self._loop("relay.age", self._relay.age, [], 1.0)
        for lane, listener in self._listeners.items():
            self._loop(f"listen.{lane}", listener.step, [])

    def _relaying(self, lane: Lane) -> Round:
        async def round_() -> float | None:
            return await self._relay.step(lane)

        return round_

    def _loop(self, name: str, round_: Round, bells: Sequence[str], poll: float = 0.25) -> None:
        """Watched like the stage's own, but nobody is unready without it."""
        task = self._running.loop_until(self._stopping, name, round_, bells, poll, passing=(KafkaError,), vital=False)
        self._tasks.append(task)

    async def stop(self) -> None:
        """Finish what is in hand, leave the groups, give up the lease: in 12 s at most, also where Kafka hangs."""
        self._running.tasks[:] = [task for task in self._running.tasks if task not in self._tasks]
        self._stopping.set()
        self._running.ground.around.bell.ring(["stop"], outward=False)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=5)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await asyncio.gather(*(listener.close() for listener in self._listeners.values()), self._relay.end())
