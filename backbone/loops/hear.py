"""Hearing: events come in by whatever carrier; each takes effect once, in order, in one transaction.

Repeats are ignored, gaps are filled from the log, poison is set aside with what follows of its subject.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from ..log import store
from ..log.event import Event, is_directory
from ..log.subjects import Subject, known_subjects
from ..log.tx import Transactions, Tx
from ..postgres.engine import is_passing
from ..stage import Stage
from .order import Heard, Key, Unheard, key_of, order, pool_of

log = structlog.get_logger()

#: Reads spans (subject, first, last) from a stage's log.
FetchSpans = Callable[[str, Sequence[tuple[str, int, int]]], Awaitable[list[Event]]]

#: Moves whatever tells the carrier how far we are, inside the transaction; False: somebody else was faster.
Mark = Callable[[Tx], Awaitable[bool]]


#: The log holds at least this much; see `backbone/log/partitions.py`.
_LOG_HOLDS = timedelta(days=6)


class _Gap(Exception):
    """Something has to be heard before a batch that is not in it."""


class _NotFromALog(Exception):
    """What is to be held was brought by Kafka: it is held as its log has it."""


class FuseBlown(Exception):
    """Poison after poison: the fault is ours and not the events'. The loop tries again each 30 s; readiness says so."""


Counter = Callable[[str, int], None]


class Ear:
    """A stage's hearing, shared by all its carriers."""

    def __init__(
        self,
        stage: Stage,
        transactions: Transactions,
        fetch: FetchSpans,
        apply_directory: Callable[[Tx, Sequence[Event]], Awaitable[None]],
        stuck: Callable[[Tx, Event, str], Awaitable[None]],
        count: Counter,
    ) -> None:
        self.stage = stage
        self._transactions = transactions
        self._fetch = fetch
        self._apply_directory = apply_directory
        self._stuck = stuck
        self._count = count
        self._poisoned_in_a_row = 0

    async def hear(self, events: Sequence[Event], mark: Mark | None = None, *, fused: bool = True) -> Heard:
        """Hear a batch. After poison in its midst it is taken again, one by one, and what is poison is held.

        Only the log makes dead letters: what Kafka brought (`seq` 0) is taken again as the log has it, or not at all.
        `fused`: many that are poison, one after the other, are too many; what a person has heard again is none of them.
        Raises what the database's moment raises (see `is_passing`), with nothing taken; the caller tries again.
        """
        try:
            return await self._round(events, mark)
        except Exception as error:
            if is_passing(error) or isinstance(error, FuseBlown):
                raise
            if not all(event.seq for event in events):
                return await self.hear(await self._as_said(events), mark, fused=fused)
            if len(events) == 1 and mark is None:
                earlier = await self._presupposed(events[0])
                if not earlier:
                    return await self._poison(events[0], error, fused=fused)
                events = [*earlier, *events]
        total = Heard()
        for event in events:
            part = await self.hear([event], fused=fused)
            total.handled += part.handled
            total.repeats += part.repeats
            total.held += part.held
            total.lost += part.lost
        if mark is not None:
            async with self._transactions() as tx:
                total.taken = await mark(tx)
        return total

    async def _as_said(self, events: Sequence[Event]) -> list[Event]:
        """A batch as its sayers' logs have it; what stands in none of them was never said, and is counted.

        But what is older than a log has to hold may have been said: it is taken as it came, and held where it has to be.
        """
        wanted: dict[str, list[tuple[str, int, int]]] = {}
        for event in events:
            wanted.setdefault(event.source, []).append((event.subject, event.sequence, event.sequence))
        said = pool_of([found for source, spans in wanted.items() for found in await self._fetch(source, spans)])
        held_since = self._transactions.time.now() - _LOG_HOLDS
        old = [event for event in events if event.occurred_at < held_since]
        said = pool_of(replace(event, seq=1) for event in old) | said
        unsaid = [event for event in events if key_of(event) not in said]
        if unsaid:
            self._count("unsaid", len(unsaid))
            log.warning("kafka.unsaid", stage=self.stage.name, count=len(unsaid), first=key_of(unsaid[0]))
        return [said[key_of(event)] for event in events if key_of(event) in said]

    async def _round(self, events: Sequence[Event], mark: Mark | None) -> Heard:
        """Hear a batch as it is; where something stands before it that was not heard yet, fetch that first."""
        about = [e for e in events if not is_directory(e.subject)]
        try:
            return await self._heard(events, about, pool_of(about), mark)
        except _Gap:
            return await self._heard(events, about, await self._with_what_is_missing(about), mark, filled=True)

    async def _heard(
        self, events: Sequence[Event], about: Sequence[Event], pool: Mapping[Key, Event], mark: Mark | None,
        *, filled: bool = False,
    ) -> Heard:  # fmt: skip
        """Hear a batch in a transaction of its own. Raises _Gap unless the gaps are `filled` as far as they can be."""
        result = Heard()
        async with self._transactions() as tx:
            if mark is not None and not await mark(tx):
                return Heard(taken=False)
            await self._apply_directory(tx, [e for e in events if is_directory(e.subject)])
            # What others were heard of before has its row; where it has none, there is a gap.
            began = {
                e.subject
                for e in about
                if (filled or e.after.keys().isdisjoint(self.stage.hears)) and self._begins(e, pool, tx.now)
            }
            rows = await tx.lock({e.subject for e in about}, make=began if self.stage.makes_subjects else ())
            if not filled and self._gaps(about, rows, pool, {}):
                raise _Gap
            ordered, held = order(about, pool, rows, self.stage.hears, result)
            if not all(event.seq for event in held):
                raise _NotFromALog
            for event in ordered:
                row = rows[event.subject]
                row.heard[event.source] = event.sequence
                row.urgent = row.urgent or event.urgent
                row.changed = True
            if held:
                result.held = await store.hold(tx.connection, held, "held: an earlier event of its subject is", tx.now)
            useful = [e for e in ordered if self.stage.uses(e)]
            if useful:
                await self.stage.handle(tx, useful)
            result.handled = len(ordered)
        if result.handled:
            self._poisoned_in_a_row = 0
        result.filled = max(0, result.handled + result.repeats - len(about))
        for name in ("handled", "repeats", "filled", "held", "lost"):
            if getattr(result, name):
                self._count(name, getattr(result, name))
        return result

    def _begins(self, event: Event, pool: Mapping[Key, Event], now: datetime) -> bool:
        """Whether the subject's story is whole: the first event of its sayer is there, and of each that the sayer heard.

        What Kafka alone still has (`seq` 0) of a time that the log no longer holds begins nothing.
        """
        tellers = {event.source, *(event.after.keys() & self.stage.hears.keys())}
        firsts = [pool.get((teller, event.subject, 1)) for teller in tellers]
        return all(first is not None and (first.seq > 0 or now - first.occurred_at < _LOG_HOLDS) for first in firsts)

    def _gaps(
        self,
        events: Iterable[Event],
        rows: Mapping[str, Subject],
        pool: Mapping[Key, Event],
        fetched: Mapping[tuple[str, str], int],
    ) -> dict[str, dict[str, tuple[int, int]]]:
        """What has to be heard before these events and is neither heard nor here: source → subject → first and last.

        `fetched` says up to where it was looked for: what is not here of that is in no log.
        """
        spans: dict[str, dict[str, tuple[int, int]]] = {}
        for event in events:
            row = rows.get(event.subject)
            if row is not None and row.held:
                continue
            for source, last in (*event.after.items(), (event.source, event.sequence - 1)):
                if source not in self.stage.hears:
                    continue
                heard = row.heard.get(source, 0) if row else 0
                first = max(heard, fetched.get((source, event.subject), 0)) + 1
                while first <= last and (source, event.subject, first) in pool:
                    first += 1
                if first <= last:
                    low, high = spans.setdefault(source, {}).get(event.subject, (first, last))
                    spans[source][event.subject] = (min(low, first), max(high, last))
        return spans

    async def _with_what_is_missing(self, events: Sequence[Event]) -> dict[Key, Event]:
        """The batch, and whatever it presupposes that was not heard yet."""
        pool = pool_of(events)
        async with self._transactions.reading() as connection:
            rows = await known_subjects(connection, self.stage.subjects, {e.subject for e in events})
        fetched: dict[tuple[str, str], int] = {}
        pending = list(events)
        for _ in range(16):
            spans = self._gaps(pending, rows, pool, fetched)
            if not spans:
                return pool
            pending = []
            for source, wanted in spans.items():
                for found in await self._fetch(source, [(s, low, high) for s, (low, high) in wanted.items()]):
                    if (key := key_of(found)) not in pool:
                        pool[key] = found
                        pending.append(found)
                fetched |= {(source, subject): high for subject, (_, high) in wanted.items()}
        raise Unheard("too long a chain of what has to be heard first")

    async def _presupposed(self, event: Event) -> list[Event]:
        """What is unheard and has to be heard before an event: the fault may be one of theirs. Empty where it is not."""
        if is_directory(event.subject):
            return []
        async with self._transactions.reading() as connection:
            rows = await known_subjects(connection, self.stage.subjects, [event.subject])
        rows.setdefault(event.subject, Subject(event.subject, {}, 0, False, False))
        try:
            pool = await self._with_what_is_missing([event])
            ordered, _ = order([event], pool, rows, self.stage.hears, Heard())
        except Unheard:
            return []
        return ordered[:-1]

    async def _poison(self, event: Event, error: Exception, *, fused: bool) -> Heard:
        """Set an event aside, hold its subject, and say that a human is needed."""
        self._poisoned_in_a_row += fused
        if fused and self._poisoned_in_a_row > 50:
            raise FuseBlown(
                f"{self._poisoned_in_a_row} events in a row could not be handled; last: {error!r}"
            ) from error
        async with self._transactions() as tx:
            rows = {} if is_directory(event.subject) else await tx.lock([event.subject])
            held = await store.hold(tx.connection, [event], repr(error), tx.now)
            row = rows.get(event.subject)
            if row is not None and not row.held:
                row.held = row.changed = True
                await self._stuck(tx, event, repr(error))
        self._count("poison", 1)
        return Heard(held=held)
