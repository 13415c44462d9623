"""The other stages' logs, for reading: over this stage's own pool where they share a database, else over theirs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from ..postgres.connection import Connection, connected
from ..postgres.engine import is_passing
from . import store
from .event import LANES, Event, Lane

T = TypeVar("T")

#: Seconds that another database has to answer whoever asks it while a transaction of its own is open.
_MOMENT = 0.5


class NotAnswered(TimeoutError):
    """A log does not say in a moment what it is asked. Worth a retry: it is the database's moment."""


async def in_a_moment(asked: Awaitable[T]) -> T:
    """What a log answers, where it does so at once. Raises NotAnswered."""
    try:
        async with asyncio.timeout(_MOMENT):
            return await asked
    except Exception as error:
        if is_passing(error):
            raise NotAnswered(repr(error)) from error
        raise


class OutOfReach(ConnectionError):
    """What a stage has said of `subjects` can't be read now, since its log is away: they wait for it, and nobody else."""

    def __init__(self, source: str, subjects: Collection[str]) -> None:
        super().__init__(f"what {source} has said of {len(subjects)} subjects, {min(subjects)} among them")
        self.subjects = subjects


class Sources:
    """Reads the logs of the stages that this one hears. `engines` names those that live in another database."""

    def __init__(self, own: AsyncEngine, engines: Mapping[str, AsyncEngine] | None = None) -> None:
        self._own = own
        self._engines = dict(engines or {})

    @asynccontextmanager
    async def _reading(self, source: str) -> AsyncIterator[Connection]:
        async with connected(self._engines.get(source, self._own)) as connection:
            yield connection

    async def lane(self, source: str, *, urgent: bool, after: int, limit: int) -> list[Event]:
        """The next events of a lane; see `store.read_lane`."""
        async with self._reading(source) as connection:
            return await store.read_lane(connection, source, urgent=urgent, after=after, upto=None, limit=limit)

    def by_database(self, sources: Collection[str]) -> list[list[str]]:
        """Those of `sources` that share our database, together; each other by itself."""
        ours = [source for source in sources if source not in self._engines]
        return [*([ours] if ours else []), *([source] for source in sources if source in self._engines)]

    async def lanes(self, afters: Mapping[str, int], *, urgent: bool, limit: int) -> list[Event]:
        """The next events of a lane in logs of one database (source → position), in one statement."""
        async with self._reading(next(iter(afters))) as connection:
            return await store.read_lanes(connection, afters, urgent=urgent, limit=limit)

    async def heads(
        self, source: str, *, urgent: bool, after: int, upto: int, limit: int
    ) -> list[tuple[int, str, int]]:
        """The next (seq, subject, sequence) of a lane; see `store.read_heads`."""
        async with self._reading(source) as connection:
            return await store.read_heads(connection, source, urgent=urgent, after=after, upto=upto, limit=limit)

    async def spans(self, source: str, spans: Sequence[tuple[str, int, int]]) -> list[Event]:
        """The events of each span (subject, first, last)."""
        async with self._reading(source) as connection:
            return await store.read_spans(connection, source, spans)

    async def gaps(self, source: str, spans: Sequence[tuple[str, int, int]]) -> list[Event]:
        """The same, for what is waited for. Raises OutOfReach where it can't be had now."""
        try:
            return await self.spans(source, spans)
        except Exception as error:
            if is_passing(error):
                raise OutOfReach(source, {subject for subject, _, _ in spans}) from error
            raise

    async def unheard(self, source: str, heard: Sequence[tuple[str, int]]) -> list[Event]:
        """All that a stage has said of each subject behind what was heard; what a breach asks for first."""
        async with self._reading(source) as connection:
            return await store.read_after(connection, source, heard)

    async def ends(self, source: str, reader: str) -> dict[bool, tuple[int, int]]:
        """Where each lane ends, and how far a reader of its own is; see `store.ends`."""
        async with self._reading(source) as connection:
            return await store.ends(connection, source, reader)

    async def passed(self, source: str, readers: Iterable[str], reader: str) -> list[dict[Lane, int]]:
        """How far each of the stages `readers` has read this one's log, by lane; what was never read counts as 0."""
        found = []
        for stage in readers:
            async with self._reading(stage) as connection:
                read = await store.cursors_of(connection, stage, reader, source)
            found.append({lane: read.get(lane.value, 0) for lane in LANES})
        return found
