"""Says that this replica lives, and takes over what a dead one was sending.

No instants are compared: a holder is dead when its beat has not changed for 5 s of our own monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import structlog

from backbone.ground import Ground
from backbone.log.event import Lane
from backbone.log.tx import Tx
from notifier.pages import store
from notifier.pages.came_back import bring_forward
from notifier.pages.sender import BEAT, Sender
from notifier.pages.store import Held

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
            held = await store.held(tx)
            await self._forget(tx)
        self._last = self.sender.clock()
        dead = [one for one in held if one.holder != me and self._is_dead(one)]
        dead += self._lost(next((one for one in held if one.holder == me), Held(me, None, (), ())))
        self._seen = {one.holder: self._seen[one.holder] for one in held if one.holder in self._seen}
        if forgotten := await bring_forward(self.ground.transactions, self.sender.dispatch.ladder):
            log.warning("page.brought_forward", incidents=forgotten)
            self.ground.wake("send")
        for one in dead:
            async with self.ground.transactions() as tx:
                await tx.lock(sorted(one.incidents), make=False)
                released = await store.release(tx, one.holder, one.pages)
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
        beats = await store.beats(tx)
        await store.forget(tx, [holder for holder, beat in beats.items() if self._beats.get(holder) == beat])
        self._beats, self._looked_at = beats, now

    def _is_dead(self, one: Held) -> bool:
        seen = self._seen.get(one.holder)
        if seen is None or seen[0] != one.beat:
            self._seen[one.holder] = (one.beat, self.sender.clock())
            return False
        return self.sender.clock() - seen[1] >= TAKE_OVER_AFTER

    def _lost(self, mine: Held) -> list[Held]:
        """Claims of our own that nothing of ours is working on, twice in a row: a fault broke in between."""
        strays = frozenset(mine.pages) - self.sender.pages_at_work()
        lost, self._strays = tuple(sorted(strays & self._strays)), strays
        return [replace(mine, pages=lost)] if lost else []
