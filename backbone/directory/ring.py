"""The key ring of a stage: keys are objects of the directory, known by their hash alone."""

from __future__ import annotations

import asyncio

from ..time_source import ticks
from ..web.keys import Caller
from .directory import Directory

#: Seconds between two looks for keys that nobody knows: a flood of them is no load on the database.
_AGAIN = 0.1


class DirectoryRing:
    """Answers from memory; built anew when the directory has changed."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._revision = -1
        self._callers: dict[str, Caller] = {}
        self._looked_at = -_AGAIN
        self._next: asyncio.Task[None] | None = None

    async def find(self, hash: str) -> Caller | None:
        """The caller of a key's hash. For keys that are not known yet the database is asked, ten times a second at most.

        Who brings one waits for the next look: one that has begun may have missed a key that was made a moment ago.
        """
        if (caller := self._known(hash)) is not None:
            return caller
        if self._next is None:
            self._next = asyncio.create_task(self._look())
        await asyncio.shield(self._next)
        return self._known(hash)

    async def _look(self) -> None:
        await asyncio.sleep(self._looked_at + _AGAIN - ticks())
        self._next, self._looked_at = None, ticks()
        await self._directory.refresh()

    def _known(self, hash: str) -> Caller | None:
        if self._revision != self._directory.revision:
            self._build()
        return self._callers.get(hash)

    def _build(self) -> None:
        self._revision = self._directory.revision
        self._callers = {
            key.body["hash"]: Caller(
                key.id, key.body["name"], frozenset(key.body["scopes"]),
                None if key.body.get("contracts") is None else frozenset(key.body["contracts"]),
            )
            for key in self._directory.all("key")
        }  # fmt: skip
