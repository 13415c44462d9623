"""Which pages a fact asks for: whom, as what, and in which words. Pure.

Every fact that asks for somebody gets somebody: where nobody of the kind is there, the duty manager is told.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from events.assignments import MANAGEMENT, CrisisManagerAssigned, PeopleAssigned
from events.escalations import BY_CONTRACT, DowngradeProposed, EscalationRaised
from events.incidents import ExecutivesRequested, IncidentStuck
from notifier.executives.who import of_the_customer, of_the_provider
from notifier.messages import Reason
from notifier.pages.incident import Incident
from notifier.pages.ledger import Request
from notifier.pages.page import Page, Purpose, Side
from notifier.rules.wanted import ALL_AT_ONCE, in_place_of, while_they_lead
from notifier.rules.who import Found, Somebody, find
from services.contract.model import Contract
from services.roster import Roster

#: Pages that only inform: by the first channel, once, without an acknowledgement.
_INFORMING = frozenset({Purpose.DELIVERY_MANAGER, Purpose.ADMINISTRATOR})

_REASONS = {
    Purpose.CRISIS_MANAGER: Reason.CRISIS_MANAGER,
    Purpose.ENGINEER: Reason.ENGINEER,
    Purpose.DUTY_MANAGER: Reason.NOBODY_ON_CALL,
    Purpose.DELIVERY_MANAGER: Reason.DELIVERY_MANAGER,
    Purpose.ADMINISTRATOR: Reason.CONFIRM_CONTACT,
    Purpose.CLOUD_OPERATIONS: Reason.RAPID_ESCALATION,
    Purpose.PRODUCT_TEAM: Reason.RAPID_ESCALATION,
}


def crisis_manager(fact: CrisisManagerAssigned, cause: str) -> Request:
    """BASE-CM: assigned when the page is acknowledged."""
    return Request(
        purpose=Purpose.CRISIS_MANAGER,
        people=(Somebody(fact.person, fact.name),),
        cause=cause,
        reason=Reason.CRISIS_MANAGER,
        happened=fact.reason,
    )


def people(
    fact: PeopleAssigned, cause: str, roster: Roster, contract: Contract | None, incident: Incident, now: datetime
) -> Request:
    """Those whom the router names; where it names nobody, those on call for the role."""
    purpose, side = Purpose(fact.role), Side(fact.side)
    informs = fact.informs or purpose in _INFORMING
    happened, reason = fact.reason, Reason.DELIVERY_MANAGER if informs else _reason(purpose, side)
    if fact.about == MANAGEMENT:
        reason = Reason.MANAGEMENT
    if purpose is Purpose.ADMINISTRATOR:
        reason = Reason.CONFIRM_CONTACT
    named = tuple(Somebody(id_, _name(id_, side, roster, contract)) for id_ in fact.people)
    if purpose is Purpose.DUTY_MANAGER:
        named = named[:1]  # one after the other: the next one follows by themselves
    if not named:
        found = find(roster, purpose, now, incident.queue)
        named, side = found.people, Side.PROVIDER
        if found.purpose is not purpose:
            purpose, reason, informs = found.purpose, Reason.NOBODY_ON_CALL, False
        happened = f"{found.instead}: {happened}" if found.instead else happened
    return Request(
        purpose=purpose, people=named, cause=cause, reason=reason, happened=happened, side=side, wants_ack=not informs
    )


def escalation(
    fact: EscalationRaised, roster: Roster, contract: Contract | None, incident: Incident, now: datetime
) -> Request | None:
    """Those on call for the role that the policy's level names, while the promise is not kept; the delivery manager whom
    the contract names before those.

    A team that the contract calls in, and that the roster has no rotation for, is not ours to page: the record shows it.
    """
    purpose = Purpose(fact.role)
    if fact.policy == BY_CONTRACT and purpose in _TEAMS and all(one.role != fact.role for one in roster.rotations):
        return None
    found = _of_a_level(purpose, roster, contract, incident, now)
    happened = f"{found.instead}: {fact.reason}" if found.instead else fact.reason
    called_in = fact.policy == BY_CONTRACT and found.purpose in _TEAMS
    reason = Reason.RAPID_ESCALATION if called_in else Reason.ESCALATION
    # A clock that we never heard of keeps nothing wanted; the watch for a route does, until there is one.
    unmet = incident.unmet_ids
    known = next((id_ for id_ in (fact.clock_id, fact.clock) if id_ in unmet), None)
    is_worse = fact.clock_id is None and purpose is _LEADS
    return Request(
        purpose=found.purpose, people=found.people, cause=fact.id, reason=reason, happened=happened,
        clocks=(known,) if known else (), grounds=while_they_lead(incident) if is_worse else (),
    )  # fmt: skip


def proposal(fact: DowngradeProposed, cause: str, roster: Roster, now: datetime) -> Request | None:
    """SEV-DOWNGRADE: a person of the provider decides, and nobody does who was not told; a reply ends it."""
    if fact.automatic:
        return None
    found = find(roster, Purpose.DUTY_MANAGER, now)
    return Request(
        purpose=found.purpose, people=found.people, cause=cause, reason=Reason.PROPOSAL, clocks=(fact.clock_id,),
        happened=f"proposed: {fact.about} {fact.to}. {fact.reason}",
    )  # fmt: skip


def executives(
    fact: ExecutivesRequested, cause: str, roster: Roster, contract: Contract | None, now: datetime
) -> Request:
    """BASE-EXEC-PROVIDER, BASE-EXEC-CUSTOMER: every executive of the side; where it names none, the duty manager."""
    side = Side(fact.side)
    named = of_the_provider(roster, now) if side is Side.PROVIDER else of_the_customer(contract)
    asked = f"{fact.by} asks for notice to the {side.value}'s executives: {fact.reason}"
    if named:
        reason = Reason.EXECUTIVE_PROVIDER if side is Side.PROVIDER else Reason.EXECUTIVE_CUSTOMER
        return Request(
            purpose=Purpose.EXECUTIVE, people=named, cause=cause, reason=reason, happened=asked, side=side
        )  # fmt: skip
    found = find(roster, Purpose.DUTY_MANAGER, now)
    return Request(
        purpose=found.purpose, people=found.people, cause=cause, reason=Reason.NOBODY_ON_CALL,
        happened=f"the {side.value} has named no executives: {asked}",
    )  # fmt: skip


def stuck(fact: IncidentStuck, cause: str, roster: Roster, now: datetime) -> Request:
    """A stage could not go on with it: a human is needed."""
    found = find(roster, Purpose.DUTY_MANAGER, now)
    return Request(
        purpose=found.purpose, people=found.people, cause=cause, reason=Reason.NEEDS_A_HUMAN,
        happened=f"{fact.stage} could not handle {fact.event}, and set it aside",
    )  # fmt: skip


def the_next(
    over: Page, why: str, asked: Collection[str], roster: Roster, incident: Incident, now: datetime
) -> Request:
    """Who is asked after a page that is `over` without a yes, as `why` tells: of engineers and teams who is on call and not
    among the `asked`, else the duty manager, until one of them has it after all."""
    happened = f"{why}: {over.happened}"[:1_000]
    if over.purpose in ALL_AT_ONCE:
        found = find(roster, over.purpose, now, incident.queue)
        left = tuple(somebody for somebody in found.people if somebody.id not in asked)
        if found.purpose is over.purpose and left:
            return Request(
                purpose=over.purpose, people=left, cause=over.cause, reason=over.reason, happened=happened,
                clocks=over.clocks, grounds=over.grounds,
            )  # fmt: skip
        happened = f"nobody else is on call as {over.purpose.role}: {happened}"
    found = find(roster, Purpose.DUTY_MANAGER, now)
    escalated = over.reason is Reason.ESCALATION
    return Request(
        purpose=found.purpose, people=found.people, cause=f"{over.purpose.value}:{over.id}",
        reason=Reason.ESCALATION if escalated else Reason.NOBODY_ON_CALL, happened=happened, clocks=over.clocks,
        grounds=in_place_of(over, incident),
    )  # fmt: skip


_LEADS = Purpose.CRISIS_MANAGER
_TEAMS = frozenset({Purpose.CLOUD_OPERATIONS, Purpose.PRODUCT_TEAM})


def _of_a_level(
    purpose: Purpose, roster: Roster, contract: Contract | None, incident: Incident, now: datetime
) -> Found:
    """Whom a level names. A crisis manager is whoever has this crisis, by a page that does not hand it on."""
    found = find(roster, purpose, now, incident.queue)
    if purpose is Purpose.EXECUTIVE and (named := of_the_provider(roster, now)):
        return Found(purpose, named)
    if purpose is Purpose.DELIVERY_MANAGER and contract is not None:
        theirs = roster.person(contract.delivery_manager or "")
        return Found(purpose, (Somebody(theirs.id, theirs.name),)) if theirs is not None else found
    if purpose is Purpose.CRISIS_MANAGER:
        has_it = roster.person(incident.crisis_manager_id or "") if incident.led is not False else None
        if has_it is not None:
            return Found(Purpose.ESCALATION, (Somebody(has_it.id, has_it.name),))
        return replace(found, purpose=Purpose.ESCALATION) if found.purpose is purpose else found
    return found


def _reason(purpose: Purpose, side: Side) -> Reason:
    if purpose is Purpose.EXECUTIVE:
        return Reason.EXECUTIVE_PROVIDER if side is Side.PROVIDER else Reason.EXECUTIVE_CUSTOMER
    return _REASONS[purpose]


def _name(id_: str, side: Side, roster: Roster, contract: Contract | None) -> str:
    if side is Side.CUSTOMER:
        contacts = contract.contacts if contract is not None else ()
        return next((contact.name for contact in contacts if contact.id == id_), id_)
    found = roster.person(id_)
    return found.name if found is not None else id_
