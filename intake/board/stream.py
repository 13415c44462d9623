"""`GET /v1/stream`: every fact, live, in intake's commit order; resumed without a gap, cut off rather than buffered.

One reader of the database feeds all streams of the process.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from backbone.log.tx import Transactions
from backbone.loops.bell import Bell
from backbone.web.keys import Caller
from backbone.web.sse import RESET, Reader, frame
from services.instants import write_instant

from ..record import store
from ..record.summary import by_whom, for_customer, is_for_customer, summary

_MOST = 500
BELL = "intake.facts"


@dataclass(slots=True)
class _Listener:
    reader: Reader
    caller: Caller
    incident: str | None
    types: frozenset[str] | None
    position: int


class Streams:
    """The open streams of a process."""

    def __init__(self, transactions: Transactions, bell: Bell) -> None:
        self._transactions = transactions
        self._listeners: list[_Listener] = []
        self._position: int | None = None
        self._bell = bell

    async def step(self) -> float | None:
        """Read what is new and offer it to everybody; nothing at all is read while nobody listens."""
        if not self._listeners:
            self._position = None
            return None
        start = min(one.position for one in self._listeners) if self._position is None else self._position
        async with self._transactions.reading() as connection:
            rows = await store.since(connection, start, _MOST)
        if not rows:
            return None
        self._position = rows[-1][0]
        for row in rows:
            self._offer(row)
        self._listeners = [one for one in self._listeners if not one.reader.slow and not one.reader.closed]
        await asyncio.sleep(0)
        return 0.0 if len(rows) == _MOST else None

    async def open(
        self, caller: Caller, incident: str | None, types: frozenset[str] | None, last_id: int | None
    ) -> tuple[Reader, bytes]:
        """A new reader from now on, or from behind `last_id`; and what it is to be told first."""
        first = b""
        async with self._transactions.reading() as connection:
            now = await store.last_position(connection)
            if last_id is not None and (last_id > now or last_id < await store.first_position(connection) - 1):
                first, last_id = RESET, None
        reader = Reader()
        listener = _Listener(reader, caller, incident, types, now if last_id is None else last_id)
        reader.on_close = lambda: self._forget(listener)
        if last_id is not None:
            await self._catch_up(listener, now)
        self._listeners.append(listener)
        if self._position is not None:
            self._position = min(self._position, listener.position)
        self._bell.ring([BELL], outward=False)
        return reader, first

    async def _catch_up(self, listener: _Listener, upto: int) -> None:
        while listener.position < upto and not listener.reader.slow:
            async with self._transactions.reading() as connection:
                rows = await store.since(connection, listener.position, _MOST)
            if not rows:
                return
            for row in rows:
                self._give(listener, row)

    def _forget(self, listener: _Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)

    def _offer(self, row: Any) -> None:
        for listener in self._listeners:
            self._give(listener, row)

    @staticmethod
    def _give(listener: _Listener, row: Any) -> None:
        position, subject, stage, type_, at, payload, contract = row
        if position <= listener.position:
            return
        listener.position = position
        if listener.incident is not None and listener.incident != subject:
            return
        if listener.types is not None and type_ not in listener.types:
            return
        if ":" in subject:
            return
        if listener.caller.bound and not (listener.caller.sees(contract) and is_for_customer(type_)):
            return
        data = json.loads(payload)
        body = {
            "incident": subject, "at": write_instant(at), "stage": stage, "type": type_, "by": by_whom(stage, data),
            "summary": summary(type_, data),
            "data": for_customer(type_, data) if listener.caller.bound else data,
        }  # fmt: skip
        listener.reader.offer(frame(json.dumps(body, ensure_ascii=False), event=type_, id=position))
