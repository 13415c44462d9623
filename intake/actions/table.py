"""The action table of `POST /v1/incidents/{id}/…`: path, body, which act it is, what it says, who may.

An action that is not here does not exist; one that is here is judged as its act, whoever asks and whenever.
"""

from __future__ import annotations

from typing import Any

from services import acts
from services.acts import Act
from services.effort import hours_of

from ..record.clocks_shown import shows_its_clocks
from ..record.record import Record
from . import bodies, rules
from .rules import Action, Scene


def _executives(scene: Scene, body: bodies.ExecutiveNotification) -> Act:
    return acts.NotifyExecutives(body.side)


def _onsite(scene: Scene, body: bodies.Consent) -> Act:
    return acts.ConsentToOnsite(scene.record.report.get("location"))


def _effort(scene: Scene, body: bodies.Effort) -> Act:
    return acts.RecordEffort(body.minutes)


def _started(record: Record) -> Any:
    return [clock["id"] for clock in record.view.get("clocks", [])]


def _met(record: Record) -> Any:
    return [c["id"] for c in record.view.get("clocks", []) if c["state"] == "met" or c.get("met_at") is not None]


def _stopped(record: Record) -> Any:
    return [clock["id"] for clock in record.view.get("clocks", []) if clock["state"] != "running"]


def _decided(record: Record) -> Any:
    # What is decided anew may come to the same: what it was made from is another.
    return record.view.get("inputs")


def _owner(record: Record) -> Any:
    return record.view.get("owner")


def _crisis_manager(record: Record) -> Any:
    return record.view.get("crisis_manager")


def _pages(record: Record) -> Any:
    return [page["id"] for page in record.view.get("pages", [])]


def _settled(record: Record) -> Any:
    return record.view.get("effort_settled")


def _is_open(clock: dict[str, Any]) -> bool:
    return clock["state"] == "running" or (clock["state"] == "breached" and clock.get("met_at") is None)


def _may_be_met(scene: Scene, body: bodies.Response) -> bool:
    record = scene.record
    clocks = [c for c in record.view.get("clocks", []) if c["name"] == "first_response"]
    return any(map(_is_open, clocks)) or not shows_its_clocks(record)


def _is_timed(scene: Scene, body: bodies.Question) -> bool:
    decision = scene.record.decision
    return decision is None or any(one.get("to") in (None, body.to) for one in decision["terms"]["questions"])


def _is_waited_for(scene: Scene, body: bodies.Reply) -> bool:
    return any(c["side"] == "customer" and _is_open(c) for c in scene.record.view.get("clocks", []))


def _is_owed(scene: Scene, body: bodies.Update) -> bool:
    decision = scene.record.decision
    return decision is None or decision["terms"]["status_update"] is not None


def _is_accepted(scene: Scene, body: bodies.DowngradeDecision) -> bool:
    return body.decision == "accept"


def _some_run(scene: Scene, body: bodies.StateChange) -> bool:
    return any(clock["state"] == "running" for clock in scene.record.view.get("clocks", []))


def _is_drawn(scene: Scene, body: bodies.Effort) -> bool:
    contract, catalogue = scene.live or scene.contract, scene.catalogue
    if contract is None:
        return False
    asked = scene.record.view.get("management_requested", False)
    manages = asked and contract.bought(catalogue.management.bought.service)
    product = scene.record.report.get("product")
    return hours_of(contract, scene.standing.decision, product, catalogue, manages=manages) is not None


ACTIONS = (
    Action("responses", bodies.Response, lambda *_: acts.RESPOND, rules.respond, _met,
           awaits=_may_be_met),
    Action("updates", bodies.Update, lambda *_: acts.UPDATE, rules.update, _met, awaits=_is_owed),
    Action("questions", bodies.Question, lambda *_: acts.ASK, rules.ask, _started, awaits=_is_timed),
    Action("customer-replies", bodies.Reply, lambda *_: acts.REPLY, rules.reply, _met, for_customers=True,
           awaits=_is_waited_for),
    Action("severity-changes", bodies.SeverityChange, lambda *_: acts.ChangeSeverity(), rules.change_severity, _decided,
           for_customers=True, decides=True),
    Action("severity-assessments", bodies.SeverityAssessment, lambda *_: acts.ChangeSeverity(), rules.assess, _decided,
           decides=True),
    Action("corrections", bodies.Correction, lambda *_: acts.CORRECT, rules.correct, _decided, decides=True),
    Action("owner", bodies.Owner, lambda *_: acts.HAND_OVER, rules.own, _owner),
    Action("executive-notifications", bodies.ExecutiveNotification, _executives, rules.notify_executives, _pages),
    Action("onsite-consents", bodies.Consent, _onsite, rules.consent, _started, for_customers=True),
    Action("management-requests", bodies.Reasoned, lambda *_: acts.AskManagement(), rules.ask_management,
           _pages, for_customers=True),
    Action("downgrade-decisions", bodies.DowngradeDecision, lambda *_: acts.DecideDowngrade(), rules.decide_downgrade,
           _decided, decides=True, awaits=_is_accepted),
    Action("rca-requests", bodies.Reasoned, lambda *_: acts.AskRootCause(), rules.ask_root_cause, for_customers=True),
    Action("effort", bodies.Effort, _effort, rules.record_effort, _settled, awaits=_is_drawn),
    Action("crisis-manager", bodies.Handover, lambda *_: acts.HandOverCrisis(), rules.hand_over, _crisis_manager),
    Action("resolution", bodies.StateChange, lambda *_: acts.RESOLVE, rules.resolve, _stopped,
           awaits=_some_run),
    Action("closure", bodies.StateChange, lambda *_: acts.Close(), rules.close, _stopped, awaits=_some_run),
    Action("reopening", bodies.StateChange, lambda *_: acts.Reopen(), rules.reopen, _started),
)  # fmt: skip

BY_PATH = {action.path: action for action in ACTIONS}
