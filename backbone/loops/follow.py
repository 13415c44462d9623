"""Follow: read what the others say, hear it, go on. One follower a lane and database, over the logs there.

Alone it is the carrier; beside Kafka it trails by 1 s (urgent) or 5 s (ordinary) and takes what was not heard by then.
What Kafka was not even given within 1 s is not waited for any longer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from time import perf_counter

from ..log import store
from ..log.event import Event, Lane, is_directory
from ..log.sources import OutOfReach, Sources
from ..log.subjects import known_subjects
from ..log.tx import Transactions, Tx
from ..time_source import ticks
from .hear import Ear

READER = "follow"
#: The reader that publishes a stage's log to Kafka.
RELAY = "relay"
#: Seconds that the relay has for an event before it is not waited for.
_UNRELAYED = 1.0
_MOST = {Lane.URGENT: 100, Lane.ORDINARY: 200}
#: A round of the ordinary lane that took longer than this (seconds) is cut by half the next time.
_LONG = 0.20


class Follower:
    """Reads the logs of the stages `names`, which lie in one database, in one lane."""

    def __init__(
        self,
        ear: Ear,
        sources: Sources,
        names: Sequence[str],
        transactions: Transactions,
        lane: Lane,
        *,
        behind: float = 0.0,
    ) -> None:
        self._ear = ear
        self._sources = sources
        self.names = names
        self._transactions = transactions
        self._lane = lane
        self._behind = behind
        self._limit = _MOST[lane]
        self._positions: dict[str, int] = {}
        self._seen: dict[str, deque[tuple[float, int]]] = {}
        self._relayed: dict[str, int] = {}

    @property
    def positions(self) -> dict[str, int]:
        """How far each source was read when last looked at."""
        return self._positions

    async def step(self) -> bool:
        """One round over all its logs; answers whether there may be more at once.

        One that waits for what is out of reach holds up no other: that is raised when there is no more of those.
        """
        more, waits = False, None
        for source in self.names:
            if source not in self._positions:
                self._positions[source] = await self._position(source)
        afters = {source: self._positions[source] for source in self.names}
        found: list[Event] = []
        if not self._behind:
            found = await self._sources.lanes(afters, urgent=self._lane is Lane.URGENT, limit=self._limit)
        for source, after in afters.items():
            try:
                if self._behind:
                    more |= await self._reconcile(source, after)
                elif events := [event for event in found if event.source == source]:
                    more |= await self._take(source, after, events, events[-1].seq, len(events))
            except OutOfReach as gap:
                waits = gap
        if waits is not None and not more:
            raise waits
        return more

    async def _reconcile(self, source: str, after: int) -> bool:
        upto = await self._old_enough(source)
        if upto <= after:
            return False
        heads = await self._sources.heads(
            source, urgent=self._lane is Lane.URGENT, after=after, upto=upto, limit=self._limit * 5
        )
        if not heads:
            return False
        async with self._transactions.reading() as connection:
            rows = await known_subjects(connection, self._ear.stage.subjects, {subject for _, subject, _ in heads})
        missing = [
            (seq, subject, sequence)
            for seq, subject, sequence in heads
            if is_directory(subject) or (row := rows.get(subject)) is None or row.heard.get(source, 0) < sequence
        ]
        wanted = missing[: self._limit]
        events = await self._sources.spans(source, [(subject, n, n) for _, subject, n in wanted]) if wanted else []
        # What is found may stand further on as well: an object of the directory is said again as it was.
        last = wanted[-1][0] if len(missing) > len(wanted) else heads[-1][0]
        return await self._take(source, after, events, last, len(heads))

    async def _take(self, source: str, after: int, events: Sequence[Event], last: int, read: int) -> bool:
        async def mark(tx: Tx) -> bool:
            return await store.pass_cursor(tx.connection, READER, source, self._lane, after, last)

        began = perf_counter()
        try:
            heard = await self._ear.hear(events, mark)
        except OutOfReach as gap:
            # A cursor passes nothing that was not heard: what stands before the first that waits is all that can be.
            first = min(event.seq for event in events if event.subject in gap.subjects)
            if before := [event for event in events if event.seq < first]:
                await self._take(source, after, before, max(event.seq for event in before), 0)
            raise
        except Exception:
            # It may have been too much for one transaction: the next try is with less.
            self._limit = max(20, self._limit // 2)
            raise
        took = perf_counter() - began
        if took > _LONG:
            self._limit = max(20, self._limit // 2)
        elif self._limit < _MOST[self._lane]:
            self._limit = min(_MOST[self._lane], self._limit + 20)
        if not heard.taken:
            position = await self._position(source)
            moved = position != after
            self._positions[source] = position
            return moved
        self._positions[source] = last
        return read >= 20

    async def _position(self, source: str) -> int:
        async with self._transactions.reading() as connection:
            found = await store.positions(connection, READER)
        return found.get((source, self._lane.value), 0)

    async def _old_enough(self, source: str) -> int:
        """The last position that was there already `behind` seconds ago: no instants are compared."""
        seen = self._seen.setdefault(source, deque())
        now = ticks()
        if not seen or now - seen[-1][0] >= 0.2:
            ends = await self._sources.ends(source, RELAY)
            end, self._relayed[source] = ends[self._lane is Lane.URGENT]
            seen.append((now, end))
        while len(seen) > 1 and now - seen[1][0] >= self._behind:
            seen.popleft()

        def stood(seconds: float) -> int:
            return max((end for at, end in seen if now - at >= seconds), default=0)

        unrelayed = stood(_UNRELAYED)
        return unrelayed if unrelayed > self._relayed[source] else stood(self._behind)
