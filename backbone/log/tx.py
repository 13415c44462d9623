"""A stage's transaction: what it locks, hears and says is committed whole, or not at all.

`say` is the only way to speak; the events go into the log by the last statement before the commit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import uuid_utils.compat as uuid_utils
from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncEngine

from ..postgres.connection import Connection, Rows, connected
from ..time_source import TimeSource
from . import store
from .event import Event, Fact, is_directory
from .store import Said
from .subjects import Subject, lock_subjects, save_subjects


@dataclass(slots=True)
class Tx:
    """One open transaction. `now` is its instant; `subjects` are the rows that it has locked."""

    connection: Connection
    now: datetime
    table: str
    makes_subjects: bool
    trace: Mapping[str, str]
    subjects: dict[str, Subject] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    committed: list[Callable[[], None]] = field(default_factory=list)
    at_end: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> Rows:
        """Run one statement; parameters are named (`:name`), arrays are cast (`cast(:x as text[])`)."""
        return await self.connection.execute(sql, params)

    async def lock(self, subjects: Iterable[str], *, make: bool | Collection[str] | None = None) -> dict[str, Subject]:
        """Lock subjects, in order; answers the rows that are there. Lock subjects first, once, before anything else.

        `make` says which of them may be made: all, none, these; None is what the stage does.
        """
        wanted = list(subjects)
        missing = [s for s in wanted if s not in self.subjects]
        if missing:
            making = self.makes_subjects if make is None else make
            if isinstance(making, bool):
                making = missing if making else ()
            self.subjects |= await lock_subjects(self.connection, self.table, missing, make=making)
        return {s: self.subjects[s] for s in wanted if s in self.subjects}

    def say(
        self,
        fact: Fact,
        subject: str,
        *,
        urgent: bool | None = None,
        version: int | None = None,
        cause: Event | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Say `fact` about a locked subject. `urgent` raises the subject's urgency for good.

        A directory object needs its `version` instead of a lock. `cause` passes a heard event's trace on, `traceparent`
        one that was kept.
        """
        headers = dict(self.trace)
        if cause is not None:
            headers |= {k: v for k, v in cause.headers.items() if k in ("traceparent", "request_id")}
        if traceparent is not None:
            headers["traceparent"] = traceparent
        if is_directory(subject):
            if version is None:
                raise ValueError(f"{subject} is of the directory: say its version")
            sequence, after, is_urgent = version, "{}", bool(urgent)
        else:
            row = self.subjects[subject]
            row.said += 1
            row.changed = True
            if urgent:
                row.urgent = True
            sequence, is_urgent = row.said, row.urgent
            after = to_json(row.heard).decode() if row.heard else "{}"
        self.said.append(
            Said(
                uuid_utils.uuid7(), subject, sequence, is_urgent, fact.type, fact.to_json().decode(),
                to_json(headers).decode() if headers else "{}", after, self.now,
            )
        )  # fmt: skip

    async def finish(self) -> None:
        """What stands before the commit: the subjects' rows, then the log."""
        changed = [row for row in self.subjects.values() if row.changed]
        if changed:
            await save_subjects(self.connection, self.table, changed)
        for last in self.at_end:
            await last()
        if self.said:
            await store.append(self.connection, self.said)


@dataclass(slots=True)
class Transactions:
    """Opens a stage's transactions, and rings its bell after a commit that said something."""

    engine: AsyncEngine
    time: TimeSource
    table: str = "subject"
    makes_subjects: bool = True
    trace: Callable[[], Mapping[str, str]] = dict
    ring: Callable[[Sequence[Said]], None] = lambda said: None

    @asynccontextmanager
    async def __call__(self, *, now: datetime | None = None) -> AsyncIterator[Tx]:
        """A transaction that commits at the end of the block, and rolls back if the block raises."""
        async with connected(self.engine) as connection, connection.driver.transaction():
            tx = Tx(connection, now or self.time.now(), self.table, self.makes_subjects, self.trace())
            yield tx
            await tx.finish()
        for done in tx.committed:
            done()
        if tx.said:
            self.ring(tx.said)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection for reading, each statement for itself."""
        async with connected(self.engine) as connection:
            yield connection

    @asynccontextmanager
    async def listing(self) -> AsyncIterator[Connection]:
        """A connection for lists: each statement is planned for the very values that are asked for.

        A plan for any values would look for the few incidents of a small customer among everybody's.
        """
        async with connected(self.engine) as connection, connection.driver.transaction(readonly=True):
            await connection.execute("set local plan_cache_mode = force_custom_plan")
            yield connection
