"""What an incident draws from the contract's balances: effort (DSE, RSM-ADDON) and on-site visits (ONSITE).

What is not covered is refused by its rule and drawn by nobody; what runs out is announced before it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backbone.log.event import Event
from backbone.log.tx import Tx
from events.assignments import BalanceDrawn, EffortRefused
from services.calendar import calendar_of, is_open, management_calendar
from services.catalogue.model import BoughtHours, Catalogue
from services.catalogue.products import matches
from services.contract.balances import Drawn
from services.contract.model import Contract

from ..assignments.calls import Calls
from ..decisions.desk import Desk
from .drawing import Drawing

#: Event types that may draw: their contracts' balances are locked before the batch is handled.
DRAWING = frozenset({"effort.recorded", "onsite.consented"})


@dataclass(frozen=True, slots=True)
class Spending:
    """Draws for one event. `contract` is the one in force now: what was bought meanwhile counts."""

    tx: Tx
    drawing: Drawing
    catalogue: Catalogue
    calls: Calls

    def effort(self, desk: Desk, contract: Contract, by: str, minutes: int, event: Event) -> None:
        """Minutes of designated engineering, or of bought management attention; other effort draws from nothing."""
        hours = self._hours(desk, contract)
        if hours is None:
            return
        terms = self.catalogue.work_order
        found = self.drawing.draw(contract, terms, hours.balance, minutes, event.occurred_at)
        parts = terms.balances[hours.balance].parts
        if isinstance(found, Drawn):
            self._drawn(desk, contract, found, minutes / parts, found.left / parts, event)
        else:
            left = self.drawing.left(contract, terms, hours.balance, event.occurred_at) / parts
            refused = EffortRefused(by, minutes, left, found.rule or hours.rule, found.reason)
            self.tx.say(refused, desk.subject, cause=event)

    def visit(self, desk: Desk, contract: Contract, event: Event) -> None:
        """A visit that was bought in advance; where none was, BASE-ONSITE's own promise draws from nothing."""
        onsite = self.catalogue.later.onsite
        if onsite is None:
            return
        found = self.drawing.draw(contract, self.catalogue.work_order, onsite.visits, 1, event.occurred_at)
        if isinstance(found, Drawn):
            self._drawn(desk, contract, found, 1, found.left, event)

    def management(self, desk: Desk, contract: Contract, at: datetime) -> None:
        """Management attention that is asked for outside the customer's business hours comes from bought hours."""
        decision, bought = desk.decision, self.catalogue.management.bought
        if decision is None or not contract.bought(bought.service):
            return
        windows = self.catalogue.business_hours
        customers = calendar_of(contract, decision.terms.location, windows)
        desk.management_bought = not is_open(customers, at) and is_open(management_calendar(contract, windows), at)

    def _drawn(self, desk: Desk, contract: Contract, drawn: Drawn, amount: float, left: float, event: Event) -> None:
        self.tx.say(
            BalanceDrawn(drawn.balance, amount, left, drawn.rule, drawn.announce), desk.subject, cause=event
        )  # fmt: skip
        if drawn.announce:
            bought, unit = contract.balances[drawn.balance], self.catalogue.work_order.balances[drawn.balance].unit
            reason = f"{drawn.balance} of {contract.number}: {round(left, 2):g} of {bought:g} {unit} are left"
            self.calls.runs_out(self.tx, desk, contract, reason, drawn.rule, event)

    def _hours(self, desk: Desk, contract: Contract) -> BoughtHours | None:
        """Which bought hours the effort is of."""
        if desk.management_bought:
            return self.catalogue.management.bought
        designated = contract.designated
        if designated is None or not matches(designated.products, desk.report.product):
            return None
        place = desk.decision.terms.location if desk.decision is not None else None
        if place is not None and place != designated.location:
            return None
        return next((hours for hours in self.catalogue.effort.balances if contract.bought(hours.service)), None)
