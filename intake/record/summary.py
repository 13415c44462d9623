"""A fact in a sentence, for the timeline and the stream; and for whom it is meant.

The sentence is made when it is read: what is kept is the fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from events import assignments, escalations, incidents, notifications  # noqa: F401 (their facts register themselves)
from events.codec import fact_type

from ..actions.table import BY_PATH

_SENTENCES = {
    "incident.reported": "Reported: {report[title]} ({report[impact]}).",
    "incident.routed": "Decided: severity {decision[severity]}, {decision[service]}, queue {decision[queue]}.",
    "crisis_manager.assigned": "Crisis manager: {name} is called.",
    "crisis_manager.refused": "The crisis was not handed over to {person}: {reason}",
    "crisis_manager.released": "{name} no longer has the crisis: {reason}",
    "people.assigned": "Called ({role}): {reason}.",
    "owner.requested": "{by} asks for another owner.",
    "owner.changed": "Owner: {name}.",
    "owner.changed to nobody": "Nobody owns it: it is in its queue.",
    "owner.refused": "Another owner was refused: {reason}",
    "clock.started": "{clock[name]} runs: due {clock[due_at]} ({clock[rule]}).",
    "clock.kept": "{clock[name]} goes on: due {clock[due_at]} ({clock[rule]}).",
    "clock.met": "{clock[name]} was met.",
    "clock.met late": "{clock[name]} was done after it was due: {clock[due_at]}.",
    "clock.warned": "{clock[name]} is due soon: {clock[due_at]}.",
    "clock.breached": "{clock[name]} was breached: due {clock[due_at]} ({clock[rule]}).",
    "clock.superseded": "{clock[name]} no longer counts: {reason}",
    "escalation.raised": "Escalated to {role}: {reason}",
    "downgrade.proposed": "Proposed: {about} to {to}. {reason}",
    "downgrade.decided": "{by}: {decision} the proposal ({about} to {to}). {reason}",
    "page.requested": "{page[name]} is to be paged ({page[purpose]}).",
    "page.sent": "{page[name]} was paged by {channel}.",
    "page.delivered": "The page reached {page[name]} by {channel}.",
    "page.failed": "A page to {page[name]} by {channel} failed: {reason}",
    "page.acknowledged": "{by} has it.",
    "page.declined": "{by} can't take it: {reason}",
    "page.exhausted": "{page[name]} did not answer.",
    "page.cancelled": "The page to {page[name]} is no longer wanted: {reason}",
    "incident.responded": "{by} responded: {message}",
    "incident.updated": "{by}: {status}",
    "question.asked": "{by} asks ({to}): {text}",
    "customer.replied": "{by} replied: {text}",
    "impact.changed": "{by} states another impact: {impact}. {reason}",
    "severity.assessed": "{by} sets severity {severity}. {reason}",
    "incident.corrected": "{by} corrected what was reported. {reason}",
    "crisis_manager.requested": "{by} hands the crisis over to {person}.",
    "executives.requested": "{by} notifies the {side}'s executives. {reason}",
    "onsite.consented": "{by} agrees to on-site resources.",
    "management.requested": "{by} asks for management attention. {reason}",
    "request.taken": "{by} asks for what the route decides on ({request}): it is settled with it.",
    "request.refused": "{by} asked for what is not provided for ({request}): {reason}",
    "rca.requested": "{by} asks for a root cause analysis. {reason}",
    "effort.recorded": "{by} recorded {minutes} minutes; {total} in all.",
    "effort.announced": "{total} of at most {limit} minutes are used ({rule}).",
    "effort.refused": "{minutes} minutes were refused: {reason}",
    "balance.returned": "{balance}: {amount:g} given back, {left:g} left.",
    "balance.drawn": "{balance}: {amount:g} drawn, {left:g} left.",
    "incident.resolved": "{by} resolved it. {note}",
    "incident.closed": "{by} closed it. {note}",
    "incident.reopened": "{by} reopened it. {note}",
    "incident.stuck": "A human is needed: {stage} could not handle {event}.",
    "incident.mended": "Nothing of it waits for a human at {stage} any more.",
    "event.discarded": "{by} had {stage} pass over {event} for good. {reason}",
}


def summary(type_: str, data: dict[str, Any]) -> str:
    """The fact in one sentence; its name where there is none for it."""
    sentence = _SENTENCES.get(_kind(type_, data))
    if sentence is None:
        return type_
    try:
        told = {name: round(value, 2) if isinstance(value, float) else value for name, value in data.items()}
        return sentence.format(**{"note": "", "reason": "", **told}).strip()
    except (KeyError, IndexError, TypeError, ValueError):
        return type_


def _kind(type_: str, data: dict[str, Any]) -> str:
    if type_ == "clock.met" and data.get("late"):
        return "clock.met late"
    if type_ == "owner.changed" and data.get("name") is None:
        return "owner.changed to nobody"
    return type_


def by_whom(stage: str, data: dict[str, Any]) -> str:
    """Who did it: a person or key, else the stage."""
    by = data.get("by")
    return by if isinstance(by, str) and by else stage


#: What of a fact that the customer reads is still the provider's own affair: the colleagues who were looked at, and who of
#: them declined or did not answer.
_INTERNAL = {"crisis_manager.assigned": frozenset({"considered", "reason", "attempt"})}


def for_customer(type_: str, data: dict[str, Any]) -> dict[str, Any]:
    """The fact's data as the customer sees them."""
    hidden = _INTERNAL.get(type_, frozenset())
    if type_ == "executives.requested" and data.get("side") == "provider":
        hidden = frozenset({"reason"})
    return {name: value for name, value in data.items() if name not in hidden}


def is_for_customer(type_: str, data: Mapping[str, Any] | None = None) -> bool:
    """Whether the customer may read it; without its data, whether any of that type.

    Of what was refused only what customers may ask for: what the provider's own people asked for is their affair.
    """
    known = fact_type(type_)
    if known is None or not known.FOR_CUSTOMER:
        return False
    if data is None or known is not incidents.RequestRefused:
        return True
    asked = BY_PATH.get(data.get("request", ""))
    return asked is not None and asked.for_customers
