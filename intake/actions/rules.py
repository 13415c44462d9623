"""What an action says where it may happen; whether it may, `services/permit.py` judges, for every action alike.

Nothing is said that was not permitted; what only the route can judge is taken, and judged when the route is there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never, cast

from pydantic import TypeAdapter, ValidationError

from backbone.web.problem import FieldError, bad_fields, wrong
from events import incidents as facts
from events.codec import Fact
from services.acts import Act, Allowed, Standing, State
from services.catalogue.model import Catalogue
from services.contract.model import Contract
from services.decision import Decision, adapter
from services.permit import permit
from services.refused import Refused
from services.report import REPORT

from ..record.record import Record
from . import bodies


@dataclass(frozen=True, slots=True)
class Scene:
    """What an action is judged by. `contract` is the frozen one of the decision, before it the one that is named.

    `balances` are the contract's as it is now; `now` is when it was asked for, `waited` whether that was before the
    route.
    """

    record: Record
    catalogue: Catalogue
    contract: Contract | None
    now: datetime
    live: Contract | None = None
    waited: bool = False

    @property
    def belongs_to(self) -> str | None:
        """The contract that the incident is under; None where none is named, or nobody has that one."""
        number = self.record.contract
        decided_under = self.contract.number if self.contract is not None else None
        return number if self.live is not None or number == decided_under else None

    @property
    def standing(self) -> Standing:
        """How the incident stands, as `permit` asks."""
        record, bought = self.record, self.live or self.contract
        decision = adapter().validate_python(record.decision) if record.decision is not None else None
        return Standing(
            state=cast(State, record.state),
            now=self.now,
            decision=decision,
            contract=self.contract,
            closed_at=record.closed_at,
            of_an_event=record.contract is not None and record.view.get("crisis_of_event") == record.contract,
            effort=int(record.view.get("effort_minutes", 0)),
            proposal_open=_is_open(record.view.get("proposal"), decision),
            left=bought.balances if bought is not None else {},
        )


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its path and body, which act it is, what it says, and whether customers' keys (`report`) may do it.

    `shows` is what of the record will be another once the other stages have followed; None where none does. `awaits` is
    whether anything will, by the scene that the action has left and its body. `decides`: the decision's clocks belong to
    it.
    """

    path: str
    body: type[Any]
    act: Callable[[Scene, Any], Act]
    facts: Callable[[Scene, Any, Allowed], list[Fact]]
    shows: Callable[[Record], Any] | None = None
    for_customers: bool = False
    decides: bool = False
    awaits: Callable[[Scene, Any], bool] = lambda scene, body: True


def _is_open(proposal: dict[str, Any] | None, decision: Decision | None) -> bool:
    """Whether what was proposed is still what a downgrade would come to: a severity may have been set meanwhile."""
    if proposal is None or decision is None:
        return False
    return (proposal["about"], proposal["to"]) == (decision.terms.downgrade_about, decision.terms.downgrade_to)


def judge(action: Action, scene: Scene, body: Any) -> list[Fact] | Refused:
    """What follows from it: facts, or a refusal. Raises Problem 422 for what the body alone shows to be wrong."""
    answer = permit(action.act(scene, body), scene.standing, scene.catalogue)
    match answer:
        case Refused():
            return answer
        case Allowed(pending=True):
            return [facts.RequestTaken(body.by, action.path, as_posted(action, body), scene.now)]
        case Allowed():
            return action.facts(scene, body, answer)
        case _:
            assert_never(answer)


def as_posted(action: Action, body: Any) -> dict[str, Any]:
    """The body as JSON values."""
    found: dict[str, Any] = json.loads(TypeAdapter(action.body).dump_json(body))
    return found


def respond(scene: Scene, body: bodies.Response, allowed: Allowed) -> list[Fact]:
    """The first one meets `first_response`."""
    return [facts.IncidentResponded(body.by, body.message)]


def update(scene: Scene, body: bodies.Update, allowed: Allowed) -> list[Fact]:
    """Re-arms `status_update`."""
    return [facts.IncidentUpdated(body.by, body.status, body.action_plan)]


def ask(scene: Scene, body: bodies.Question, allowed: Allowed) -> list[Fact]:
    """Starts the customer's clock."""
    return [facts.QuestionAsked(body.by, body.text, body.to)]


def reply(scene: Scene, body: bodies.Reply, allowed: Allowed) -> list[Fact]:
    """Meets the customer's running clocks."""
    return [facts.CustomerReplied(body.by, body.text)]


def change_severity(scene: Scene, body: bodies.SeverityChange, allowed: Allowed) -> list[Fact]:
    """The impact must be one that the catalogue knows."""
    if body.impact not in scene.catalogue.by_impact:
        known = ", ".join(scene.catalogue.by_impact)
        raise wrong([FieldError("/impact", f"is not an impact: say one of {known}")])
    return [facts.ImpactChanged(body.by, body.impact, body.reason)]


def assess(scene: Scene, body: bodies.SeverityAssessment, allowed: Allowed) -> list[Fact]:
    """The severity must be one that the catalogue knows."""
    if body.severity not in scene.catalogue.rank:
        known = ", ".join(scene.catalogue.rank)
        raise wrong([FieldError("/severity", f"is not a severity: say one of {known}")])
    return [facts.SeverityAssessed(body.by, body.severity, body.reason)]


def correct(scene: Scene, body: bodies.Correction, allowed: Allowed) -> list[Fact]:
    """What was reported is decided on anew; an entitlement review ends by it."""
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
    if report.portal is not None and report.portal not in scene.catalogue.portals:
        known = ", ".join(scene.catalogue.portals)
        raise wrong([FieldError("/changes/portal", f"is not a portal: say one of {known}")])
    left = scene.belongs_to if report.contract != scene.record.contract else None
    return [facts.IncidentCorrected(body.by, body.changes, report, body.reason, left)]


def own(scene: Scene, body: bodies.Owner, allowed: Allowed) -> list[Fact]:
    """The router settles it."""
    return [facts.OwnerRequested(body.by, body.person)]


def hand_over(scene: Scene, body: bodies.Handover, allowed: Allowed) -> list[Fact]:
    """The router calls them."""
    return [facts.CrisisManagerRequested(body.by, body.person)]


def notify_executives(scene: Scene, body: bodies.ExecutiveNotification, allowed: Allowed) -> list[Fact]:
    """The notifier pages them."""
    return [facts.ExecutivesRequested(body.by, body.side, body.reason)]


def consent(scene: Scene, body: bodies.Consent, allowed: Allowed) -> list[Fact]:
    """Starts `onsite`; it counts from the consent, also where that waited for the route."""
    return [facts.OnsiteConsented(body.by, scene.now if scene.waited else None)]


def ask_management(scene: Scene, body: bodies.Reasoned, allowed: Allowed) -> list[Fact]:
    """The router draws bought hours where it is those that are asked for."""
    return [facts.ManagementRequested(body.by, body.reason, scene.now if scene.waited else None)]


def decide_downgrade(scene: Scene, body: bodies.DowngradeDecision, allowed: Allowed) -> list[Fact]:
    """Settles the open proposal."""
    proposal = scene.record.view["proposal"]
    return [facts.DowngradeDecided(body.by, body.decision, body.reason, proposal["about"], proposal["to"])]


def ask_root_cause(scene: Scene, body: bodies.Reasoned, allowed: Allowed) -> list[Fact]:
    """It was asked for in time."""
    return [facts.RootCauseRequested(body.by, body.reason)]


def record_effort(scene: Scene, body: bodies.Effort, allowed: Allowed) -> list[Fact]:
    """The minutes; and where a limit is near, that it is."""
    standing = scene.standing
    total = standing.effort + body.minutes
    said: list[Fact] = [facts.EffortRecorded(body.by, body.minutes, total)]
    limit = standing.decision.terms.advisory_limit if standing.decision is not None else None
    if allowed.announce and limit is not None and allowed.rule is not None:
        said.append(facts.EffortAnnounced(total, limit, allowed.rule))
    return said


def resolve(scene: Scene, body: bodies.StateChange, allowed: Allowed) -> list[Fact]:
    """Open → resolved."""
    return [facts.IncidentResolved(body.by, body.note)]


def close(scene: Scene, body: bodies.StateChange, allowed: Allowed) -> list[Fact]:
    """Open or resolved → closed."""
    return [facts.IncidentClosed(body.by, body.note)]


def reopen(scene: Scene, body: bodies.StateChange, allowed: Allowed) -> list[Fact]:
    """Resolved or closed → open."""
    return [facts.IncidentReopened(body.by, body.note)]
