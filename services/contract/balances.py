"""What is left of the balances that a work order bought, and drawing from them (DSE, RSM-ADDON, ONSITE).

A balance never goes below zero, and what the term leaves unused lapses with its last day (TERM, FLEX-LAPSE).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from services.catalogue.work_order import WorkOrderTerms
from services.refused import Refused

from .entitlement import host_date, in_term
from .exact import exact, plain
from .model import Contract


@dataclass(frozen=True, slots=True)
class Balance:
    """One balance in its units (hours, visits, money); `left` is nothing once it has lapsed."""

    name: str
    bought: float
    drawn: float
    left: float
    lapses_on: date
    rule: str

    def to_json(self) -> dict[str, Any]:
        """As `GET /v1/contracts/{number}/balances` gives it: what is drawn to the hundredth, and the rest of it left."""
        drawn = round(exact(self.drawn), 2)
        return {
            "name": self.name,
            "bought": self.bought,
            "drawn": plain(drawn),
            "left": plain(max(Fraction(0), exact(self.bought) - drawn)) if self.left else 0,
            "lapses_on": self.lapses_on.isoformat(),
            "rule": self.rule,
        }


@dataclass(frozen=True, slots=True)
class Drawn:
    """It was drawn: `amount` and what is `left`, in whole parts; `announce` as a threshold is reached by this draw."""

    balance: str
    amount: int
    left: int
    rule: str
    announce: bool


def balances(contract: Contract, terms: WorkOrderTerms, drawn: Mapping[str, int], at: datetime) -> tuple[Balance, ...]:
    """What is left at `at`. `drawn` is by name in whole parts (minutes of hours); what it does not name is not drawn.

    The flex allowance's purposes stand among them as `flex/…`, in money.
    """
    lapsed = host_date(contract, at) > contract.term.ends
    return tuple(
        Balance(
            name=name,
            bought=plain(bought),
            drawn=plain(used),
            left=0 if lapsed else plain(max(Fraction(0), bought - used)),
            lapses_on=contract.term.ends,
            rule=rule,
        )
        for name, bought, used, rule in _bought(contract, terms, drawn)
    )


def draw(
    contract: Contract, terms: WorkOrderTerms, drawn: Mapping[str, int], name: str, amount: int, at: datetime
) -> Drawn | Refused:
    """Draws `amount` whole parts (minutes of hours, visits) of a balance on what `drawn` says is drawn already.

    All or nothing: what is not covered is refused by the balance's rule, outside the term by TERM. Raises KeyError
    where the catalogue has no such balance, ValueError where `amount` is not above zero.
    """
    if amount <= 0:
        raise ValueError(f"{amount} is nothing that could be drawn")
    balance = terms.balances[name]
    if not in_term(contract, at):
        return Refused(
            terms.term.rule,
            f"{name} can be drawn from {contract.term.starts} to {contract.term.ends}, while the work order runs",
        )
    bought = int(exact(contract.balances.get(name, 0)) * balance.parts)
    before = drawn.get(name, 0)
    left = bought - before - amount
    if left < 0:
        rest, wanted = (f"{round(plain(Fraction(n, balance.parts)), 2):g}" for n in (max(0, bought - before), amount))
        return Refused(balance.rule, f"{rest} of the {balance.unit} bought are left: {wanted} can't be drawn from them")
    announced = bought * balance.announce_percent
    return Drawn(name, amount, left, balance.rule, announce=before * 100 < announced <= (before + amount) * 100)


def _bought(
    contract: Contract, terms: WorkOrderTerms, drawn: Mapping[str, int]
) -> Iterator[tuple[str, Fraction, Fraction, str]]:
    for name, balance in terms.balances.items():
        if name in contract.balances:
            yield name, exact(contract.balances[name]), Fraction(drawn.get(name, 0), balance.parts), balance.rule
    purposes: dict[str, Fraction] = {}
    for allocation in contract.flex.allocations if contract.flex is not None else ():
        purposes[allocation.to] = purposes.get(allocation.to, Fraction(0)) + exact(allocation.amount)
    for purpose, amount in purposes.items():
        name = f"flex/{purpose}"
        yield name, amount, Fraction(drawn.get(name, 0)), terms.flex.lapse.rule
