"""Kafka beside the log: one relay and one consumer a lane, for one stage of a process."""

from __future__ import annotations

from ..process.runner import RunningStage
from ..process.settings import Settings


class KafkaCarrier:
    """Carries a stage's events over Kafka."""

    def __init__(self, running: RunningStage, settings: Settings) -> None:
        self._running = running
        self._settings = settings

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """End."""
