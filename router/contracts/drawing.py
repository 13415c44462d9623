"""Draws effort and visits from a contract's balances while a batch is handled (DSE, RSM-ADDON, ONSITE).

What a term leaves lapses with it (TERM): an order that is renewed under its number begins anew, and one whose first day
was only corrected has drawn what was drawn since that day.

A balance never goes below zero, whoever draws at the same time: the contracts of a batch are locked together, in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from backbone.log.tx import Tx
from services.catalogue.work_order import WorkOrderTerms
from services.contract.balances import Drawn, balances, draw
from services.contract.entitlement import host_date
from services.contract.model import Contract
from services.refused import Refused

from . import store
from .store import Draw


class NotLocked(LookupError):
    """Nobody knows what is drawn of a contract that was not locked: a fault of ours, and never taken for nothing."""


@dataclass(slots=True)
class Drawing:
    """What is drawn of the `locked` contracts, those that a batch may draw from, by day; what is new is written once."""

    tx: Tx
    locked: frozenset[str]
    drawn: dict[str, dict[date, dict[str, int]]] = field(default_factory=dict)
    draws: list[Draw] = field(default_factory=list)

    @classmethod
    async def open(cls, tx: Tx, contracts: Iterable[str]) -> Drawing:
        """Lock the contracts' balances until the commit; nothing where none is drawn from."""
        wanted = frozenset(contracts)
        return cls(tx, wanted, await store.lock(tx, sorted(wanted)) if wanted else {})

    def draw(
        self, contract: Contract, terms: WorkOrderTerms, balance: str, amount: int, at: datetime
    ) -> Drawn | Refused:
        """Draw whole parts of a balance, or be told by which rule not. Raises NotLocked."""
        found = draw(contract, terms, self._drawn(contract), balance, amount, at)
        if isinstance(found, Drawn):
            self._add(contract, balance, found.amount, at)
        return found

    def give_back(
        self, contract: Contract, terms: WorkOrderTerms, balance: str, amount: int, at: datetime
    ) -> int | None:
        """Whole parts that are left once `amount` stand there again; None where the term has none of them drawn. Raises
        NotLocked."""
        if self._drawn(contract).get(balance, 0) < amount:
            return None
        self._add(contract, balance, -amount, at)
        return self.left(contract, terms, balance, at)

    def left(self, contract: Contract, terms: WorkOrderTerms, balance: str, at: datetime) -> int:
        """Whole parts that could still be drawn. Raises NotLocked."""
        found = balances(contract, terms, self._drawn(contract), at)
        return next((round(one.left * terms.balances[balance].parts) for one in found if one.name == balance), 0)

    async def close(self) -> None:
        """Write down what was drawn."""
        if self.draws:
            await store.save(self.tx, self.draws)

    def _drawn(self, contract: Contract) -> dict[str, int]:
        """What was drawn of each balance since the term's first day."""
        if contract.number not in self.locked:
            raise NotLocked(contract.number)
        found: dict[str, int] = {}
        for day, amounts in self.drawn.get(contract.number, {}).items():
            if day >= contract.term.starts:
                for balance, amount in amounts.items():
                    found[balance] = found.get(balance, 0) + amount
        return found

    def _add(self, contract: Contract, balance: str, amount: int, at: datetime) -> None:
        day = host_date(contract, at)
        amounts = self.drawn.setdefault(contract.number, {}).setdefault(day, {})
        amounts[balance] = amounts.get(balance, 0) + amount
        self.draws.append(Draw(contract.number, balance, day, at, amount))
