"""Why a decision is as it is: its inputs, its rules, its arithmetic, in words that a customer reads.

Derived from the decision when somebody asks, never kept: nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.calendar import ALWAYS, Calendar, calendar_of, days, open_between
from services.catalogue.conditions import Bought, EventUnderWay
from services.catalogue.model import Catalogue
from services.clocks import Running
from services.contract.model import Contract
from services.decision import ClockTerms, Decision, PassedOver
from services.durations import parse_duration, write_duration
from services.explain_effort import effort_in_words
from services.explain_flags import flags_in_words
from services.explain_words import arithmetic, listed, local, spoken, zone_name
from services.hearings import delivery_manager_from, hearings
from services.instants import write_instant
from services.report import Report


def explain_decision(
    decision: Decision,
    report: Report,
    contract: Contract | None,
    catalogue: Catalogue,
    *,
    at: datetime,
    cause: str | None = None,
    clocks_from: datetime | None = None,
    reopened_at: datetime | None = None,
    instead: Mapping[str, Running | None] | None = None,
) -> dict[str, Any]:
    """One item of `decisions` in an incident's explanation. `at`: when it was decided; `cause`: the type of the fact
    that led to it; `clocks_from`: where its clocks count from, if not from the submission; `reopened_at`: when it had last
    been opened again, before which none counts; `instead`: by name the clock that really ran under a later decision, None
    where it had been met and is not owed again."""
    again = decided_again(cause, catalogue)
    zone = calendar_of(contract, decision.terms.location, catalogue.business_hours).zone
    if reopened_at is not None and (clocks_from is None or clocks_from < reopened_at):
        again.append(
            f"It had been opened again, so that what was not done before counts from then, {local(reopened_at, zone)}"
            f" ({zone_name(zone)})."
        )
    elif clocks_from is not None:
        again.append(
            f"The severity was raised, so that what is newly owed counts from then, {local(clocks_from, zone)}"
            f" ({zone_name(zone)}; {catalogue.later.change_rule})."
        )
    return {
        "at": write_instant(at),
        "text": " ".join([*again, *sentences(decision, report, contract, catalogue, instead)]),
        "inputs": inputs(decision, report, contract, catalogue),
        "rules": [dict(catalogue.cite(rule)) for rule in decision.because],
        "passed_over": [{"service": p.service, "rule": p.rule, "why": p.why} for p in decision.passed_over],
    }


def explain_clock(
    clock: ClockTerms | Running,
    contract: Contract | None,
    catalogue: Catalogue,
    *,
    location: str | None = None,
    until: datetime | None = None,
    gone: tuple[datetime, str] | None = None,
) -> dict[str, Any]:
    """One item of `clocks` in an incident's explanation. `location`: the decision's, in whose time zone it is told;
    `until`: when it stopped, where it did; `gone`: when it was superseded, and why."""
    calendar, zone = _calendars(clock, contract, catalogue, location)
    text = _sentence(clock, contract, catalogue, location)
    if isinstance(clock, Running) and clock.state == "breached":
        text += " It was not done by then."
    if until is not None:
        counted = open_between(calendar, clock.started_at, until)
        after = f"after {spoken(counted)}" if counted.total_seconds() >= 1 else "before any of it had run"
        text += f" It stopped on {_since(until, clock, zone)}, {after}."
    elif gone is not None:
        text += f" It counts no longer since {_since(gone[0], clock, zone)}: {gone[1]}."
    return {
        "name": clock.name,
        "side": clock.side,
        "rule": clock.rule,
        "section": catalogue.cite(clock.rule)["section"],
        "started_at": write_instant(clock.started_at),
        "due_at": write_instant(clock.due_at),
        "target": clock.target,
        "text": text,
        "days": [
            {
                "date": day.date.isoformat(),
                "open": [list(window) for window in day.open],
                "counted": write_duration(day.counted),
                "note": day.note,
            }
            for day in days(calendar, clock.started_at, clock.due_at)
        ],
    }


def decided_again(cause: str | None, catalogue: Catalogue) -> list[str]:
    """Why an incident was decided anew; nothing for its first decision."""
    change, assign = catalogue.later.change_rule, catalogue.flags.severity_differs.rule
    words = {
        "impact.changed": f"The customer stated another impact, so that everything is decided anew ({change}).",
        "severity.assessed": f"A person of the provider assessed the severity anew ({assign}).",
        "downgrade.decided": f"What was proposed was accepted ({catalogue.later.downgrade.rule}).",
        "incident.corrected": "What had been reported was corrected, so that everything is decided anew.",
    }
    return [words[cause]] if cause in words else []


def _since(at: datetime, clock: ClockTerms | Running, zone: ZoneInfo) -> str:
    return local(at, zone, year=at.astimezone(zone).year != clock.started_at.astimezone(zone).year)


def sentences(
    decision: Decision,
    report: Report,
    contract: Contract | None,
    catalogue: Catalogue,
    instead: Mapping[str, Running | None] | None = None,
) -> list[str]:
    """The decision in sentences: severity, service and those passed over, hours, clocks, calls, what is told."""
    found = [_severity(decision, report, catalogue), _service(decision, contract, catalogue)]
    found += _about(decision, contract, catalogue)
    found += effort_in_words(decision, report, contract, catalogue)
    found += [
        f"{catalogue.service(passed.service).title} does not take it: {passed.why} ({passed.rule})."
        for passed in decision.passed_over
        if _worth_telling(passed, decision, contract, catalogue)
    ]
    found.append(_hours(decision, contract, catalogue))
    ran = instead or {}
    for clock in decision.clocks:
        told = ran.get(clock.name, clock)
        if told is None:
            found.append(f"{_title(clock.name)}: done already, and not owed again ({catalogue.later.change_rule}).")
        else:
            words = _sentence(told, contract, catalogue, decision.terms.location)
            found.append(f"{_title(clock.name)}: {words} ({told.rule})")
    if decision.escalates_to:
        found.append(f"It is escalated rapidly to {listed(decision.escalates_to)}.")
    if decision.executives:
        found.append(
            f"Executives of {listed([f'the {side}' for side in decision.executives])} are notified on request."
        )
    if decision.flags:
        found.append(f"To be looked at: {', '.join(decision.flags)}.")
    found += flags_in_words(decision, report, contract, catalogue)
    found += _heard(decision, contract, catalogue)
    found += list(decision.notes)
    return found + [
        f"{owed.tell} ({owed.rule})" for owed in catalogue.obligations if decision.severity in owed.severities
    ]


def inputs(decision: Decision, report: Report, contract: Contract | None, catalogue: Catalogue) -> dict[str, Any]:
    """What the decision was made from, as far as the customer has said it or its work order does."""
    location = contract.location(decision.terms.location) if contract is not None else None
    return {
        "impact": report.impact,
        "requested_severity": report.requested_severity,
        "kind": report.kind,
        "product": report.product,
        "solution": report.solution,
        "channel": report.channel,
        "portal": report.portal,
        "form": report.form.id if report.form is not None else None,
        "language": report.language,
        "prerelease": report.prerelease,
        "vendor": report.vendor.name if report.vendor is not None else None,
        "contract": contract.number if contract is not None else None,
        "term": {"from": contract.term.starts.isoformat(), "to": contract.term.ends.isoformat()} if contract else None,
        "location": decision.terms.location,
        "country": location.country if location is not None else None,
        "time_zone": location.time_zone if location is not None else "UTC",
        "catalogue": catalogue.version,
    }


def _heard(decision: Decision, contract: Contract | None, catalogue: Catalogue) -> list[str]:
    """Who is told of a flag; of the delivery manager, from when it is there."""
    found = []
    for hearing in hearings(decision, contract, catalogue):
        if hearing.side == "customer":
            asked = (
                "Your administrator is asked to"
                if hearing.people
                else "Your work order names no administrator who could"
            )
            found.append(f"{asked} confirm that the reporter may report ({hearing.rule}).")
        elif contract is not None and catalogue.people is not None:
            calendar = calendar_of(contract, contract.host.id, catalogue.business_hours)
            at = max(clock.started_at for clock in decision.clocks)
            there = local(delivery_manager_from(contract, catalogue, at), calendar.zone)
            found.append(
                f"The delivery manager looks after {hearing.flag} ({hearing.rule}), and is there from {there}"
                f" ({zone_name(calendar.zone)}; {catalogue.people.delivery_manager})."
            )
    return found


def _severity(decision: Decision, report: Report, catalogue: Catalogue) -> str:
    stated, level = catalogue.by_impact.get(report.impact), catalogue.severity(decision.severity)
    said = f"the customer states {report.impact!r}" + (f", {stated.meaning}" if stated is not None else "")
    if stated is None or stated.id == level.id:
        return f"Severity {level.id}: {said}; it needs attention {level.attention}."
    outside = [
        condition.outside_rule
        for service in catalogue.services
        for condition in service.conditions
        if isinstance(condition, EventUnderWay) and condition.outside_rule in decision.because
    ]
    downgrade = catalogue.later.downgrade.rule
    # The effort is as the severity has it: then it is the severity that was lowered, as it was proposed.
    lowered = downgrade in decision.because and decision.coverage == level.coverage
    why = f"it was lowered as proposed ({downgrade})" if lowered else "a person of the provider assessed it"
    if outside:
        why = f"the event's window sets it ({outside[0]})"
    return f"Severity {level.id}: {said}, which is severity {stated.id}; {why}. It needs attention {level.attention}."


def _service(decision: Decision, contract: Contract | None, catalogue: Catalogue) -> str:
    service, review = catalogue.service(decision.service), catalogue.review
    if decision.queue == review.queue:
        term = f" ({contract.term.starts} to {contract.term.ends})" if contract is not None else ""
        doubts = {
            review.no_contract.flag: "no work order is named that is known here",
            review.out_of_term.flag: f"it lies outside the work order's term{term}",
            review.prerelease.flag: "it is about a pre-release product",
        }
        why = listed([words for flag, words in doubts.items() if flag in decision.flags] or ["somebody has to look"])
        return (
            f"The entitlement is in doubt, since {why}: it waits in the queue {decision.queue}, and is worked on"
            f" meanwhile by the terms of {service.title} ({service.section})."
        )
    return f"{service.title} ({service.section}) takes it, in the queue {decision.queue}, language {decision.language}."


def _about(decision: Decision, contract: Contract | None, catalogue: Catalogue) -> list[str]:
    """The solution and the event that are meant, by their names; an event with its own span."""
    terms, found = decision.terms, []
    solution = next((s for s in contract.solutions if s.id == terms.solution), None) if contract is not None else None
    if solution is not None:
        stated = any(decision.severity in targets for targets in solution.exhibit.values())
        times = "times of its own" if stated else f"no times of its own at severity {decision.severity}"
        found.append(f"It is about the solution {solution.id}, for which the work order states {times}.")
    event = next((e for e in contract.events if e.id == terms.event), None) if contract is not None else None
    if contract is not None and event is not None:
        zone = calendar_of(contract, terms.location, catalogue.business_hours).zone
        span = f"{local(event.starts_at, zone, year=True)} to {local(event.ends_at, zone, year=True)}"
        state = "which is under way" if terms.in_event else "which is not under way then"
        found.append(f"It is about the event {event.name}, {span} ({zone_name(zone)}), {state}.")
    return found


def _hours(decision: Decision, contract: Contract | None, catalogue: Catalogue) -> str:
    rule = catalogue.coverage_rules[decision.coverage]
    if decision.coverage == ALWAYS.name:
        return f"It is worked on around the clock ({rule})."
    calendar = calendar_of(contract, decision.terms.location, catalogue.business_hours)
    return f"It is worked on in the business hours of {decision.terms.location or zone_name(calendar.zone)} ({rule})."


def _worth_telling(passed: PassedOver, decision: Decision, contract: Contract | None, catalogue: Catalogue) -> bool:
    """Whether a customer would ask why not: it has bought the service, or somebody was flagged for it."""
    if passed.rule in decision.because and passed.service != decision.service:
        return True
    bought = [c.service for c in catalogue.service(passed.service).conditions if isinstance(c, Bought)]
    return contract is not None and bool(bought) and all(contract.bought(service) for service in bought)


def _sentence(clock: ClockTerms | Running, contract: Contract | None, catalogue: Catalogue, where: str | None) -> str:
    calendar, zone = _calendars(clock, contract, catalogue, where)
    return arithmetic(parse_duration(clock.target), clock.started_at, clock.due_at, calendar, zone)


def _calendars(
    clock: ClockTerms | Running, contract: Contract | None, catalogue: Catalogue, location: str | None
) -> tuple[Calendar, ZoneInfo]:
    """What the clock counts by, and the time zone in which it is told."""
    if clock.calendar == ALWAYS.name:
        return ALWAYS, calendar_of(contract, location, catalogue.business_hours).zone
    calendar = calendar_of(contract, clock.calendar, catalogue.business_hours)
    return calendar, calendar.zone


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
