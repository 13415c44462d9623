"""What is owed: the service, the severity, the queue, the clocks, the flags, and because of which rules.

The page reads like the contract: entitlement, service, language, targets, calls. It never refuses an incident.
"""

from __future__ import annotations

from datetime import datetime

from services.calendar import ALWAYS, calendar_of
from services.catalogue.conditions import Case, came_through
from services.catalogue.model import Catalogue, Flagged, Through
from services.catalogue.products import matches
from services.catalogue.service import Service
from services.choose import Fit, Notes, first_that_fits, outside_severity, with_next
from services.contract.contacts import contacts_of
from services.contract.entitlement import in_term, may_report
from services.contract.model import Contact, Contract, Location
from services.decision import Decision
from services.explain_words import listed
from services.report import Report
from services.terms import escalates_to, executives, first_clocks, later_terms

__all__ = ["Decision", "UnknownImpact", "decide"]

#: The type of the fact by which a proposal to lower a severity was accepted (SEV-DOWNGRADE).
_DOWNGRADED = "downgrade.decided"


class UnknownImpact(ValueError):
    """The catalogue has no such impact: say one that it has. Not worth a retry."""

    def __init__(self, impact: str, known: tuple[str, ...]) -> None:
        super().__init__(f"{impact!r} is not an impact; these are: {', '.join(known)}")


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
    reopened_at: datetime | None = None,
    set_by: str | None = None,
) -> Decision:
    """Decide what is owed for `report`. Pure: the same inputs always give the same decision.

    `submitted_at`: when the customer submitted; the term is looked at by it, and clocks count from it. `at`: the
    instant of deciding, which an event's window is looked at by: the submission for a first decision, the change's for
    a later one. `clocks_from`: where clocks count from instead. `severity`: set by a person (SEV-ASSIGN).
    `coverage`: reduced by a person (SEV-DOWNGRADE). `reopened_at`: when the incident was last opened again, before which
    no clock counts. `set_by`: the type of the fact that last changed the severity, which says by which rules it did (None:
    none has, or nobody knows any more). All instants aware, UTC. Raises UnknownImpact.
    """
    stated = catalogue.by_impact.get(report.impact)
    if stated is None:
        raise UnknownImpact(report.impact, tuple(catalogue.by_impact))
    notes = Notes()
    level = catalogue.severity(severity) if severity is not None else stated
    _set_later(severity, coverage, clocks_from, set_by, catalogue, notes)
    location, contact = _where(report, contract, catalogue, notes)
    review = _in_doubt(report, contract, catalogue, submitted_at, notes)
    if review or contract is None:
        fit = Fit(catalogue.service(catalogue.review.service))
    else:
        case = Case(report, contract, at, catalogue.groups)
        fit = first_that_fits(case, catalogue.services, notes)
        outside = outside_severity(fit, catalogue)
        if outside is not None and severity is None:
            notes.tells.append(
                f"Requests with the event's form are severity {outside[0].id} before and after the event itself;"
                f" without the form this one would be severity {level.id} by its impact."
            )
            level = outside[0]
            notes.rule(outside[1])
        if fit.service.over_next:
            rest = catalogue.services[catalogue.services.index(fit.service) + 1 :]
            fit = with_next(fit, case, catalogue, rest, level, notes)
    _may_report(report, contract, contact, catalogue, notes)
    _ways(report, fit, catalogue, notes)
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
    start = max(clocks_from or submitted_at, reopened_at or submitted_at)
    clocks = first_clocks(fit, report, catalogue, level, calendar, effort, start, notes)
    notes.rule(catalogue.coverage_rules[covered])
    queue = catalogue.review.queue if review else fit.service.queue
    return Decision(
        severity=level.id,
        urgent=level.urgent,
        service=fit.service.id,
        queue=queue if review or language == catalogue.language.own else f"{queue}/{language}",
        language=language,
        coverage=covered,
        escalates_to=escalates_to(fit, catalogue, level, notes),
        executives=executives(fit, catalogue, level, notes),
        flags=tuple(notes.flags),
        because=tuple(notes.because),
        clocks=clocks,
        terms=later_terms(fit, catalogue, level, effort, location, clocks, report.product),
        passed_over=tuple(notes.passed),
        notes=tuple(notes.tells),
    )


def _set_later(
    severity: str | None,
    coverage: str | None,
    clocks_from: datetime | None,
    set_by: str | None,
    catalogue: Catalogue,
    notes: Notes,
) -> None:
    """By which rules a later decision differs from what the impact alone would come to."""
    if clocks_from is not None or set_by is not None:
        notes.rule(catalogue.later.change_rule)
    if severity is not None and set_by != _DOWNGRADED:
        notes.rule(catalogue.flags.severity_differs.rule)
    if coverage is not None or set_by == _DOWNGRADED:
        notes.rule(catalogue.later.downgrade.rule)


def _where(
    report: Report, contract: Contract | None, catalogue: Catalogue, notes: Notes
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
    report: Report, contract: Contract | None, catalogue: Catalogue, submitted_at: datetime, notes: Notes
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
    report: Report, contract: Contract | None, people: tuple[Contact, ...], catalogue: Catalogue, notes: Notes
) -> None:
    """Flag a reporter who is none of those who may (CONTACTS); nothing is dropped for it."""
    reporting = catalogue.reporting
    if contract is None or report.channel in reporting.unchecked_channels:
        return

    def came_by(way: Through) -> bool:
        return came_through(report, way.portal) and catalogue.groups.has(way.products, report.product)

    if not may_report(people, reporting.roles, came_by):
        notes.flag(Flagged(rule=reporting.rule, flag=reporting.flag))


def _ways(report: Report, fit: Fit, catalogue: Catalogue, notes: Notes) -> None:
    """Tell of the portal that the product belongs to, and of the supplier who keeps its own job; nothing is refused.

    An event's requests come through the portal that it asks for, whatever they are about."""
    scope, supplier = catalogue.portal_scope, report.vendor
    an_event = any(part is not None and part.event is not None for part in (fit, fit.under))
    if scope is not None and report.channel == "portal" and report.product and not an_event:
        own = [portal for portal, group in scope.covers.items() if catalogue.groups.has(group, report.product)]
        if report.portal in scope.covers and report.portal not in own:
            notes.rule(scope.rule)
            instead = listed([*own] or [scope.otherwise])
            notes.tells.append(f"{report.portal} does not cover {report.product}: ask about it through {instead}.")
    if supplier is not None and catalogue.third_party is not None:
        notes.rule(catalogue.third_party.rule)
        notes.tells.append(f"{supplier.name} supplies what is concerned. {catalogue.third_party.tell}")


def _language(report: Report, location: Location | None, service: Service, catalogue: Catalogue, notes: Notes) -> str:
    """The language of the work: the provider's own only, or the incident's where the location has it (LANG)."""
    own = catalogue.language.own
    spoken = (report.language or own).split("-")[0].lower()
    if service.one_language is not None:
        notes.rule(service.one_language)
        if spoken != own:
            notes.flag(Flagged(rule=service.one_language, flag=catalogue.language.only_flag))
            notes.tells.append(f"{service.title} {catalogue.language.only_tell}")
        return own
    notes.rule(catalogue.language.rule)
    known = {language.split("-")[0].lower() for language in location.languages} if location else set()
    return spoken if spoken in known else own


def _papers(fit: Fit, contract: Contract | None, notes: Notes) -> None:
    """Flag papers that should lie with the provider, and don't."""
    papers = fit.service.papers
    if papers is None or contract is None:
        return
    on_file = contract.topology_on_file if papers.of == "topology" else fit.event is None or fit.event.details_on_file
    if not on_file:
        notes.flag(Flagged(rule=papers.rule, flag=papers.flag))
