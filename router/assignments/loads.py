"""Who has how much in hand while a batch is handled: what the tables say, and what the batch itself has given out.

Two crises of one batch don't both go to somebody who had nothing in hand before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from backbone.log.tx import Tx
from services.assign import Load

from ..decisions.desk import Desk
from . import store


@dataclass(slots=True)
class Loads:
    """Asked once a batch, and only where somebody is to be assigned. `desks` are the batch's own."""

    tx: Tx
    desks: Mapping[str, Desk]
    _before: dict[str, tuple[int, datetime | None]] | None = None

    async def of(self, people: Sequence[str]) -> dict[str, Load]:
        """Person → load at this moment of the batch; the same people are meant at each call."""
        if self._before is None:
            self._before = await store.in_hand(self.tx, people, list(self.desks))
        counts = {person: self._before.get(person, (0, None)) for person in people}
        for desk in self.desks.values():
            if desk.crisis_manager in counts:
                count, last = counts[desk.crisis_manager]
                since = max((at for at in (last, desk.crisis_at) if at is not None), default=None)
                counts[desk.crisis_manager] = (count + (desk.state == "open"), since)
        return {person: Load(count, since) for person, (count, since) in counts.items()}
