"""What is owed: the service, the severity, the queue, the clocks, the flags, and because of which rules.

The page reads like the contract: entitlement, service, language, targets, calls. It never refuses an incident.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.calendar import ALWAYS, Calendar, calendar_of, deadline
from services.catalogue.conditions import Case, Fails, Holds, came_through, under_way
from services.catalogue.model import Catalogue, Flagged, Service, Severity, Target, Through
from services.catalogue.products import matches
from services.contract.contacts import contacts_of
from services.contract.entitlement import in_term, may_report
from services.contract.model import Contact, Contract, Event, Location, Solution
from services.decision import ClockTerms, Decision, LaterClock, PassedOver, Terms
from services.durations import write_duration
from services.report import Report

__all__ = ["Decision", "UnknownImpact", "decide"]


class UnknownImpact(ValueError):
    """The catalogue has no such impact: say one that it has. Not worth a retry."""

    def __init__(self, impact: str, known: tuple[str, ...]) -> None:
        super().__init__(f"{impact!r} is not an impact; these are: {', '.join(known)}")


@dataclass(slots=True)
class _Notes:
    """What gathers on the way to a decision: rules, flags, words for the customer, services passed over."""

    because: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    tells: list[str] = field(default_factory=list)
    passed: list[PassedOver] = field(default_factory=list)

    def rule(self, *rules: str) -> None:
        self.because += [rule for rule in rules if rule not in self.because]

    def flag(self, flagged: Flagged) -> None:
        self.rule(flagged.rule)
        if flagged.flag not in self.flags:
            self.flags.append(flagged.flag)

    def fails(self, service: Service, failed: Fails, *, flags: bool = True) -> None:
        self.passed.append(PassedOver(service=service.id, rule=failed.rule, why=failed.why))
        if flags and failed.flag is not None:
            self.flag(Flagged(rule=failed.rule, flag=failed.flag))
            if failed.tell:
                self.tells.append(failed.tell)


@dataclass(frozen=True, slots=True)
class _Fit:
    """A service that fits, and what its conditions found. `under`: who speaks where its exhibit is silent."""

    service: Service
    event: Event | None = None
    solution: Solution | None = None
    in_event: bool = False
    under: _Fit | None = None

    @property
    def speaks(self) -> bool:
        """Whether the service's own terms hold now: an event's do while it is under way."""
        return self.in_event or not self.service.during_only

    def speaking(self, catalogue: Catalogue) -> list[Service]:
        """Whose terms hold, the narrowest first: the service's, who speaks below its exhibit, the base package's."""
        parts = [part for part in (self, self.under) if part is not None and part.speaks]
        return [*(part.service for part in parts), catalogue.services[-1]]


def decide(
    report: Report,
    contract: Contract | None,
    catalogue: Catalogue,
    *,
    submitted_at: datetime,
    at: datetime,
    clocks_from: datetime | None = None,
    severity: str | None = None,
    coverage: str | None = None,
) -> Decision:
    """Decide what is owed for `report`. Pure: the same inputs always give the same decision.

    `submitted_at`: when the customer submitted; the term is looked at by it, and clocks count from it. `at`: the
    instant of deciding, which an event's window is looked at by: the submission for a first decision, the change's for
    a later one. `clocks_from`: where clocks count from instead. `severity`: set by a person (SEV-ASSIGN).
    `coverage`: reduced by a person (SEV-DOWNGRADE). All instants aware, UTC. Raises UnknownImpact.
    """
    stated = catalogue.by_impact.get(report.impact)
    if stated is None:
        raise UnknownImpact(report.impact, tuple(catalogue.by_impact))
    notes = _Notes()
    level = catalogue.severity(severity) if severity is not None else stated
    location, contact = _where(report, contract, catalogue, notes)
    review = _in_doubt(report, contract, catalogue, submitted_at, notes)
    if review or contract is None:
        fit = _Fit(catalogue.service(catalogue.review.service))
    else:
        case = Case(report, contract, at, catalogue.groups)
        fit = _first_that_fits(case, catalogue, catalogue.services, notes)
        outside = _outside_severity(fit, catalogue)
        if outside is not None and severity is None:
            notes.tells.append(
                f"Requests with the event's form are severity {outside[0].id} before and after the event itself;"
                f" without the form this one would be severity {level.id} by its impact."
            )
            level = outside[0]
            notes.rule(outside[1])
        if fit.service.over_next:
            rest = catalogue.services[catalogue.services.index(fit.service) + 1 :]
            fit = _with_next(fit, case, catalogue, rest, level, notes)
    _may_report(report, contract, contact, catalogue, notes)
    _ways(report, catalogue, notes)
    if report.requested_severity is not None and report.requested_severity != level.id:
        notes.flag(catalogue.flags.severity_differs)
    notes.rule(fit.service.rule)
    language = _language(report, location, fit.service, catalogue, notes)
    _papers(fit, contract, notes)
    if fit.service.quiet is not None and level.id in fit.service.quiet.severities:
        notes.rule(fit.service.quiet.rule)
    notes.tells += fit.service.notes.values()
    notes.rule(*fit.service.notes)
    covered = coverage or level.coverage
    hours = calendar_of(contract, location.id if location else None, catalogue.business_hours)
    calendar = ALWAYS if level.coverage == ALWAYS.name else hours
    effort = ALWAYS if covered == ALWAYS.name else hours
    clocks = _clocks(fit, report, catalogue, level, calendar, effort, clocks_from or submitted_at, notes)
    notes.rule(catalogue.coverage_rules[covered])
    queue = catalogue.review.queue if review else fit.service.queue
    return Decision(
        severity=level.id,
        urgent=level.urgent,
        service=fit.service.id,
        queue=queue if review or language == catalogue.english else f"{queue}/{language}",
        language=language,
        coverage=covered,
        escalates_to=_escalates_to(fit, catalogue, level, notes),
        executives=_executives(fit, catalogue, level, notes),
        flags=tuple(notes.flags),
        because=tuple(notes.because),
        clocks=clocks,
        terms=_terms(fit, catalogue, level, effort, location, clocks),
        passed_over=tuple(notes.passed),
        notes=tuple(notes.tells),
    )


def _where(
    report: Report, contract: Contract | None, catalogue: Catalogue, notes: _Notes
) -> tuple[Location | None, tuple[Contact, ...]]:
    """The location that is meant: the one named, else the reporter's own, else the host's; and who reports."""
    if contract is None:
        return None, ()
    people = contacts_of(contract, report.reporter)
    if report.location is not None:
        named = contract.location(report.location)
        if named is None:
            notes.flag(catalogue.flags.unknown_location)
        return named or contract.host, people
    own = next((contract.location(person.location) for person in people if person.location is not None), None)
    return own or contract.host, people


def _in_doubt(
    report: Report, contract: Contract | None, catalogue: Catalogue, submitted_at: datetime, notes: _Notes
) -> bool:
    """Whether the entitlement is to be reviewed: no contract, out of term, a pre-release product."""
    review = catalogue.review
    if contract is None:
        notes.flag(review.no_contract)
        return True
    doubt = False
    if not in_term(contract, submitted_at):
        notes.flag(review.out_of_term)
        doubt = True
    if report.prerelease and not matches(contract.allows_prerelease, report.product):
        notes.flag(review.prerelease)
        doubt = True
    known = {s.id for s in contract.solutions} | {e.solution for e in contract.events}
    if report.solution is not None and report.solution not in known:
        notes.flag(catalogue.flags.unknown_solution)
    return doubt


def _may_report(
    report: Report, contract: Contract | None, people: tuple[Contact, ...], catalogue: Catalogue, notes: _Notes
) -> None:
    """Flag a reporter who is none of those who may (CONTACTS); nothing is dropped for it."""
    reporting = catalogue.reporting
    if contract is None or report.channel in reporting.unchecked_channels:
        return

    def came_by(way: Through) -> bool:
        return came_through(report, way.portal) and catalogue.groups.has(way.products, report.product)

    if not may_report(people, reporting.roles, came_by):
        notes.flag(Flagged(rule=reporting.rule, flag=reporting.flag))


def _ways(report: Report, catalogue: Catalogue, notes: _Notes) -> None:
    """Tell of the portal that the product belongs to, and of the supplier who keeps its own job; nothing is refused."""
    scope, supplier = catalogue.portal_scope, report.vendor
    group = scope.covers.get(report.portal or "") if scope is not None and report.channel == "portal" else None
    if scope is not None and group is not None and report.product and not catalogue.groups.has(group, report.product):
        notes.rule(scope.rule)
        notes.tells.append(f"{report.portal} does not cover {report.product}: ask about it through {scope.otherwise}.")
    if supplier is not None and catalogue.third_party is not None:
        notes.rule(catalogue.third_party.rule)
        notes.tells.append(f"{supplier.name} supplies what is concerned. {catalogue.third_party.tell}")


def _fits(service: Service, case: Case) -> _Fit | Fails:
    """Ask the service's conditions in their order; the first that fails says why."""
    event: Event | None = None
    solution: Solution | None = None
    for condition in service.conditions:
        match condition.ask(case):
            case Fails() as failed:
                return failed
            case Holds(Event() as found):
                event = found
            case Holds(Solution() as found):
                solution = found
    return _Fit(service, event, solution, event is not None and under_way(event, case.at))


def _first_that_fits(case: Case, catalogue: Catalogue, services: tuple[Service, ...], notes: _Notes) -> _Fit:
    """The first service whose conditions hold; the last one always does. Those passed over leave their flags."""
    for service in services:
        answer = _fits(service, case)
        if isinstance(answer, _Fit):
            return answer
        notes.fails(service, answer)
    raise AssertionError("the catalogue's last service fits everything")


def _with_next(
    fit: _Fit, case: Case, catalogue: Catalogue, rest: tuple[Service, ...], level: Severity, notes: _Notes
) -> _Fit:
    """A solution's exhibit, over the next service that fits at the same severity (MISSION): it lends its times only."""
    for service in rest:
        answer = _fits(service, case)
        if isinstance(answer, Fails):
            notes.fails(service, answer, flags=False)
        elif answer.speaks or ((outside := _outside_severity(answer, catalogue)) is not None and outside[0] == level):
            return _Fit(fit.service, fit.event, fit.solution, answer.in_event, answer)
    raise AssertionError("the catalogue's last service fits everything")


def _outside_severity(fit: _Fit, catalogue: Catalogue) -> tuple[Severity, str] | None:
    """The severity that an event's window sets before and after the event itself (AEM-PREPOST)."""
    if fit.event is None or fit.in_event:
        return None
    for condition in fit.service.conditions:
        if condition.test == "event":
            return catalogue.severity(condition.outside_severity), condition.outside_rule
    return None


def _language(report: Report, location: Location | None, service: Service, catalogue: Catalogue, notes: _Notes) -> str:
    """The language of the work: English only, or the incident's where the location has it (LANG)."""
    spoken = (report.language or catalogue.english).split("-")[0].lower()
    if service.english is not None:
        notes.rule(service.english)
        if spoken != catalogue.english:
            notes.flag(Flagged(rule=service.english, flag="english-only"))
            notes.tells.append(f"{service.title} is delivered in English only.")
        return catalogue.english
    notes.rule(catalogue.language_rule)
    known = {language.split("-")[0].lower() for language in location.languages} if location else set()
    return spoken if spoken in known else catalogue.english


def _papers(fit: _Fit, contract: Contract | None, notes: _Notes) -> None:
    """Flag papers that should lie with the provider, and don't."""
    papers = fit.service.papers
    if papers is None or contract is None:
        return
    on_file = contract.topology_on_file if papers.of == "topology" else fit.event is None or fit.event.details_on_file
    if not on_file:
        notes.flag(Flagged(rule=papers.rule, flag=papers.flag))


def _target(
    fit: _Fit, kind: str, report: Report, catalogue: Catalogue, level: Severity
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


def _clocks(
    fit: _Fit,
    report: Report,
    catalogue: Catalogue,
    level: Severity,
    calendar: Calendar,
    effort: Calendar,
    start: datetime,
    notes: _Notes,
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


def _escalates_to(fit: _Fit, catalogue: Catalogue, level: Severity, notes: _Notes) -> tuple[str, ...]:
    """Who is called rapidly: by the service, by who speaks below it, and by the base package."""
    found: list[str] = []
    for service in fit.speaking(catalogue):
        for call in service.escalates_to:
            if level.id in call.severities:
                notes.rule(call.rule)
                found += [who for who in call.to if who not in found]
    return tuple(found)


def _executives(fit: _Fit, catalogue: Catalogue, level: Severity, notes: _Notes) -> tuple[str, ...]:
    """Which sides' executives may be notified on request."""
    found: list[str] = []
    for service in fit.speaking(catalogue):
        for call in service.executives:
            if level.id in call.severities and (new := [side for side in call.sides if side not in found]):
                notes.rule(call.rule)
                found += new
    return tuple(found)


def _terms(
    fit: _Fit,
    catalogue: Catalogue,
    level: Severity,
    calendar: Calendar,
    location: Location | None,
    clocks: tuple[ClockTerms, ...],
) -> Terms:
    """What later steps need to know: the clocks on the way, limits, what a downgrade would be about."""
    later = catalogue.later
    exhibit = fit.solution.exhibit if fit.solution is not None else {}

    reduced = level.coverage == ALWAYS.name and calendar is not ALWAYS

    def later_clock(name: str, target: timedelta, time: str, rule: str, side: str, **more: object) -> LaterClock:
        exhibited = exhibit.get(name, {}).get(level.id)
        return LaterClock(
            name=name, side=side, target=write_duration(exhibited or target),
            calendar=ALWAYS.name if time == "wall" and not reduced else calendar.name,
            rule=fit.service.rule if exhibited else rule,
            **more,  # type: ignore[arg-type]
        )  # fmt: skip

    onsite = later.onsite if later.onsite is not None and level.id in later.onsite.severities else None
    update = next((clock for clock in clocks if clock.repeats), None)
    limit = fit.service.effort_limit
    speaking = [part.service for part in (fit, fit.under) if part is not None]
    return Terms(
        questions=tuple(
            later_clock(q.clock, q.target, q.time, q.rule, "customer", to=q.to, proposes=q.proposes)
            for q in later.questions
            if level.id in q.severities
        ),
        onsite=None if onsite is None else later_clock(onsite.clock, onsite.target, "wall", onsite.rule, "provider"),
        onsite_after_consent=write_duration(onsite.after_consent) if onsite else None,
        status_update=None
        if update is None
        else LaterClock(
            name=update.name, side=update.side, target=update.target, calendar=update.calendar, rule=update.rule
        ),
        advisory_limit=int(limit.target.total_seconds() // 60) if limit else None,
        advisory_rule=limit.rule if limit else None,
        root_cause_after_closing=fit.in_event and any(level.id in s.root_cause_after_closing for s in speaking),
        downgrade_about="coverage" if any(s.reduces == "coverage" for s in speaking) else "severity",
        downgrade_to=_reduced_to(speaking, later.downgrade.to.get(level.id), catalogue, level),
        downgrade_rule=later.downgrade.rule,
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
