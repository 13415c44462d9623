"""What a service that fits owes at a severity: its clocks, who is called, and the terms of what comes later.

A narrower service's word supersedes; where it is silent, what lies below it speaks, and last the base package.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from services.calendar import ALWAYS, Calendar, deadline
from services.catalogue.model import Catalogue
from services.catalogue.service import Service, Severity, Target
from services.choose import Fit, Notes
from services.contract.model import Location
from services.decision import ClockTerms, LaterClock, Terms
from services.durations import write_duration
from services.report import Report


def _target(
    fit: Fit, kind: str, report: Report, catalogue: Catalogue, level: Severity
) -> tuple[timedelta | None, Target | None, str] | None:
    """(target, entry, rule) of a clock: the exhibit's word, else the service's, else what speaks below, else base."""
    if fit.solution is not None and (exhibited := fit.solution.exhibit.get(kind, {}).get(level.id)) is not None:
        return exhibited, None, fit.service.rule
    for service in fit.speaking(catalogue):
        for entry in getattr(service, kind, ()):
            if level.id in entry.severities and (
                entry.products is None or catalogue.groups.has(entry.products, report.product)
            ):
                return entry.target, entry, entry.rule
    return None


def first_clocks(
    fit: Fit,
    report: Report,
    catalogue: Catalogue,
    level: Severity,
    calendar: Calendar,
    effort: Calendar,
    start: datetime,
    notes: Notes,
) -> tuple[ClockTerms, ...]:
    """The provider's clocks that start with the decision; `effort` is the calendar of the continuing work."""
    found: dict[str, ClockTerms] = {}
    for name in ("first_response", "crisis_manager", "status_update"):
        answer = _target(fit, name, report, catalogue, level)
        if answer is None:
            continue
        target, entry, rule = answer
        if target is None and entry is not None and entry.with_ is not None:
            other = found[entry.with_]
            found[name] = ClockTerms(
                name=name, side="provider", started_at=start, warn_at=other.warn_at, due_at=other.due_at,
                target=other.target, calendar=other.calendar, rule=rule,
            )  # fmt: skip
        elif target is not None:
            found[name] = timed(
                name, "provider", start, target, effort if name == "status_update" else calendar, rule,
                catalogue.later.warn_percent, repeats=name == "status_update",
            )  # fmt: skip
        if name in found:
            notes.rule(rule)
    return tuple(found.values())


def timed(
    name: str,
    side: str,
    start: datetime,
    target: timedelta,
    calendar: Calendar,
    rule: str,
    warn_percent: int,
    *,
    repeats: bool = False,
) -> ClockTerms:
    """A clock from its start: due at the earliest instant at which the target is counted, warned before that."""
    return ClockTerms(
        name=name, side=side, started_at=start, warn_at=deadline(calendar, start, target * warn_percent / 100),
        due_at=deadline(calendar, start, target), target=write_duration(target), calendar=calendar.name, rule=rule,
        repeats=repeats,
    )  # fmt: skip


def escalates_to(fit: Fit, catalogue: Catalogue, level: Severity, notes: Notes) -> tuple[str, ...]:
    """Who is called rapidly: by the service, by who speaks below it, and by the base package."""
    found: list[str] = []
    for service in fit.speaking(catalogue):
        for call in service.escalates_to:
            if level.id in call.severities:
                notes.rule(call.rule)
                found += [who for who in call.to if who not in found]
    return tuple(found)


def executives(fit: Fit, catalogue: Catalogue, level: Severity, notes: Notes) -> tuple[str, ...]:
    """Which sides' executives may be notified on request."""
    found: list[str] = []
    for service in fit.speaking(catalogue):
        for call in service.executives:
            if level.id in call.severities and (new := [side for side in call.sides if side not in found]):
                notes.rule(call.rule)
                found += new
    return tuple(found)


def later_terms(
    fit: Fit,
    catalogue: Catalogue,
    level: Severity,
    calendar: Calendar,
    location: Location | None,
    clocks: tuple[ClockTerms, ...],
    product: str | None,
) -> Terms:
    """What later steps need to know: the clocks on the way, limits, what a downgrade would be about."""
    later = catalogue.later
    exhibit = fit.solution.exhibit if fit.solution is not None else {}

    # A reduced effort is answered in its own hours; on-site resources come by the wall clock, whatever the coverage.
    reduced = level.coverage == ALWAYS.name and calendar is not ALWAYS
    hours_of = {"wall": calendar if reduced else ALWAYS, "severity": calendar}

    def later_clock(name: str, target: timedelta, hours: Calendar, rule: str, side: str, **more: object) -> LaterClock:
        exhibited = exhibit.get(name, {}).get(level.id)
        return LaterClock(
            name=name, side=side, target=write_duration(exhibited or target), calendar=hours.name,
            rule=fit.service.rule if exhibited else rule,
            **more,  # type: ignore[arg-type]
        )  # fmt: skip

    # An exhibit may promise on-site resources at a severity at which the catalogue does not.
    exhibited = later.onsite is not None and level.id in exhibit.get(later.onsite.clock, {})
    onsite = later.onsite if later.onsite and (exhibited or level.id in later.onsite.severities) else None
    update = next((clock for clock in clocks if clock.repeats), None)
    limit = fit.service.effort_limit
    speaking = [part.service for part in (fit, fit.under) if part is not None]
    return Terms(
        questions=tuple(
            later_clock(q.clock, q.target, hours_of[q.time], q.rule, "customer", to=q.to, proposes=q.proposes)
            for q in later.questions
            if level.id in q.severities
        ),
        onsite=None if onsite is None else later_clock(onsite.clock, onsite.target, ALWAYS, onsite.rule, "provider"),
        onsite_after_consent=write_duration(onsite.after_consent) if onsite else None,
        status_update=None
        if update is None
        else LaterClock(
            name=update.name, side=update.side, target=update.target, calendar=update.calendar, rule=update.rule
        ),
        advisory_limit=int(limit.target.total_seconds() // 60) if limit else None,
        advisory_rule=limit.rule if limit else None,
        root_cause=catalogue.root_cause.offered(product, catalogue.groups),
        root_cause_after_closing=fit.in_event and any(level.id in s.root_cause_after_closing for s in speaking),
        downgrade_about="coverage" if any(s.reduces == "coverage" for s in speaking) else "severity",
        downgrade_to=_reduced_to(speaking, later.downgrade.to.get(level.id), catalogue, level),
        downgrade_rule=later.downgrade.rule,
        downgrade_automatic=later.downgrade.automatic,
        event=next((p.event.id for p in (fit, fit.under) if p is not None and p.event is not None), None),
        in_event=fit.in_event,
        solution=fit.solution.id if fit.solution is not None else None,
        location=location.id if location is not None else None,
        warn_percent=later.warn_percent,
    )


def _reduced_to(services: list[Service], lower: str | None, catalogue: Catalogue, level: Severity) -> str | None:
    """What a downgrade proposes: the next severity, or, where the effort is what is reduced, the lower coverage."""
    if lower is None or not any(service.reduces == "coverage" for service in services):
        return lower
    return next((s.coverage for s in catalogue.severities if s.coverage != level.coverage), None)
