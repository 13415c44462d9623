"""A stage's copy of the directory: the current objects in memory, every version in its database.

The router owns them. A later version replaces earlier ones, whatever the gap; a repeat changes nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from ..log.event import Event, Fact
from ..log.tx import Transactions, Tx
from ..loops.breath import Breath
from ..postgres.connection import Connection
from . import store

log = structlog.get_logger()


class Unreadable(ValueError):
    """A version that this process can't read, since a newer router stored it. Not worth a retry."""


#: Objects that are said again in one transaction.
_AGAIN = 200

#: Makes the inside's value of a kind of object from its JSON.
Parser = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of an object: `value` is parsed, `body` as it was stored; both None once it is removed."""

    kind: str
    id: str
    version: int
    body: Any
    value: Any


@dataclass(frozen=True, slots=True)
class ObjectStored:
    """The fact that an object has a new version, or (body null) is removed: `contract.stored`, `key.removed`."""

    kind: str
    body: Any
    by: str

    @property
    def type(self) -> str:
        """`contract.stored` and the like."""
        return f"{self.kind}.{'removed' if self.body is None else 'stored'}"

    def to_json(self) -> bytes:
        """The whole object."""
        return json.dumps({"body": self.body, "by": self.by}, ensure_ascii=False, separators=(",", ":")).encode()


class Directory:
    """What is known of contracts, people, rotations and keys.

    A current object that can't be read keeps its last good value; a version that is asked for has nothing in its place.
    """

    def __init__(self, transactions: Transactions, parsers: Mapping[str, Parser]) -> None:
        self._transactions = transactions
        self._parsers = parsers
        self._current: defaultdict[str, dict[str, Stored]] = defaultdict(dict)
        self._frozen: dict[tuple[str, str, int], Stored] = {}
        self._change = 0
        self.revision = 0

    async def refresh(self, connection: Connection | None = None) -> None:
        """Take in what has changed since the last time: one statement, mostly empty."""
        if connection is None:
            async with self._transactions.reading() as own:
                await self.refresh(own)
            return
        changes = await store.changed(connection, self._change)
        found: list[Stored | None] = []
        breath = Breath()
        for one in changes:
            found.append(await self._readable(connection, *one[:4]))
            await breath()
        for stored, (kind, id_, *_, change) in zip(found, changes, strict=True):
            known = self._current[kind].get(id_)
            if stored is not None and (known is None or known.version < stored.version):
                self._current[kind][id_] = stored
            self._change = max(self._change, change)
        if changes:
            self.revision += 1

    def get(self, kind: str, id_: str) -> Stored | None:
        """The current version of an object; None where there is none, or it is removed."""
        found = self._current[kind].get(id_)
        return found if found is not None and found.body is not None else None

    def all(self, kind: str) -> Iterator[Stored]:
        """The current objects of a kind, by id."""
        for _, found in sorted(self._current[kind].items()):
            if found.body is not None:
                yield found

    async def frozen(self, kind: str, id_: str, version: int, connection: Connection | None = None) -> Stored | None:
        """An object as it was at `version`; None where this stage has not heard of it. Raises Unreadable."""
        current = self._current[kind].get(id_)
        if current is not None and current.version == version:
            return current
        key = (kind, id_, version)
        if key not in self._frozen:
            if connection is None:
                async with self._transactions.reading() as own:
                    return await self.frozen(kind, id_, version, own)
            body = await store.body(connection, kind, id_, version)
            if body is None:
                return None
            if len(self._frozen) > 2_000:
                self._frozen.clear()
            self._frozen[key] = self.stored(kind, id_, version, body)
        return self._frozen[key]

    async def hear(self, tx: Tx, events: Sequence[Event]) -> None:
        """Write down what the router said of its objects, and take it in once it is committed."""
        if events:
            await store.write(tx, events)

    async def put(
        self, tx: Tx, kind: str, id_: str, body: Any, by: str, *, judge: Callable[[int, Any], None] | None = None
    ) -> tuple[int, bool]:
        """The owner's own change: a new version, said to everybody. Answers (version, whether anything changed).

        The same body again is no new version. `judge` is told the last version (0: none) and its body (None: none, or
        removed), while nobody else can change them, and may raise.
        """
        await store.lock(tx, kind, id_)
        last = await store.last(tx, kind, id_)
        if judge is not None:
            judge(*(last or (0, None)))
        if last is not None and last[1] == body:
            return last[0], False
        version = (last[0] if last else 0) + 1
        await store.insert(tx, kind, id_, version, body, by)
        tx.say(_as_fact(kind, body, by), f"{kind}:{id_}", urgent=False, version=version)
        return version, True

    async def say_again(self, tx: Tx, partition: str, after: int) -> int | None:
        """Say the objects once more, as they are now, that a day which is dropped tells of: some behind change `after`.

        Answers the last one's change; None where there is none.
        """
        spoken = await store.spoken_in(tx, partition, after, _AGAIN)
        for kind, id_, version, body, by, _ in spoken:
            tx.say(_as_fact(kind, body, by), f"{kind}:{id_}", urgent=False, version=version)
        return spoken[-1][-1] if spoken else None

    async def history(self, kind: str, id_: str) -> list[Mapping[str, Any]]:
        """Every version of an object with who stored it and when, oldest first."""
        async with self._transactions.reading() as connection:
            return await store.history(connection, kind, id_)

    def stored(self, kind: str, id_: str, version: int, body: Any) -> Stored:
        """A version with the inside's value; of a kind that nobody parses here, the body itself. Raises Unreadable."""
        try:
            value = self._parsers[kind](body) if body is not None and kind in self._parsers else body
        except Exception as error:
            log.error("directory.unreadable", kind=kind, id=id_, version=version, error=repr(error)[:500])
            raise Unreadable(f"version {version} of the {kind} {id_}: {error!r}") from error
        return Stored(kind, id_, version, body, value)

    async def _readable(self, c: Connection, kind: str, id_: str, version: int, body: Any) -> Stored | None:
        """A version as this process reads it, else the last before it that it can; None where it has that already."""
        known = self._current[kind].get(id_)
        found: tuple[int, Any] | None = (version, body)
        while found is not None and (known is None or known.version < found[0]):
            try:
                return self.stored(kind, id_, *found)
            except Unreadable:
                found = await store.before(c, kind, id_, found[0])
        return None


def _as_fact(kind: str, body: Any, by: str) -> Fact:
    return ObjectStored(kind, body, by)
