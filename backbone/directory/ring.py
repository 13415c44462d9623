"""The key ring of a stage: keys are objects of the directory, known by their hash alone."""

from __future__ import annotations

from ..web.keys import Caller
from .directory import Directory


class DirectoryRing:
    """Answers from memory; built anew when the directory has changed."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._revision = -1
        self._callers: dict[str, Caller] = {}

    async def find(self, hash: str) -> Caller | None:
        """The caller of a key's hash; one look at the database for a key that is not known yet."""
        if self._revision != self._directory.revision:
            self._build()
        if hash not in self._callers:
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
