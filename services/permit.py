"""May this happen to the incident now, or which rule refuses, and what could be done instead.

A refusal names its rule; where no rule of the contract speaks, it is the incident's state that does not allow it.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from services.acts import (
    Act,
    Allowed,
    AskManagement,
    AskRootCause,
    ChangeSeverity,
    Close,
    ConsentToOnsite,
    DecideDowngrade,
    HandOverCrisis,
    NotifyExecutives,
    RecordEffort,
    Reopen,
    Standing,
    Work,
)
from services.calendar import Calendar, NeverOpen, calendar_of, is_open, management_calendar, next_open
from services.catalogue.later import REOPENED_WITHIN, Onsite
from services.catalogue.model import Catalogue
from services.catalogue.work_order import ExcludedCountries
from services.contract.entitlement import in_term
from services.contract.model import Contract
from services.decision import Decision
from services.refused import Refused


def permit(act: Act, standing: Standing, catalogue: Catalogue) -> Allowed | Refused:
    """Judges one act. Pure: the same standing always gives the same answer."""
    match act:
        case Work():
            return _in_hand(standing, act.what, None, after_resolution=act.after_resolution) or Allowed()
        case ChangeSeverity():
            rule = catalogue.later.change_rule
            return _in_hand(standing, "change its severity", rule) or Allowed(rule)
        case HandOverCrisis():
            return _hand_over_crisis(standing, catalogue)
        case NotifyExecutives(side):
            return _executives(side, standing, catalogue)
        case ConsentToOnsite(location):
            return _onsite(location, standing, catalogue)
        case AskManagement():
            return _management(standing, catalogue)
        case DecideDowngrade():
            rule = catalogue.later.downgrade.rule
            if not standing.proposal_open:
                return Refused(
                    rule, "There is no open proposal: a person of the provider can assess the severity instead."
                )
            return _in_hand(standing, "decide on its severity", rule) or Allowed(rule)
        case AskRootCause():
            return _root_cause(standing, catalogue)
        case RecordEffort(minutes):
            return _effort(minutes, standing, catalogue)
        case Close():
            return Refused(None, "It is closed already.") if standing.state == "closed" else Allowed()
        case Reopen():
            return _reopen(standing, catalogue)
        case _:
            assert_never(act)


def _in_hand(standing: Standing, what: str, rule: str | None, *, after_resolution: bool = False) -> Refused | None:
    if standing.state == "open" or (standing.state == "resolved" and after_resolution):
        return None
    return Refused(rule, f"The incident is {standing.state}: reopen it first, to {what}.")


def _hand_over_crisis(standing: Standing, catalogue: Catalogue) -> Allowed | Refused:
    entries = catalogue.services[-1].crisis_manager
    rule = entries[0].rule if entries else None
    refused = _in_hand(standing, "hand the crisis over", rule)
    if refused is not None:
        return refused
    if standing.decision is None:
        return Allowed(rule, pending=True)
    promised = next((clock for clock in standing.decision.clocks if clock.name == "crisis_manager"), None)
    if promised is None:
        severity = standing.decision.severity
        return Refused(rule, f"Severity {severity} has no crisis manager: hand over the owner instead.")
    return Allowed(promised.rule)


def _executives(side: str, standing: Standing, catalogue: Catalogue) -> Allowed | Refused:
    rule = catalogue.executive_rules[side]
    refused = _in_hand(standing, "notify executives", rule)
    if refused is not None:
        return refused
    if standing.decision is None:
        return Allowed(rule, pending=True)
    decision = standing.decision
    if side in decision.executives:
        return Allowed(rule)
    instead = (
        " or ask for management attention" if decision.severity in catalogue.management.on_request.severities else ""
    )
    return Refused(
        rule,
        f"At severity {decision.severity} of {catalogue.service(decision.service).title} the {side}'s executives are"
        f" not notified: change the severity where the business impact has grown{instead}.",
    )


def _onsite(location: str | None, standing: Standing, catalogue: Catalogue) -> Allowed | Refused:
    """BASE-ONSITE promises it; a multi-country order at its listed places, and elsewhere for a visit that was bought.

    A visit that was bought is drawn; where none was, the promise draws from nothing.
    """
    terms = catalogue.later.onsite
    refused = _in_hand(standing, "agree to on-site resources", terms.rule if terms is not None else None)
    if refused is not None:
        return refused
    if standing.decision is None and terms is not None:
        return Allowed(terms.rule, pending=True)
    decision, contract = standing.decision, standing.contract
    if terms is None or decision is None or decision.terms.onsite is None:
        severity = f" at severity {decision.severity}" if decision is not None else ""
        return Refused(
            terms.rule if terms is not None else None,
            f"On-site resources are not provided for{severity}: change the severity where the business impact has"
            " grown, or book a visit.",
        )
    if contract is None:
        return Allowed(terms.rule)
    own = contract.location(decision.terms.location) or contract.host
    place = contract.location(location) if location is not None else own
    if place is None:
        return _unlisted(location, standing, decision, contract, terms)
    if _is_excluded(place.country, contract, catalogue.work_order.excluded_countries):
        return Refused(
            terms.place_rule,
            f"On-site support under this work order does not go to {place.country}, which has a work order of its own:"
            " ask under that one, or go on remotely.",
        )
    return Allowed(terms.rule, draws=_visit(standing, terms))


def _unlisted(
    location: str | None, standing: Standing, decision: Decision, contract: Contract, terms: Onsite
) -> Allowed | Refused:
    """MULTI-ONSITE: at a place that a multi-country order does not list, only for what was bought in advance."""
    bought = terms.many_places is not None and contract.bought(terms.many_places)
    if not bought and len({listed.country for listed in contract.locations}) < 2:
        return Allowed(terms.rule, draws=_visit(standing, terms))
    if decision.severity not in terms.unlisted_severities:
        return Refused(terms.place_rule, f"On-site support goes to listed locations, and {location!r} is none of them.")
    if _visit(standing, terms) is None:
        return Refused(
            terms.place_rule,
            f"{location!r} is not a location of this work order, and no visit that was bought in advance is left to go"
            f" there: buy one ({terms.purchase_rule}), name a listed location, or go on remotely.",
        )
    return Allowed(terms.place_rule, draws=terms.visits)


def _visit(standing: Standing, terms: Onsite) -> str | None:
    return terms.visits if standing.left.get(terms.visits, 0) >= 1 else None


def _is_excluded(country: str, contract: Contract, excluded: ExcludedCountries) -> bool:
    """Whether the country needs a work order of its own, and this one is another country's as well (MULTI-BILLING)."""
    return country in excluded.codes and any(location.country != country for location in contract.locations)


def _management(standing: Standing, catalogue: Catalogue) -> Allowed | Refused:
    by_itself, on_request = catalogue.management.runs_by_itself, catalogue.management.on_request
    refused = _in_hand(standing, "ask for management attention", on_request.rule)
    if refused is not None:
        return refused
    decision, contract, bought = standing.decision, standing.contract, catalogue.management.bought
    if decision is None:
        return Allowed(on_request.rule, pending=True)
    if decision.severity in by_itself.severities:
        return Refused(
            by_itself.rule,
            f"At severity {decision.severity} the escalation runs by itself, with status updates and an action plan:"
            " nothing has to be asked for.",
        )
    customers = calendar_of(contract, decision.terms.location, catalogue.business_hours)
    if is_open(customers, standing.now):
        return Allowed(on_request.rule)
    open_to_them = [customers]
    rule = on_request.rule
    if contract is not None and contract.bought(bought.service):
        rule = bought.rule
        if standing.left.get(bought.balance, 0) > 0 and in_term(contract, standing.now):
            agreed = management_calendar(contract, catalogue.business_hours)
            if is_open(agreed, standing.now):
                return Allowed(bought.rule, draws=bought.balance)
            open_to_them.append(agreed)
    opens = _soonest(open_to_them, standing.now)
    when = f", next from {opens:%Y-%m-%dT%H:%M:%SZ}" if opens is not None else ""
    hours = "the customer's business hours" + (" and the bought ones" if len(open_to_them) > 1 else "")
    return Refused(rule, f"Management attention is there in {hours}{when}.", opens)


def _soonest(calendars: list[Calendar], at: datetime) -> datetime | None:
    found = []
    for calendar in calendars:
        try:
            found.append(next_open(calendar, at))
        except NeverOpen:
            continue  # it never opens again: the other may
    return min(found, default=None)


def _root_cause(standing: Standing, catalogue: Catalogue) -> Allowed | Refused:
    rules, decision = catalogue.root_cause, standing.decision
    if decision is not None and not decision.terms.root_cause:
        return Refused(
            rules.rule,
            "The technology of this product offers no root cause analysis: ask for what was done to mend it instead.",
        )
    if decision is None and rules.products is not None:
        return Allowed(rules.rule, pending=True)
    if standing.state != "closed":
        return Allowed(rules.rule)
    if decision is None and standing.contract is not None and standing.contract.events:
        return Allowed(rules.after_closing, pending=True)
    if decision is not None and (decision.terms.root_cause_after_closing or standing.of_an_event):
        return Allowed(rules.after_closing)
    return Refused(
        rules.rule,
        "A root cause analysis is asked for before the incident is closed: reopen it where the trouble is back, and ask"
        " then.",
    )


def _effort(minutes: int, standing: Standing, catalogue: Catalogue) -> Allowed | Refused:
    refused = _over_for_good(standing, catalogue)
    if refused is not None:
        return refused
    limit = standing.decision.terms.advisory_limit if standing.decision is not None else None
    if standing.decision is None or limit is None:
        return Allowed(pending=standing.decision is None)
    rule, total = standing.decision.terms.advisory_rule, standing.effort + minutes
    if total > limit:
        rest = max(0, limit - standing.effort)
        return Refused(
            rule,
            f"{total} minutes would be more than the {limit} that are covered, of which {rest} are left."
            " What goes beyond them is booked as a service of its own.",
        )
    was_near = is_near(limit, standing.effort, catalogue)
    return Allowed(rule, announce=is_near(limit, total, catalogue) and not was_near)


def is_near(limit: int, effort: int, catalogue: Catalogue) -> bool:
    """Whether so much of the limit is spent that it is announced (ADV). Minutes."""
    return effort * 100 >= limit * catalogue.effort.announce_percent


def _reopen(standing: Standing, catalogue: Catalogue) -> Allowed | Refused:
    if standing.state == "open":
        return Refused(None, "It is open already.")
    return _over_for_good(standing, catalogue) or Allowed()


def _over_for_good(standing: Standing, catalogue: Catalogue) -> Refused | None:
    """What was closed long ago is over for good: the stages need not know it any more."""
    within = min(catalogue.later.reopen_within, REOPENED_WITHIN)
    if standing.closed_at is None or standing.now - standing.closed_at <= within:
        return None
    return Refused(
        None, f"It was closed more than {within.days} days ago: report a new incident, and name this one in it."
    )
