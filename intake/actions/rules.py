"""What an action says: one pure function an action, from the record and the body to facts, or to a refusal.

Whatever refuses names the contract's rule, and says what can be done instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from backbone.web.problem import FieldError, Problem, bad_fields, wrong
from events import incidents as facts
from events.codec import Fact
from services.calendar import calendar_of, is_open, next_open
from services.calendar.hours import Calendar
from services.catalogue.model import Catalogue
from services.contract.model import Contract
from services.instants import write_instant
from services.report import REPORT

from ..record.record import Record
from . import bodies


@dataclass(frozen=True, slots=True)
class Scene:
    """What an action is judged by. `contract` is the frozen one of the decision, None without any."""

    record: Record
    catalogue: Catalogue
    contract: Contract | None
    now: datetime

    @property
    def decision(self) -> dict[str, Any] | None:
        """The decision in force, None before the router has spoken."""
        return self.record.decision

    @property
    def terms(self) -> dict[str, Any]:
        """What the decision left for later."""
        found: dict[str, Any] = (self.decision or {}).get("terms", {})
        return found


def refuse(rule: str | None, sentence: str, **more: Any) -> Problem:
    """A 409 that names the rule."""
    return Problem(409, "Not provided for" if rule else "Not in this state", sentence, rule=rule, **more)


def respond(scene: Scene, body: bodies.Response) -> list[Fact]:
    """The first one meets `first_response`."""
    _open(scene, "BASE-C", "respond")
    return [facts.IncidentResponded(body.by, body.message)]


def update(scene: Scene, body: bodies.Update) -> list[Fact]:
    """Re-arms `status_update`."""
    _open(scene, "RSM-ESCALATION-1", "update it")
    return [facts.IncidentUpdated(body.by, body.status, body.action_plan)]


def ask(scene: Scene, body: bodies.Question) -> list[Fact]:
    """Starts the customer's clock."""
    _open(scene, "CUST-ACCESS", "ask")
    return [facts.QuestionAsked(body.by, body.text, body.to)]


def reply(scene: Scene, body: bodies.Reply) -> list[Fact]:
    """Meets the customer's running clocks."""
    _open(scene, "CUST-C-REPLY", "reply")
    return [facts.CustomerReplied(body.by, body.text)]


def change_severity(scene: Scene, body: bodies.SeverityChange) -> list[Fact]:
    """SEV-CHANGE: while the incident is open."""
    _open(scene, scene.catalogue.later.change_rule, "ask for another severity")
    if body.impact not in scene.catalogue.by_impact:
        known = ", ".join(scene.catalogue.by_impact)
        raise wrong([FieldError("/impact", f"is not an impact: say one of {known}")])
    return [facts.ImpactChanged(body.by, body.impact, body.reason)]


def assess(scene: Scene, body: bodies.SeverityAssessment) -> list[Fact]:
    """SEV-ASSIGN: a person of the provider."""
    _open(scene, scene.catalogue.later.change_rule, "assess its severity")
    if body.severity not in scene.catalogue.rank:
        known = ", ".join(scene.catalogue.rank)
        raise wrong([FieldError("/severity", f"is not a severity: say one of {known}")])
    return [facts.SeverityAssessed(body.by, body.severity, body.reason)]


def correct(scene: Scene, body: bodies.Correction) -> list[Fact]:
    """What was reported is decided on anew; an entitlement review ends by it."""
    _open(scene, scene.catalogue.later.change_rule, "correct it")
    fixed = {"impact", "submitted_at", "reference", "requested_severity"} & set(body.changes)
    if fixed:
        raise wrong(
            [FieldError(f"/changes/{name}", "is not corrected: it is what was said then") for name in sorted(fixed)]
        )
    if not body.changes:
        raise wrong([FieldError("/changes", "is empty: name what is corrected")])
    try:
        report = REPORT.validate_python({**scene.record.report, **body.changes})
    except ValidationError as error:
        problem = bad_fields(error)
        raise wrong([FieldError("/changes" + e.pointer, e.message) for e in problem.errors]) from error
    return [facts.IncidentCorrected(body.by, body.changes, report, body.reason)]


def own(scene: Scene, body: bodies.Owner) -> list[Fact]:
    """The router settles it."""
    _open(scene, None, "hand it over")
    return [facts.OwnerRequested(body.by, body.person)]


def hand_over(scene: Scene, body: bodies.Handover) -> list[Fact]:
    """A crisis is handed over by hand; only where there is one (BASE-CM)."""
    _open(scene, "BASE-CM", "hand the crisis over")
    if scene.decision is not None and not scene.decision["urgent"]:
        raise refuse("BASE-CM", f"Severity {scene.record.severity} has no crisis manager: hand over the owner instead.")
    return [facts.CrisisManagerRequested(body.by, body.person)]


def notify_executives(scene: Scene, body: bodies.ExecutiveNotification) -> list[Fact]:
    """Only where the terms provide for it."""
    rule = scene.catalogue.executive_rules[body.side]
    _open(scene, rule, "notify executives")
    if scene.decision is not None and body.side not in scene.decision["executives"]:
        raise refuse(
            rule,
            f"At severity {scene.record.severity} in {scene.decision['service']} the {body.side}'s executives are not"
            " notified. Where the business impact has grown, change the severity first; at B and C ask for management"
            " attention.",
        )
    return [facts.ExecutivesRequested(body.by, body.side, body.reason)]


def consent(scene: Scene, body: bodies.Consent) -> list[Fact]:
    """BASE-ONSITE: where the decision provides for it, at a place that visits go to, from visits that were bought."""
    terms = scene.catalogue.later.onsite
    rule = terms.rule if terms is not None else None
    _open(scene, rule, "agree to on-site resources")
    if scene.decision is not None and (terms is None or not scene.terms.get("onsite")):
        raise refuse(
            rule, f"On-site resources are not provided for at severity {scene.record.severity}: change the severity where"
            " the business impact has grown, or book a visit.",
        )  # fmt: skip
    contract = scene.contract
    if terms is None or contract is None or scene.decision is None:
        return [facts.OnsiteConsented(body.by)]
    place = contract.location(scene.record.report.get("location") or scene.terms.get("location"))
    excluded = scene.catalogue.work_order.excluded_countries.codes
    several = len({location.country for location in contract.locations}) > 1
    if several and place is not None and place.country in excluded and place.role != "host":
        raise refuse(
            terms.place_rule, f"On-site support does not go to {place.country}: it needs a work order of its own. Remote"
            " support goes on.",
        )  # fmt: skip
    if contract.balances.get(terms.visits, 0) <= 0:
        raise refuse(terms.purchase_rule, "No on-site visits were bought: buy some, or go on remotely.")
    return [facts.OnsiteConsented(body.by)]


def ask_management(scene: Scene, body: bodies.Reasoned) -> list[Fact]:
    """RSM-BC: at B and C in the customer's business hours, or from bought hours (RSM-ADDON)."""
    management = scene.catalogue.management
    _open(scene, management.on_request.rule, "ask for management attention")
    if scene.decision is None:
        return [facts.ManagementRequested(body.by, body.reason)]
    severity = scene.record.severity
    if severity in management.runs_by_itself.severities:
        raise refuse(
            management.runs_by_itself.rule,
            f"At severity {severity} the escalation runs by itself; its crisis manager is answerable for progress.",
        )
    calendar = calendar_of(scene.contract, scene.terms.get("location"), scene.catalogue.business_hours)
    bought = _bought_hours(scene)
    if is_open(calendar, scene.now) or (bought is not None and is_open(bought, scene.now)):
        return [facts.ManagementRequested(body.by, body.reason)]
    opens = min(next_open(c, scene.now) for c in (calendar, bought) if c is not None)
    raise refuse(
        management.on_request.rule if bought is None else management.bought.rule,
        f"Management attention is there in the customer's business hours: next from {write_instant(opens)}.",
        next_open=write_instant(opens),
    )  # fmt: skip


def decide_downgrade(scene: Scene, body: bodies.DowngradeDecision) -> list[Fact]:
    """SEV-DOWNGRADE: settles an open proposal."""
    proposal = scene.record.view.get("proposal")
    if proposal is None:
        raise refuse(
            scene.catalogue.later.downgrade.rule, "There is no open proposal: a severity is set by an assessment."
        )
    return [facts.DowngradeDecided(body.by, body.decision, body.reason, proposal["about"], proposal["to"])]


def ask_root_cause(scene: Scene, body: bodies.Reasoned) -> list[Fact]:
    """RCA: before the incident is closed; AEM-RCA: for an event's 1 and A, closed or not."""
    rule = scene.catalogue.root_cause
    if scene.record.state == "closed" and not scene.terms.get("root_cause_after_closing"):
        raise refuse(
            rule.rule, "A root cause analysis is asked for before the incident is closed: reopen it where it came back,"
            " and ask then.",
        )  # fmt: skip
    return [facts.RootCauseRequested(body.by, body.reason)]


def record_effort(scene: Scene, body: bodies.Effort) -> list[Fact]:
    """ADV: at most the limit; announced at 80 %, before it is reached."""
    used = int(scene.record.view.get("effort_minutes", 0))
    total = used + body.minutes
    limit = scene.terms.get("advisory_limit")
    said: list[Fact] = [facts.EffortRecorded(body.by, body.minutes, total)]
    if limit is None:
        return said
    rule = scene.terms["advisory_rule"]
    if total > limit:
        raise refuse(
            rule, f"{total} minutes would be more than the {limit} that advisory support covers; {limit - used} are left."
            " What goes beyond is a service to be booked.",
        )  # fmt: skip
    percent = scene.catalogue.effort.announce_percent
    if used * 100 < limit * percent <= total * 100:
        said.append(facts.EffortAnnounced(total, limit, rule))
    return said


def resolve(scene: Scene, body: bodies.StateChange) -> list[Fact]:
    """Open → resolved."""
    _open(scene, None, "resolve it")
    return [facts.IncidentResolved(body.by, body.note)]


def close(scene: Scene, body: bodies.StateChange) -> list[Fact]:
    """Open or resolved → closed."""
    if scene.record.state == "closed":
        raise refuse(None, "It is closed already.")
    return [facts.IncidentClosed(body.by, body.note)]


def reopen(scene: Scene, body: bodies.StateChange) -> list[Fact]:
    """Resolved or closed → open, within 30 days of the closure."""
    if scene.record.state == "open":
        raise refuse(None, "It is open already.")
    within = scene.catalogue.later.reopen_within
    if scene.record.closed_at is not None and scene.now - scene.record.closed_at > within:
        raise refuse(
            None, f"It was closed more than {within.days} days ago: report a new incident and name this one in it."
        )
    return [facts.IncidentReopened(body.by, body.note)]


def _open(scene: Scene, rule: str | None, what: str) -> None:
    if scene.record.state == "closed":
        raise refuse(rule, f"The incident is closed: reopen it first, to {what}.")
    if scene.record.state == "resolved" and what not in ("reply", "respond", "correct it"):
        raise refuse(rule, f"The incident is resolved: reopen it first, to {what}.")


def _bought_hours(scene: Scene) -> Calendar | None:
    """The calendar of bought management hours, where some were bought."""
    bought, contract = scene.catalogue.management.bought, scene.contract
    if contract is None or not contract.bought(bought.service) or contract.balances.get(bought.balance, 0) <= 0:
        return None
    if contract.management_time_zone is None:
        return None
    return Calendar(bought.service, time_zone=contract.management_time_zone, windows=scene.catalogue.business_hours)
