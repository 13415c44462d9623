"""What an incident draws from the contract's balances: effort (DSE, RSM-ADDON) and on-site visits (ONSITE).

What is not covered is refused by its rule and drawn by nobody; what runs out is announced before it does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from backbone.log.event import Event
from backbone.log.tx import Tx
from events.assignments import BalanceDrawn, BalanceReturned, EffortRefused
from events.incidents import ManagementRequested, OnsiteConsented, RequestRefused
from services.acts import Act, Allowed, AskManagement, ConsentToOnsite, Standing, State
from services.calendar import calendar_of
from services.catalogue.model import BoughtHours, Catalogue
from services.clocks import onsite
from services.contract.balances import Drawn
from services.contract.model import Contract
from services.effort import hours_of
from services.permit import permit
from services.refused import Refused

from ..assignments.calls import Calls
from ..decisions.desk import Desk, Visit
from .drawing import Drawing

#: Event types that may draw: their contracts' balances are locked before the batch is handled. A visit that was agreed to
#: may be drawn again, under the contract that a correction names.
DRAWING = frozenset({"effort.recorded", "onsite.consented", "management.requested", "incident.corrected"})


@dataclass(frozen=True, slots=True)
class Spending:
    """Draws for one event. `contract` is the one in force now: what was bought meanwhile counts."""

    tx: Tx
    drawing: Drawing
    catalogue: Catalogue
    calls: Calls

    def effort(self, desk: Desk, contract: Contract | None, by: str, minutes: int, event: Event) -> None:
        """Minutes of designated engineering, or of bought management attention; other effort draws from nothing."""
        hours = self._hours(desk, contract, by) if contract is not None else None
        if contract is None or hours is None:
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

    def visit(self, desk: Desk, contract: Contract | None, fact: OnsiteConsented, event: Event) -> None:
        """On-site resources: a visit that was bought is drawn, once; BASE-ONSITE's own promise draws from nothing."""
        if contract is None or desk.visit is not None:
            return
        act = ConsentToOnsite(desk.report.location)
        again, at = desk.consent is not None, fact.asked_at or event.occurred_at
        desk.consent = None
        found = self._judge(act, "onsite-consents", desk, contract, fact.by, event.occurred_at, event)
        if found is None:
            return
        drawn = None
        if found.draws is not None:
            drawn = self.drawing.draw(contract, self.catalogue.work_order, found.draws, 1, event.occurred_at)
        if isinstance(drawn, Drawn):
            self._drawn(desk, contract, drawn, 1, drawn.left, event)
        balance = drawn.balance if isinstance(drawn, Drawn) else None
        if again and self._sent_for(desk, contract, at) < event.occurred_at:
            at = event.occurred_at  # they would have come meanwhile: it counts as agreed to now
        desk.visit = Visit(contract.number, balance, self._sent_for(desk, contract, at))
        desk.consent = OnsiteConsented(fact.by, at)

    def agreed(self, desk: Desk, contract: Contract | None, consent: OnsiteConsented, event: Event) -> None:
        """What was agreed to is owed under another decision: drawn again where it was given back, called for when that says
        so where nobody was yet."""
        if desk.visit is None:
            self.visit(desk, contract, consent, event)
        elif contract is not None and event.occurred_at < desk.visit.due_at:
            due_at = self._sent_for(desk, contract, consent.asked_at or event.occurred_at)
            desk.visit = replace(desk.visit, due_at=due_at)

    def not_visited(self, desk: Desk, contract: Contract | None, event: Event) -> None:
        """Before anybody was called for, it was over: the visit that was bought is there again."""
        visit = desk.visit
        if visit is None or event.occurred_at >= visit.due_at:
            return
        desk.visit = None
        if visit.balance is None or contract is None:
            return
        terms = self.catalogue.work_order
        left = self.drawing.give_back(contract, terms, visit.balance, 1, event.occurred_at)
        if left is not None:
            rule = terms.balances[visit.balance].rule
            self.tx.say(BalanceReturned(visit.balance, 1, left, rule), desk.subject, cause=event)

    def management(self, desk: Desk, contract: Contract | None, fact: ManagementRequested, event: Event) -> None:
        """The duty manager has it; what is asked for outside the customer's business hours comes from bought hours."""
        at = fact.asked_at or event.occurred_at
        found = self._judge(AskManagement(), "management-requests", desk, contract, fact.by, at, event)
        desk.management_bought = found is not None and found.draws is not None
        if found is not None:
            self.calls.management(self.tx, desk, fact.by, fact.reason, found.rule, event)

    def _sent_for(self, desk: Desk, contract: Contract, consented_at: datetime) -> datetime:
        """When on-site resources are called for (BASE-ONSITE)."""
        assert desk.decision is not None
        hours = calendar_of(contract, desk.decision.terms.location, self.catalogue.business_hours)
        clock = onsite(desk.decision, hours, desk.submitted_at, consented_at)
        return clock.due_at if clock is not None else consented_at

    def _drawn(self, desk: Desk, contract: Contract, drawn: Drawn, amount: float, left: float, event: Event) -> None:
        self.tx.say(
            BalanceDrawn(drawn.balance, amount, left, drawn.rule, drawn.announce), desk.subject, cause=event
        )  # fmt: skip
        if drawn.announce:
            bought, unit = contract.balances[drawn.balance], self.catalogue.work_order.balances[drawn.balance].unit
            reason = f"{drawn.balance} of {contract.number}: {round(left, 2):g} of {bought:g} {unit} are left"
            self.calls.runs_out(self.tx, desk, contract, reason, drawn.rule, event)

    def _judge(
        self, act: Act, request: str, desk: Desk, contract: Contract | None, by: str, at: datetime, event: Event
    ) -> Allowed | None:
        """What intake let through, looked at once more with what is left by now; None where it is refused after all."""
        terms = self.catalogue.work_order
        left = {
            name: self.drawing.left(contract, terms, name, at) / balance.parts
            for name, balance in terms.balances.items()
            if contract is not None
        }
        standing = Standing(state=cast(State, desk.state), now=at, decision=desk.decision, contract=contract, left=left)
        found = permit(act, standing, self.catalogue)
        if isinstance(found, Refused):
            self.tx.say(RequestRefused(by, request, found.rule, found.reason), desk.subject, cause=event)
            return None
        return found

    def _hours(self, desk: Desk, contract: Contract, by: str) -> BoughtHours | None:
        """Which bought hours the effort is of: management attention is given by anybody but the engineers."""
        known = self.calls.roster.person(by)
        manages = desk.management_bought and (known is None or set(known.roles) != {"engineer"})
        return hours_of(contract, desk.decision, desk.report.product, self.catalogue, manages=manages)
