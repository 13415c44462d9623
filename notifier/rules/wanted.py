"""Whether a page is still wanted: asked before every attempt.

What is over is not paged about; what was promised and is not kept yet is, and so is all that is in doubt.
"""

from __future__ import annotations

from typing import Protocol

from events.assignments import PeopleAssigned
from notifier.messages import Reason
from notifier.pages.incident import Incident, lacks_a_crisis_manager
from notifier.pages.page import Page, Purpose

#: A ground keeps a page wanted while all of its words hold; a page has one for each thing that it is about. One that is
#: none of these words is a promise's id, and holds while that is not kept.
OPEN, CRISIS, LED, UNTAKEN, UNANSWERED = "open", "crisis", "led", "untaken", "unanswered"
#: Between a ground's words and the queue that they hold in, before the side whose executives are told, before those of
#: whom nobody has it yet, and before who has the crisis.
_IN, _EXECUTIVES, _WITHOUT, _LED_BY = " in ", "executives:", "without:", "led-by:"

#: Whom only a crisis calls (BASE-ESCALATE), whom the promise of a crisis manager does (BASE-CM), and who is told in
#: their place: of either.
_BY_REASON = {
    Reason.ENGINEER: (CRISIS,),
    Reason.RAPID_ESCALATION: (CRISIS,),
    Reason.CRISIS_MANAGER: (LED,),
    Reason.NOBODY_ON_CALL: (CRISIS, LED),
}
_NO_CRISIS = "it is no crisis any more"
#: Of whom everybody on call is paged at once.
ALL_AT_ONCE = frozenset({Purpose.CLOUD_OPERATIONS, Purpose.PRODUCT_TEAM, Purpose.ENGINEER})


class Matter(Protocol):
    """What somebody is told of, or is to be."""

    @property
    def reason(self) -> Reason: ...
    @property
    def clocks(self) -> tuple[str, ...]: ...
    @property
    def grounds(self) -> tuple[str, ...]: ...


def grounds_of(matter: Matter) -> tuple[str, ...]:
    """What keeps it wanted, at least one: as it was noted, else by its promises, else by its reason."""
    return matter.grounds or matter.clocks or _BY_REASON.get(matter.reason, (OPEN,))


def called_for(fact: PeopleAssigned, reason: Reason, incident: Incident) -> tuple[str, ...]:
    """What the router calls people for. For the queue's engineers, or where there are none: until the customer has the
    first response, where that is lacking; where there is no crisis manager: until somebody is."""
    if reason is Reason.NOBODY_ON_CALL and lacks_a_crisis_manager(fact):
        return (f"{LED} {UNTAKEN}",)
    if reason not in (Reason.ENGINEER, Reason.NOBODY_ON_CALL):
        return ()
    words = CRISIS if incident.answered is not None else f"{CRISIS} {UNANSWERED}"
    return (f"{words}{_IN}{incident.queue}",) if incident.queue else (words,)


def in_place_of(page: Page, incident: Incident) -> tuple[str, ...]:
    """What keeps a page wanted that goes to somebody else since nobody took this one: what keeps this one, until somebody
    whom it was for has it after all."""
    grounds = grounds_of(page)
    if page.purpose not in ALL_AT_ONCE or page.purpose in (incident.taken or ()):
        return grounds
    parts = (ground.partition(_IN) for ground in grounds)
    return tuple(f"{words} {_WITHOUT}{page.purpose.value}{inside}{queue}" for words, inside, queue in parts)


def for_executives(incident: Incident, side: str) -> tuple[str, ...]:
    """Executives of a side are told at the severity as it is; where we know of none that provides for it, by the word of
    who asked."""
    return (_EXECUTIVES + side,) if side in (incident.executives or ()) else ()


def while_they_lead(incident: Incident) -> tuple[str, ...]:
    """What keeps wanted what whoever has the crisis is told of it: that they have it."""
    return (f"{LED} {_LED_BY}{incident.crisis_manager_id}",) if incident.crisis_manager_id else (LED,)


def is_of_another_queue(page: Page, incident: Incident) -> bool:
    """Whether a page is for engineers of a queue that the incident is not in any more."""
    return page.purpose is Purpose.ENGINEER and any(_has_left(ground, incident) for ground in page.grounds)


def of_its_queue(page: Page, incident: Incident) -> tuple[str, ...]:
    """The page's grounds for the queue that the incident is in now."""
    moved = (g.partition(_IN)[0] + _IN + str(incident.queue) if _has_left(g, incident) else g for g in page.grounds)
    return tuple(dict.fromkeys(moved))


def unwanted(page: Page, incident: Incident) -> str | None:
    """Why nobody needs to hear of it any more; None while somebody does."""
    if page.reason is Reason.NEEDS_A_HUMAN:
        # Whatever its state: what was set aside may be that it is open again.
        return "nothing of it is set aside any more" if incident.set_aside == () else None
    if incident.state != "open":
        return f"the incident is {incident.state}"
    if page.under is not None and page.under != incident.contract:
        return "the incident is under another contract"
    if page.reason is Reason.PROPOSAL and incident.proposed is None:
        return "what was proposed is decided, or has lost its ground"
    ended = [_ended(ground, page, incident) for ground in grounds_of(page)]
    return None if None in ended else ended[-1]


def _queue(ground: str) -> str:
    return ground.partition(_IN)[2]


def _has_left(ground: str, incident: Incident) -> bool:
    return incident.queue is not None and _queue(ground) not in ("", incident.queue)


def _ended(ground: str, page: Page, incident: Incident) -> str | None:
    """Why a ground holds no longer; None while it does. What has not been heard of keeps it."""
    if _has_left(ground, incident):
        return f"the incident is in the queue {incident.queue} by now"
    ended = (_word_ended(word, page, incident) for word in ground.partition(_IN)[0].split(" "))
    return next((why for why in ended if why is not None), None)


def _word_ended(word: str, page: Page, incident: Incident) -> str | None:
    if word == OPEN:
        return None
    if word == CRISIS:
        return _NO_CRISIS if incident.urgent is False else None
    if word == LED:
        return _NO_CRISIS if incident.led is False else None
    if word == UNTAKEN:
        return "a crisis manager has it" if Purpose.CRISIS_MANAGER in (incident.taken or ()) else None
    if word == UNANSWERED:
        # One from before they were called is not what they are called for: it had only not been heard of.
        given = incident.answered is not None and incident.answered >= page.created_at
        return "the first response is given" if given else None
    if word.startswith(_WITHOUT):
        return "somebody has it" if word.removeprefix(_WITHOUT) in (incident.taken or ()) else None
    if word.startswith(_LED_BY):
        theirs = incident.crisis_manager_id == word.removeprefix(_LED_BY)
        return None if theirs else f"{incident.crisis_manager or 'nobody'} has the crisis by now"
    if word.startswith(_EXECUTIVES):
        side = word.removeprefix(_EXECUTIVES)
        provided = incident.executives is None or side in incident.executives
        return None if provided else f"notice to the {side}'s executives is no longer provided for"
    return None if word in incident.unmet_ids else "the promise that it was about is kept, or holds no longer"
