"""Draws effort and visits from a contract's balances while a batch is handled (DSE, RSM-ADDON, ONSITE).

What a term leaves lapses with it (TERM): an order that is renewed under its number begins anew.

A balance never goes below zero, whoever draws at the same time: the contracts of a batch are locked together, in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from backbone.log.tx import Tx
from services.catalogue.work_order import WorkOrderTerms
from services.contract.balances import Drawn, balances, draw
from services.contract.model import Contract
from services.refused import Refused

from . import store
from .store import Term


class NotLocked(LookupError):
    """Nobody knows what is drawn of a contract that was not locked: a fault of ours, and never taken for nothing."""


@dataclass(slots=True)
class Drawing:
    """What is drawn of the `locked` contracts, those that a batch may draw from; written back once."""

    tx: Tx
    locked: frozenset[str]
    drawn: dict[Term, dict[str, int]] = field(default_factory=dict)
    changed: set[tuple[Term, str]] = field(default_factory=set)

    @classmethod
    async def open(cls, tx: Tx, contracts: Iterable[str]) -> Drawing:
        """Lock the contracts' balances until the commit; nothing where none is drawn from."""
        wanted = frozenset(contracts)
        return cls(tx, wanted, await store.lock(tx, sorted(wanted)) if wanted else {})

    def draw(
        self, contract: Contract, terms: WorkOrderTerms, balance: str, amount: int, at: datetime
    ) -> Drawn | Refused:
        """Draw whole parts of a balance, or be told by which rule not. Raises NotLocked."""
        term, before = self._drawn(contract)
        found = draw(contract, terms, before, balance, amount, at)
        if isinstance(found, Drawn):
            before[balance] = before.get(balance, 0) + found.amount
            self.changed.add((term, balance))
        return found

    def give_back(
        self, contract: Contract, terms: WorkOrderTerms, balance: str, amount: int, at: datetime
    ) -> int | None:
        """Whole parts that are left once `amount` stand there again; None where the term has none of them drawn. Raises
        NotLocked."""
        term, before = self._drawn(contract)
        if before.get(balance, 0) < amount:
            return None
        before[balance] -= amount
        self.changed.add((term, balance))
        return self.left(contract, terms, balance, at)

    def left(self, contract: Contract, terms: WorkOrderTerms, balance: str, at: datetime) -> int:
        """Whole parts that could still be drawn. Raises NotLocked."""
        found = balances(contract, terms, self._drawn(contract)[1], at)
        return next((round(one.left * terms.balances[balance].parts) for one in found if one.name == balance), 0)

    async def close(self) -> None:
        """Write down what was drawn."""
        if self.changed:
            rows = [(*term, name, self.drawn[term][name]) for term, name in sorted(self.changed)]
            await store.save(self.tx, rows)

    def _drawn(self, contract: Contract) -> tuple[Term, dict[str, int]]:
        if contract.number not in self.locked:
            raise NotLocked(contract.number)
        term = contract.number, contract.term.starts
        return term, self.drawn.setdefault(term, {})
