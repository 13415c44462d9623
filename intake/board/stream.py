"""`GET /v1/stream`: every fact, live, in intake's commit order; resumed without a gap, cut off rather than buffered.

One reader of the database feeds all streams of the process. No stream goes on whose key is not what it came with.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json
from starlette.types import Scope

from backbone.directory.directory import Directory
from backbone.log.tx import Transactions
from backbone.loops.bell import Bell
from backbone.postgres.connection import Connection
from backbone.web.keys import RING, Caller, authenticate
from backbone.web.problem import Problem
from backbone.web.sse import MOST, RESET, Reader, frame, mark
from services.instants import write_instant

from ..record import store
from ..record.summary import by_whom, summary
from ..record.told import as_told

#: Facts that are read at once: fewer than a reader's queue holds, so that a burst cuts nobody off who reads.
_PAGE = MOST // 2
BELL = "intake.facts"


@dataclass(slots=True)
class _Listener:
    reader: Reader
    scope: Scope
    caller: Caller
    incident: str | None
    types: frozenset[str] | None
    position: int
    #: The directory's, when its key was last looked at.
    revision: int = -1


class Streams:
    """The open streams of a process."""

    def __init__(self, transactions: Transactions, directory: Directory, bell: Bell) -> None:
        self._transactions = transactions
        self._directory = directory
        self._listeners: list[_Listener] = []
        self._bell = bell

    async def step(self) -> float | None:
        """Read what is new and offer it to everybody; nothing at all is read while nobody listens.

        Who joins in the meantime is told from its own position by the next step, and not from where this one began.
        """
        listeners = tuple(self._listeners)
        if not listeners:
            return None
        for listener in listeners:
            await self._end_unless_known(listener)
        rows = await self._behind(min(one.position for one in listeners))
        for row in rows:
            for listener in listeners:
                if (told := _told(listener, row)) is not None:
                    listener.reader.offer(told)
        self._listeners = [one for one in self._listeners if not one.reader.slow and not one.reader.closed]
        await asyncio.sleep(0)
        return 0.0 if len(rows) == _PAGE else None

    async def open(
        self, scope: Scope, caller: Caller, incident: str | None, types: frozenset[str] | None, last_id: int | None
    ) -> tuple[Reader, bytes, AsyncIterator[bytes] | None]:
        """A new reader from now on, or from behind `last_id`; what it is to be told first, and what of the past then.

        `scope` is that of its request, by which its key is looked at again whenever the directory changes.
        """
        first = b""
        async with self._transactions.reading() as connection:
            now = await store.last_position(connection)
            if last_id is not None and not await _holds(connection, last_id, now):
                first, last_id = RESET, None
        reader = Reader()
        listener = _Listener(reader, scope, caller, incident, types, now if last_id is None else last_id)
        reader.on_close = lambda: self._forget(listener)
        if last_id is None:
            # Whoever is cut off before it was told anything resumes from here as well.
            first += mark(now)
        if listener.position < now:
            return reader, first, self._past(listener)
        self._join(listener)
        return reader, first, None

    async def _past(self, listener: _Listener) -> AsyncIterator[bytes]:
        """What was said before, a page whenever the one before is written; then it hears what is new."""
        while True:
            await self._end_unless_known(listener)
            if listener.reader.closed:
                return
            rows = await self._behind(listener.position)
            frames = b"".join(told for row in rows if (told := _told(listener, row)) is not None)
            if len(rows) < _PAGE:
                self._join(listener)
            if frames:
                yield frames
            if len(rows) < _PAGE:
                return

    async def _behind(self, position: int) -> list[Any]:
        async with self._transactions.reading() as connection:
            return await store.since(connection, position, _PAGE)

    async def _end_unless_known(self, listener: _Listener) -> None:
        """End a stream whose key was removed since it was last looked at, or may see something else by now."""
        revision = self._directory.revision
        if listener.revision == revision:
            return
        try:
            known = await authenticate(listener.scope, listener.scope[RING]) == listener.caller
        except Problem:
            known = False
        if not known:
            listener.reader.close()
        listener.revision = revision

    def _join(self, listener: _Listener) -> None:
        self._listeners.append(listener)
        self._bell.ring([BELL], outward=False)

    def _forget(self, listener: _Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)


async def _holds(connection: Connection, position: int, now: int) -> bool:
    """Whether all that was said behind a position is still there to be told."""
    return position == now or await store.first_position(connection) - 1 <= position < now


def _told(listener: _Listener, row: Any) -> bytes | None:
    """The fact as the listener is told it; None for one that it was told already, or that is not for it."""
    position, subject, stage, type_, at, *_ = row
    if position <= listener.position:
        return None
    listener.position = position
    if listener.incident is not None and listener.incident != subject:
        return None
    if listener.types is not None and type_ not in listener.types:
        return None
    if ":" in subject:
        return None
    data = as_told(listener.caller, row)
    if data is None:
        return None
    body = {
        "incident": subject, "at": write_instant(at), "stage": stage, "type": type_, "by": by_whom(stage, data),
        "summary": summary(type_, data), "data": data,
    }  # fmt: skip
    return frame(to_json(body), event=type_, id=position)
