"""One batch in hand: its transaction, the incidents it is about, the decisions to keep, what is drawn, who has how much.

Loaded in one statement a table, written back in one: the number of statements does not grow with the batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from backbone.log.tx import Tx

from ..assignments.loads import Loads
from ..contracts.drawing import Drawing
from . import store
from .desk import Desk
from .store import Kept


@dataclass(slots=True)
class Round:
    """What a batch works on. `desks` are those of its subjects that are known, or become so."""

    tx: Tx
    desks: dict[str, Desk]
    drawing: Drawing
    loads: Loads
    kept: list[Kept] = field(default_factory=list)

    @classmethod
    async def open(cls, tx: Tx, subjects: Iterable[str], drawing: Iterable[str], named: Iterable[str]) -> Round:
        """Load the desks of `subjects`, and lock the balances of the contracts that `drawing` ones are under, or come
        under with this batch: those that are `named` in it."""
        wanted = sorted(set(subjects))
        desks = await store.load(tx, wanted) if wanted else {}
        contracts = {desk.contract for name in drawing if (desk := desks.get(name)) is not None}.union(named)
        # A visit that is not made is given back, whatever ends it; and drawn again where it is owed again.
        contracts |= {desk.visit.contract for desk in desks.values() if desk.visit is not None}
        contracts |= {desk.contract for desk in desks.values() if desk.consent is not None}
        drawn = await Drawing.open(tx, [number for number in contracts if number is not None])
        return cls(tx, desks, drawn, Loads(tx, desks))

    async def close(self) -> None:
        """Write everything back."""
        await store.keep(self.tx, self.kept)
        await store.save(self.tx, list(self.desks.values()))
        await self.drawing.close()
        await self.loads.close()
