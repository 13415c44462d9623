"""Objects as they were: a version that has not come in by the directory yet is read from its owner's log.

Nothing is guessed in the place of one that is nowhere; and its owner has a moment to answer: a transaction may be open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..log.event import Event
from ..log.sources import NotAnswered, Sources, in_a_moment
from ..postgres.connection import Connection
from ..time_source import ticks
from .directory import Directory, Unreadable

#: Seconds for which the owner's log is not asked again where it did not answer.
_PAUSE = 2.0


@dataclass(slots=True)
class Versions:
    """Finds objects by their versions; `owner` is the stage that says them."""

    directory: Directory
    sources: Sources
    owner: str
    _asks_from: float = field(default=0.0, init=False)

    async def find(self, kind: str, id_: str, version: int, connection: Connection | None = None) -> Any:
        """The object's value at that version; None where nobody has it any more or yet, or it can't be read here.

        Raises NotAnswered.
        """
        try:
            stored = await self.directory.frozen(kind, id_, version, connection)
            if stored is not None:
                return stored.value
            for event in await self._said(f"{kind}:{id_}", version):
                return self.directory.stored(kind, id_, version, event.json()["body"]).value
        except Unreadable:
            pass  # it is logged
        return None

    async def _said(self, subject: str, version: int) -> Sequence[Event]:
        if ticks() < self._asks_from:
            raise NotAnswered(f"{self.owner} was asked for version {version} of {subject} a moment ago")
        try:
            return await in_a_moment(self.sources.spans(self.owner, [(subject, version, version)]))
        except NotAnswered as error:
            self._asks_from = ticks() + _PAUSE
            raise NotAnswered(f"{self.owner}, for version {version} of {subject}: {error}") from error
