"""Objects as they were: a version that has not come in by the directory yet is read from its owner's log.

Nothing is guessed in the place of one that is nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..log.sources import Sources
from ..postgres.connection import Connection
from .directory import Directory


@dataclass(frozen=True, slots=True)
class Versions:
    """Finds objects by their versions; `owner` is the stage that says them."""

    directory: Directory
    sources: Sources
    owner: str

    async def find(self, kind: str, id_: str, version: int, connection: Connection | None = None) -> Any:
        """The object's value at that version; None where nobody has it any more, or has it yet."""
        stored = await self.directory.frozen(kind, id_, version, connection)
        if stored is not None:
            return stored.value
        for event in await self.sources.spans(self.owner, [(f"{kind}:{id_}", version, version)]):
            return self.directory.parsed(kind, event.json()["body"])
        return None
