"""Says that this replica lives, and takes over what a dead one was sending.

No instants are compared: a holder is dead when its beat has not changed for 5 s of our own monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog

from backbone.ground import Ground
from backbone.log.event import Lane
from backbone.log.tx import Tx
from notifier.pages.came_back import bring_forward
from notifier.pages.due import release
from notifier.pages.sender import BEAT, Sender

log = structlog.get_logger()

TAKE_OVER_AFTER = 5.0
_FORGET_AFTER = 600.0


@dataclass(slots=True)
class Beats:
    """What this replica has seen of the others, and when by its own clock."""

    ground: Ground
    sender: Sender
    _seen: dict[str, tuple[int | None, float]] = field(default_factory=dict)
    _strays: frozenset[UUID] = frozenset()
    _last: float | None = None
    _beats: dict[str, int] = field(default_factory=dict)
    _looked_at: float = 0.0

    async def step(self, lane: Lane) -> datetime | None:
        """Beat, at most once a second; then look at the others. Answers None where the poll is often enough."""
        if self._last is not None and self.sender.clock() - self._last < BEAT:
            return None
        me = self.ground.around.holder
        async with self.ground.transactions() as tx:
            await self.sender.beat(tx)
            rows = await tx.execute(
                "select p.holder, s.beat, array_agg(p.id), array_agg(distinct p.incident) from page p"
                " left join sender s on s.holder = p.holder where p.holder is not null group by 1, 2"
            )
            held = [(row[0], row[1], list(row[2]), list(row[3])) for row in rows]
            await self._forget(tx)
        self._last = self.sender.clock()
        dead = [
            (holder, pages, incidents) for holder, beat, pages, incidents in held if self._is_dead(holder, beat, me)
        ]
        dead += self._lost([pages for holder, _, pages, _ in held if holder == me], held, me)
        self._seen = {holder: seen for holder, seen in self._seen.items() if any(h[0] == holder for h in held)}
        if forgotten := await bring_forward(self.ground.transactions, self.sender.dispatch.ladder):
            log.warning("page.brought_forward", incidents=forgotten)
            self.ground.wake("send")
        for holder, pages, incidents in dead:
            async with self.ground.transactions() as tx:
                await tx.lock(sorted(incidents), make=False)
                released = await release(tx, holder, pages)
            if released:
                log.warning("page.taken_over", pages=released)
        if not dead:
            return None
        self.ground.wake("send")
        return self.ground.around.time.now()

    async def _forget(self, tx: Tx) -> None:
        """Now and then delete the rows of replicas that have ended long ago, and hold nothing."""
        now = self.sender.clock()
        if now - self._looked_at < _FORGET_AFTER:
            return
        rows = await tx.execute("select holder, beat from sender")
        beats = {row[0]: row[1] for row in rows}
        still = [holder for holder, beat in beats.items() if self._beats.get(holder) == beat]
        await tx.execute(
            "delete from sender s where holder = any(cast(:h as text[]))"
            " and not exists (select from page p where p.holder = s.holder)",
            {"h": still},
        )
        self._beats, self._looked_at = beats, now

    def _is_dead(self, holder: str, beat: int | None, me: str) -> bool:
        if holder == me:
            return False
        seen = self._seen.get(holder)
        if seen is None or seen[0] != beat:
            self._seen[holder] = (beat, self.sender.clock())
            return False
        return self.sender.clock() - seen[1] >= TAKE_OVER_AFTER

    def _lost(
        self, mine: list[list[UUID]], held: list[tuple[str, int | None, list[UUID], list[str]]], me: str
    ) -> list[tuple[str, list[UUID], list[str]]]:
        """Claims of our own that nothing of ours is working on, twice in a row: a fault broke in between."""
        strays = frozenset(page for pages in mine for page in pages) - self.sender.pages_at_work()
        lost, self._strays = sorted(strays & self._strays), strays
        incidents = sorted({i for holder, _, _, found in held if holder == me for i in found})
        return [(me, lost, incidents)] if lost else []
