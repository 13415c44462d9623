"""Puts a page into words: first what a lock screen must show, then whom to call and where to click, then the rest.

The same facts, reader and instant always give the same words.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from notifier.messages.facts import PageFacts
from notifier.messages.headline import clock_words, due_words, first_due, headline, in_order
from notifier.messages.local import local_time, minutes_left
from notifier.messages.message import Message
from notifier.messages.plain import one_line, shortened
from notifier.messages.reasons import Words, reads_for_the_customer, words
from services.calendar.local_time import zone as zone_of


def compose(facts: PageFacts, time_zone: str, now: datetime) -> Message:
    """The message for a reader who lives in `time_zone` (IANA), as of `now` (aware)."""
    zone = zone_of(time_zone)
    first = headline(facts, zone, now)
    asked = words(facts)
    urgent = [first, *_reach(facts, asked)]
    return Message(
        subject=first,
        text="\n".join([*urgent, "", *_rest(facts, asked, zone, now)]) + "\n",
        short="\n".join(urgent),
        spoken=_spoken(facts, zone, now),
    )


def _reach(facts: PageFacts, asked: Words) -> Iterator[str]:
    caller = shortened(one_line(facts.caller or ""), 80)
    phone = one_line(facts.caller_phone or "")
    if caller or phone:
        yield "Called: " + ", ".join(part for part in (caller, phone or "no phone given") if part)
    if facts.link:
        yield f"{asked.ask}: {one_line(facts.link)}"


def _rest(facts: PageFacts, asked: Words, zone: ZoneInfo, now: datetime) -> Iterator[str]:
    ours = not reads_for_the_customer(facts.reason)
    yield f"Why you: {asked.why}"
    if facts.happened:
        yield f"What happened: {one_line(facts.happened)}"
    if dues := in_order(facts):
        yield f"Promised (times in {zone.key}):"
        for due in dues:
            rule = f" [{one_line(due.rule)}]" if due.rule else ""
            yield f"- {clock_words(due.name)}: {local_time(due.at, zone, now)}{rule}"
    if facts.because:
        yield f"Decided by: {one_line(', '.join(facts.because))}"
    if ours and facts.flags:
        yield f"Flags: {one_line(', '.join(facts.flags))}"
    for label, value in (
        ("Product", facts.product),
        ("Queue", facts.queue if ours else None),
        ("Language", facts.language),
        ("Crisis manager", facts.crisis_manager),
        ("In full", facts.title),
        ("Described", shortened(facts.description or "", 2_000)),
    ):
        if value:
            yield f"{label}: {one_line(value)}"
    yield f"If you cannot take it: {asked.otherwise}"


def _spoken(facts: PageFacts, zone: ZoneInfo, now: datetime) -> str:
    parts = [
        f"Incident {one_line(facts.number)}",
        f"severity {one_line(facts.severity or 'not known yet')}",
        f"customer {shortened(one_line(facts.customer or 'without a contract'), 80)}",
        shortened(one_line(facts.title), 160),
    ]
    if facts.matter:
        parts.append(shortened(one_line(facts.matter), 160))
    first = first_due(facts)
    if first is not None and minutes_left(first.at, now) >= 0:
        parts.append(due_words(first, zone, now).replace(" min left", " minutes left"))
    elif first is not None:
        parts.append(due_words(first, zone, now).replace(" min ago", " minutes ago"))
    if facts.caller:
        parts.append(f"called by {shortened(one_line(facts.caller), 80)}")
    return ". ".join(part.rstrip(".") for part in parts) + "."
