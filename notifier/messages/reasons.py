"""Why this reader is paged, what is asked of them, and what happens if they cannot.

Each reason has words of its own; a new reason without any does not pass the type checker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from notifier.messages.facts import PageFacts, Reason
from notifier.messages.plain import one_line

_NEXT = "Decline at the link, or press 2 on a call: the next one on call is paged at once."
_NEXT_OF_ALL = (
    "Decline at the link, or press 2 on a call. All who are on call were paged: where nobody else is still asked, the next "
    "one on call is paged at once, else the duty manager. Without an answer the same happens when your channels are used up."
)
_NEXT_DUTY_MANAGER = (
    "Decline at the link: the next duty manager on call is paged at once, and then again every 5 minutes."
)
_DUTY_MANAGER = "Decline at the link: the duty manager is told instead."
_NOBODY = "Decline at the link. Nobody is asked in your place: please pass it on to whoever stands in for you."
#: By role; of the others all who are on call were paged.
_IF_ESCALATED = {
    "duty manager": _NEXT_DUTY_MANAGER,
    "delivery manager": _DUTY_MANAGER,
    "crisis manager": _DUTY_MANAGER,
    "executive": _NOBODY,
}
_BROKEN = "a promise to this customer is broken."


@dataclass(frozen=True, slots=True)
class Words:
    """`ask` stands before the link, `why` says why you, `otherwise` what to do if you cannot take it."""

    ask: str
    why: str
    otherwise: str


def words(facts: PageFacts) -> Words:
    """The words for the facts' reason."""
    severity = one_line(facts.severity or "") or "not known yet"
    match facts.reason:
        case Reason.CRISIS_MANAGER:
            return Words(
                "Take it",
                f"you are on call as crisis manager and were assigned to this incident of severity {severity}: engage, "
                "escalate, resource, coordinate. It counts as assigned when you acknowledge.",
                f"{_NEXT} Without an answer the same happens when your channels are used up.",
            )
        case Reason.ENGINEER:
            return Words(
                "Take it",
                f"you are on call as engineer for the queue {one_line(facts.queue or 'of this incident')}. The "
                "customer is waiting for the first response: acknowledge, then answer the customer.",
                _NEXT_OF_ALL,
            )
        case Reason.ESCALATION:
            return Words(
                "Confirm that you know" if facts.role == "executive" else "Take it over",
                f"you are paged as {facts.role}: {_BROKEN if facts.about else 'what happened is yours to see to.'}",
                _IF_ESCALATED.get(facts.role, _NEXT_OF_ALL),
            )
        case Reason.RAPID_ESCALATION:
            return Words(
                "Take it over",
                f"you are on call for the teams to which severity {severity} escalates at once.",
                _NEXT_OF_ALL,
            )
        case Reason.NOBODY_ON_CALL:
            return Words(
                "Find somebody",
                "you are the duty manager on call, and nobody is left on call who could take this incident.",
                _NEXT_DUTY_MANAGER,
            )
        case Reason.NEEDS_A_HUMAN:
            return Words(
                "Look into it",
                "you are the duty manager on call, and the system could not go on with this incident by itself.",
                _NEXT_DUTY_MANAGER,
            )
        case Reason.EXECUTIVE_PROVIDER:
            return Words(
                "Confirm that you know",
                f"you are an executive of the provider, and notice was asked for at severity {severity}.",
                _NOBODY,
            )
        case Reason.EXECUTIVE_CUSTOMER:
            return Words(
                "Confirm that you know",
                "you are named as an executive in your work order, and the provider asks for your attention at "
                f"severity {severity}.",
                "Please pass this on to whoever stands in for you.",
            )
        case Reason.DELIVERY_MANAGER if facts.role == "duty manager":
            return Words(
                "Confirm that you know",
                "you are the duty manager on call, and told in place of this customer's delivery manager: something needs "
                "to be put in order; the incident itself goes on.",
                "Please pass it on to whoever can.",
            )
        case Reason.DELIVERY_MANAGER:
            return Words(
                "Confirm that you know",
                "you are the service delivery manager of this customer, and something needs to be put in order; the "
                "incident itself goes on.",
                _DUTY_MANAGER,
            )
        case Reason.CONFIRM_CONTACT:
            return Words(
                "Confirm or refuse",
                "you are the support administrator of your organisation, and the one who reported this is not among "
                "the contacts that your work order names. The incident is being worked on meanwhile.",
                "Please pass this on to another support administrator.",
            )
        case Reason.MANAGEMENT:
            return Words(
                "Call the customer back",
                "you are the duty manager on call, and the customer asks for management attention: look how far the "
                "work is, and give it that.",
                _NEXT_DUTY_MANAGER,
            )
        case Reason.PROPOSAL:
            return Words(
                "Decide",
                "you are the duty manager on call: a lower severity or effort is proposed for this incident, and only a "
                "person of the provider decides it, with downgrade-decisions.",
                "Decline at the link: the next duty manager on call is asked. Nothing changes until somebody decides.",
            )
    assert_never(facts.reason)


def reads_for_the_customer(reason: Reason) -> bool:
    """Whether the reader is the customer's, so that our own working notes are left out."""
    return reason in (Reason.EXECUTIVE_CUSTOMER, Reason.CONFIRM_CONTACT)
