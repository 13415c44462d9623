"""The first line of a page: number, severity, customer, title, what it is about, what is due when, how many minutes are
left.

Never longer than 140 characters; what has to give way is the title, then the customer's name, then what it is about.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from notifier.messages.facts import Due, PageFacts
from notifier.messages.local import local_time, minutes_left
from notifier.messages.plain import one_line, shortened

HEADLINE_LENGTH = 140

_NUMBER, _SEVERITY, _CLOCK, _MATTER = 20, 12, 30, 40
#: What is left for the customer and the title at least.
_NAMED = 24


def headline(facts: PageFacts, zone: ZoneInfo, now: datetime) -> str:
    """The line, at most HEADLINE_LENGTH characters."""
    number = shortened(one_line(facts.number), _NUMBER)
    severity = shortened(one_line(facts.severity or "?"), _SEVERITY)
    head = f"{number} sev {severity} "
    first = first_due(facts)
    tail = "" if first is None else f" - {due_words(first, zone, now)}"
    room = HEADLINE_LENGTH - len(head) - len(tail) - len(": ")
    matter = shortened(one_line(facts.matter or ""), max(0, min(_MATTER, room - _NAMED)))
    if matter:
        tail = f" - {matter}{tail}"
        room -= len(matter) + len(" - ")
    customer = one_line(facts.customer or "no contract")
    title = one_line(facts.title) or "no title"
    if len(customer) + len(title) > room:
        customer = shortened(customer, max(room - len(title), room * 2 // 5))
    return f"{head}{customer}: {shortened(title, room - len(customer))}{tail}"


def first_due(facts: PageFacts) -> Due | None:
    """What the page is about, else what is due first, overdue or not."""
    return next(iter(in_order(facts)), None)


def in_order(facts: PageFacts) -> list[Due]:
    """All that is due: first what the page is about, the earliest of it first, then the rest so."""
    return sorted({*facts.about, *facts.dues}, key=lambda due: (due not in facts.about, due.at, due.name))


def due_words(due: Due, zone: ZoneInfo, now: datetime) -> str:
    """`first response due 14:35, 12 min left`, or `first response was due 14:35, 7 min ago`."""
    left = minutes_left(due.at, now)
    when = local_time(due.at, zone, now)
    if left >= 0:
        return f"{clock_words(due.name)} due {when}, {left} min left"
    ago = minutes_left(now, due.at)
    return f"{clock_words(due.name)} was due {when}, {f'{ago} min ago' if ago else 'just now'}"


def clock_words(name: str) -> str:
    """A clock's name as it is said: `first_response` is `first response`."""
    return shortened(one_line(name.replace("_", " ")), _CLOCK)
