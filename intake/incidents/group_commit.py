"""The group commit: concurrent reports share a commit, and each is answered only after its own is durable.

While one batch commits the next one fills; nothing lingers. A batch that fails is taken apart, so that one bad report
hurts nobody else; what became of a commit whose connection died is looked up by the ids before it is tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from asyncpg import IntegrityConstraintViolationError
from sqlalchemy.ext.asyncio import AsyncEngine

from backbone.postgres.connection import connected
from backbone.postgres.direct import Direct
from backbone.postgres.engine import is_passing
from backbone.web.limits import Shed
from backbone.web.problem import Problem, Unavailable

from . import store
from .accepted import Accepting, Outcome, Taken

#: Reports in a batch at most.
MOST = 256
#: Seconds that a batch may take, all tries together: who waits for a database that hangs is told so.
PATIENCE = 3.0


class GroupCommit:
    """Takes reports one by one and commits them together. `taken` is called after each commit that took any.

    One batch commits at a time; an urgent report does not wait for it where another of the `lanes` is free. `queue`: how
    many may wait before more are told to come back.
    """

    def __init__(
        self, engine: AsyncEngine, lanes: Sequence[Direct], taken: Callable[[Sequence[Accepting]], None], queue: int
    ) -> None:
        self._engine = engine
        self._taken = taken
        self._waiting: list[tuple[Accepting, asyncio.Future[Outcome]]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._free = list(lanes)
        self._lanes = len(lanes)
        self._shed = Shed(lambda: len(self._waiting), queue - 1)

    @property
    def waiting(self) -> int:
        """Reports that are in no batch yet."""
        return len(self._waiting)

    async def take(self, item: Accepting) -> Outcome:
        """Make one report durable. Raises Unavailable where that is not known to have happened, 429 where too many wait,
        and what a stale one is refused with where it is no repeat."""
        self._shed.check()
        if item.stale is not None:
            return await self._known(item, item.stale)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._free and (item.urgent or len(self._free) == self._lanes):
            task = asyncio.create_task(self._commit_what_waits(self._free.pop()))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await future

    async def _known(self, item: Accepting, stale: Problem) -> Outcome:
        async with connected(self._engine) as connection:
            known = await store.seen(connection, [item], item.received_at)
        if item.id not in known:
            raise stale
        return known[item.id]

    async def drain(self) -> None:
        """Wait for all that was begun."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
        for lane in self._free:
            await lane.close()

    async def _commit_what_waits(self, lane: Direct) -> None:
        try:
            await self._batches(lane)
        finally:
            self._free.append(lane)

    async def _batches(self, lane: Direct) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            futures: dict[str, asyncio.Future[Outcome]] = {item.id: future for item, future in batch}
            firsts, followers = _without_doubles([item for item, _ in batch])
            try:
                async with asyncio.timeout(PATIENCE):
                    outcomes = await self._commit(lane, firsts)
                    if followers:
                        outcomes |= await self._commit(lane, followers)
            except BaseException as error:
                for _, future in batch:
                    if not future.done():
                        why = str(error) or type(error).__name__
                        future.set_exception(Unavailable(why) if _is_away(error) else error)
                if not isinstance(error, Exception):
                    raise
                continue
            for id_, future in futures.items():
                if not future.done():
                    outcome = outcomes[id_]
                    if isinstance(outcome, BaseException):
                        future.set_exception(outcome)
                    else:
                        future.set_result(outcome)

    async def _commit(self, lane: Direct, items: Sequence[Accepting]) -> dict[str, Outcome | BaseException]:
        """Commit a batch, once more where its connection died, and without the repeats where there are any."""
        try:
            return await self._once(lane, items)
        except IntegrityConstraintViolationError:
            return await self._without_repeats(lane, items)
        except Exception as error:  # noqa: BLE001 (each report gets its own answer)
            if is_passing(error):
                return await self._again(lane, items)
            if len(items) == 1:
                return {items[0].id: error}
        found: dict[str, Outcome | BaseException] = {}
        for item in items:
            found |= await self._commit(lane, [item])
        return found

    async def _once(self, lane: Direct, items: Sequence[Accepting]) -> dict[str, Outcome | BaseException]:
        if not items:
            return {}
        numbers = await store.take(lane, items)
        self._taken(items)
        return {id_: Taken(id_, number) for id_, number in numbers.items()}

    async def _without_repeats(self, lane: Direct, items: Sequence[Accepting]) -> dict[str, Outcome | BaseException]:
        async with connected(self._engine) as connection:
            found: dict[str, Outcome | BaseException] = dict(await store.seen(connection, items, _latest(items)))
        rest = [item for item in items if item.id not in found]
        if len(rest) == len(items) and len(items) > 1:
            for item in items:
                found |= await self._commit(lane, [item])
            return found
        if len(rest) == len(items):
            return await self._again(lane, items)
        return found | (await self._commit(lane, rest) if rest else {})

    async def _again(self, lane: Direct, items: Sequence[Accepting]) -> dict[str, Outcome | BaseException]:
        """A second try, after looking for what the first one may have left."""
        async with connected(self._engine) as connection:
            there = await store.numbers_of(connection, [item.id for item in items])
        found: dict[str, Outcome | BaseException] = {id_: Taken(id_, number) for id_, number in there.items()}
        if there:
            self._taken(items)
        rest = [item for item in items if item.id not in there]
        return found | (await self._once(lane, rest) if rest else {})


def _without_doubles(items: list[Accepting]) -> tuple[list[Accepting], list[Accepting]]:
    """Those that come first with their keys, and those whose key is in the same batch already."""
    firsts: list[Accepting] = []
    followers: list[Accepting] = []
    keys: set[tuple[str, str, str]] = set()
    for item in items:
        own = item.keys
        (firsts if keys.isdisjoint(own) else followers).append(item)
        keys.update(own)
    return firsts, followers


def _latest(items: Sequence[Accepting]) -> datetime:
    return max(item.received_at for item in items)


def _is_away(error: BaseException) -> bool:
    return is_passing(error) or isinstance(error, IntegrityConstraintViolationError)
