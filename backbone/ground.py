"""The ground that a stage stands on: its pool, transactions, directory, the others' logs, the bell, the metrics.

Built once a stage, by its composition root; nothing else makes engines or reads settings.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from . import STAGES
from .directory.directory import Directory, Parser
from .directory.versions import Versions
from .log.lease import Lease
from .log.sources import Sources
from .log.store import Said
from .log.tx import Transactions
from .loops.bell import Bell
from .postgres.address import place
from .postgres.direct import Direct
from .postgres.engine import close_engine, make_engine
from .process.gauges import Gauges
from .process.settings import Settings
from .time_source import TimeSource
from .web.request_id import current_trace


@dataclass(slots=True)
class Surroundings:
    """What the stages of one process share: the time, the bell, the metrics."""

    time: TimeSource
    bell: Bell = field(default_factory=Bell)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    gauges: Gauges = field(init=False)
    holder: str = field(default_factory=lambda: f"{socket.gethostname()}/{os.getpid()}/{os.urandom(4).hex()}")

    def __post_init__(self) -> None:
        self.gauges = Gauges(self.registry)


@dataclass(slots=True)
class Ground:
    """What one stage needs to speak, to hear and to remember."""

    name: str
    settings: Settings
    around: Surroundings
    engine: AsyncEngine
    others: Mapping[str, AsyncEngine]
    transactions: Transactions
    sources: Sources
    directory: Directory

    @classmethod
    def of(
        cls,
        name: str,
        settings: Settings,
        around: Surroundings,
        *,
        hears: Sequence[str] = (),
        parsers: Mapping[str, Parser] | None = None,
        subjects: str = "subject",
        makes_subjects: bool = True,
        pool: int = 8,
    ) -> Ground:
        """Build a stage's ground. `hears` are the stages whose logs it reads, `parsers` by kind of directory object.

        The stages that read its own are asked how far they are, so each has an engine where it lives elsewhere.
        """
        url = settings.url_of(name)
        engine = make_engine(url, schema=name, name=f"critsit {name}", size=pool)
        others = {
            other: make_engine(settings.url_of(other, reader=name), schema=other, name=f"critsit {name}", size=3)
            for other in sorted({*hears, *STAGES})
            if other != name and place(settings.url_of(other, reader=name)) != place(url)
        }

        def ring(said: Sequence[Said]) -> None:
            around.bell.ring({lane_bell(name, said_.urgent) for said_ in said})

        transactions = Transactions(engine, around.time, subjects, makes_subjects, current_trace, ring)
        return cls(
            name, settings, around, engine, others, transactions, Sources(engine, others),
            Directory(transactions, parsers or {}),
        )  # fmt: skip

    def wake(self, work: str) -> None:
        """Wake the stage's work of that name, here and in the other replicas."""
        self.around.bell.ring([f"{self.name}.{work}"])

    def versions(self, owner: str) -> Versions:
        """The versions of the objects that a stage owns."""
        return Versions(self.directory, self.sources, owner)

    def direct(self) -> Direct:
        """A connection past the pool, which whoever asks for it closes."""
        return Direct(self.settings.url_of(self.name), schema=self.name, name=f"critsit {self.name}")

    def lease(self, name: str) -> Lease:
        """A lease of this stage's, held by this process."""
        return Lease(name, self.around.holder, self.transactions)

    async def close(self) -> None:
        """Give the connections back."""
        await asyncio.gather(*(close_engine(engine) for engine in (self.engine, *self.others.values())))


def lane_bell(stage: str, urgent: bool) -> str:
    """The name that is rung when a stage has spoken in a lane."""
    return f"{stage}/{'urgent' if urgent else 'ordinary'}"
