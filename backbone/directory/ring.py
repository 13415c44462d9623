"""The key ring of a stage: keys are objects of the directory, known by their hash alone."""

from __future__ import annotations

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

    async def find(self, hash: str) -> Caller | None:
        """The caller of a key's hash. The database is asked for keys that are not known yet, ten times a second at most."""
        if self._revision != self._directory.revision:
            self._build()
        if hash not in self._callers and ticks() - self._looked_at >= _AGAIN:
            self._looked_at = ticks()
            await self._directory.refresh()
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
