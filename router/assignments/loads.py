"""Who has how much in hand while a batch is handled: what the tables say, and what the batch itself has given out.

Two crises of one batch don't both go to somebody who had nothing in hand before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from backbone.log.tx import Tx
from services.assign import Load

from ..decisions.desk import Desk
from . import store


@dataclass(slots=True)
class Loads:
    """Asked once a batch, and only where somebody is to be assigned. `desks` are the batch's own, `called` is when it gave
    somebody a crisis."""

    tx: Tx
    desks: Mapping[str, Desk]
    called: dict[str, datetime] = field(default_factory=dict)
    _before: dict[str, tuple[int, datetime | None]] | None = None

    async def of(self, people: Sequence[str]) -> dict[str, Load]:
        """Person → load at this moment of the batch; the same people are meant at each call."""
        if self._before is None:
            self._before = await store.in_hand(self.tx, people, list(self.desks))
        counts = {person: self._before.get(person, (0, None)) for person in people}
        held = Counter(desk.crisis_manager for desk in self.desks.values() if desk.state == "open")
        return {
            person: Load(count + held[person], self.called.get(person, since))
            for person, (count, since) in counts.items()
        }

    async def close(self) -> None:
        """Write down who was called."""
        if self.called:
            await store.keep_called(self.tx, self.called)
