"""What a fact changes in a record: one pure function over all facts of all stages.

The record only ever follows facts; the same facts in the same order always give the same record.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.explain_words import how_late
from services.instants import write_instant

from .record import Record

#: The flag of an incident that a stage could not go on with.
NEEDS_HUMAN = "needs-human"
#: A downgrade that somebody is to decide on.
PROPOSED = "downgrade.proposed"

Projection = Callable[[Record, dict[str, Any], datetime], None]


def project(record: Record, type_: str, data: dict[str, Any], at: datetime) -> None:
    """Apply a fact of `type_` with its payload. Unknown types change nothing."""
    projection = _PROJECTIONS.get(type_)
    if projection is not None:
        projection(record, data, at)
        record.updated_at = max(record.updated_at, at)


def _routed(record: Record, data: dict[str, Any], at: datetime) -> None:
    record.version += 1
    record.view["decision"] = data["decision"]
    record.view["inputs"] = data["inputs"]
    record.view.pop("held", None)
    terms, proposal = data["decision"]["terms"], record.view.get("proposal")
    if proposal is not None and (proposal["about"], proposal["to"]) != (
        terms["downgrade_about"],
        terms["downgrade_to"],
    ):
        record.view["proposal"] = None
    contract = data["inputs"].get("contract")
    if terms.get("in_event") and contract is not None:
        # What it is when the event's last decision is made it stays, whatever is decided after the event (AEM-RCA).
        record.view["crisis_of_event"] = contract["number"] if terms["root_cause_after_closing"] else None
    # One that was made before a correction was heard of tells of a contract that is not the incident's any more.
    is_its_own = contract is not None and contract["number"] == record.contract
    record.view["customer"] = contract["customer"] if is_its_own else None
    stuck = [NEEDS_HUMAN] if NEEDS_HUMAN in record.flags else []
    record.flags = [*data["decision"]["flags"], *stuck]
    if all(clock["name"] != "crisis_manager" for clock in data["decision"]["clocks"]):
        record.view.pop("crisis_manager", None)


def _crisis_manager(record: Record, data: dict[str, Any], at: datetime) -> None:
    record.view["crisis_manager"] = {"id": data["person"], "name": data["name"]}


def _no_crisis_manager(record: Record, data: dict[str, Any], at: datetime) -> None:
    record.view.pop("crisis_manager", None)


def _owner(record: Record, data: dict[str, Any], at: datetime) -> None:
    person = data["person"]
    record.view["owner"] = {"id": person, "name": data["name"] or person} if person else None


def _clock(state: str) -> Projection:
    def projection(record: Record, data: dict[str, Any], at: datetime) -> None:
        clock = data["clock"]
        clocks = record.view.setdefault("clocks", [])
        shown = next((c for c in clocks if c["id"] == clock["id"]), None)
        if shown is None:
            shown = {
                "id": clock["id"], "name": clock["name"], "side": clock["side"], "state": state,
                "started_at": clock["started_at"], "due_at": clock["due_at"], "target": clock["target"],
                "calendar": clock["calendar"], "rule": clock["rule"], "stopped_at": None,
                "severity": clock.get("severity") or record.severity, "decision": clock.get("decision"),
            }  # fmt: skip
            clocks.append(shown)
        if clock.get("under") is not None:
            shown["under"] = clock["under"]
        elif "under" in clock:
            shown.pop("under", None)
        if state == "running":
            return
        shown["state"] = state
        shown["stopped_at"] = data.get("met_at") or (None if state == "breached" else write_instant(at))
        if state in ("breached", "superseded"):
            shown["reason"] = data.get("reason")
        if state == "breached":
            shown["met_at"] = None
        elif state == "met" and data.get("late"):
            shown["state"] = "breached"
            shown["met_at"] = data["met_at"]
            met_at, due_at = (datetime.fromisoformat(at) for at in (data["met_at"], clock["due_at"]))
            shown["reason"] = how_late(clock["name"], met_at, due_at)
        elif state == "met":
            # A breach that was said too early leaves no word behind.
            for left in ("met_at", "reason"):
                shown.pop(left, None)

    return projection


def _warned(record: Record, data: dict[str, Any], at: datetime) -> None:
    for clock in record.view.get("clocks", []):
        if clock["id"] == data["clock"]["id"]:
            clock["warned"] = True


def _page(state: str, stays: frozenset[str] = frozenset()) -> Projection:
    """A page becomes `state`, unless it is what `stays`: the best that any of its attempts came to."""

    def projection(record: Record, data: dict[str, Any], at: datetime) -> None:
        page = data["page"]
        pages = record.view.setdefault("pages", [])
        shown = next((p for p in pages if p["id"] == page["id"]), None)
        if shown is None:
            shown = {"id": page["id"], "to": page["to"], "for": page["purpose"], "side": page["side"]}
            pages.append(shown)
        if shown.get("state") not in stays:
            shown["state"] = state
        shown["attempt_count"] = page["attempt_count"]

    return projection


def _impact(record: Record, data: dict[str, Any], at: datetime) -> None:
    record.version += 1
    record.report = {**record.report, "impact": data["impact"]}


def _corrected(record: Record, data: dict[str, Any], at: datetime) -> None:
    record.version += 1
    record.report = data["report"]
    contract = data["report"].get("contract")
    if contract != record.contract:
        record.view["customer"] = None  # whose that contract is, if anybody's, the decision says
    record.contract = contract


def _state(state: str) -> Projection:
    def projection(record: Record, data: dict[str, Any], at: datetime) -> None:
        record.version += 1
        record.state = state
        record.view["proposal"] = None
        record.closed_at = at if state == "closed" else None

    return projection


def _counts(record: Record, data: dict[str, Any], at: datetime) -> None:
    record.version += 1


def _refused(record: Record, data: dict[str, Any], at: datetime) -> None:
    """What was asked for came to nothing: nothing else of the record shows it."""
    record.view["refused"] = int(record.view.get("refused", 0)) + 1


def _request_refused(record: Record, data: dict[str, Any], at: datetime) -> None:
    _counts(record, data, at)
    _refused(record, data, at)


def _effort(record: Record, data: dict[str, Any], at: datetime) -> None:
    record.version += 1
    record.view["effort_minutes"] = data["total"]


def _announced(record: Record, data: dict[str, Any], at: datetime) -> None:
    """It is told once under a limit."""
    record.view["announced"] = data["limit"]


def _effort_refused(record: Record, data: dict[str, Any], at: datetime) -> None:
    """What the contract's balance does not cover counts for nothing."""
    record.view["effort_minutes"] = max(0, int(record.view.get("effort_minutes", 0)) - data["minutes"])
    _effort_settled(record, data, at)


def _effort_settled(record: Record, data: dict[str, Any], at: datetime) -> None:
    """The contract's balance covered what was asked of it, or did not: who waits for that sees that it was told."""
    record.view["effort_settled"] = int(record.view.get("effort_settled", 0)) + 1


def _management(record: Record, data: dict[str, Any], at: datetime) -> None:
    record.version += 1
    record.view["management_requested"] = True


def _held(record: Record, data: dict[str, Any], at: datetime) -> None:
    """It waits for the route, which settles everything that waits."""
    record.version += 1
    record.view.setdefault("held", []).append(data)


def _proposed(record: Record, data: dict[str, Any], at: datetime) -> None:
    record.view["proposal"] = {"about": data["about"], "to": data["to"], "reason": data["reason"]}


def _settled(record: Record, data: dict[str, Any], at: datetime) -> None:
    record.version += 1
    record.view["proposal"] = None


def _replied(record: Record, data: dict[str, Any], at: datetime) -> None:
    record.version += 1
    record.view["proposal"] = None


def _stuck(record: Record, data: dict[str, Any], at: datetime) -> None:
    record.view["stuck"] = sorted({*record.view.get("stuck", ()), data["stage"]})
    if NEEDS_HUMAN not in record.flags:
        record.flags = [*record.flags, NEEDS_HUMAN]


def _mended(record: Record, data: dict[str, Any], at: datetime) -> None:
    left = [stage for stage in record.view.pop("stuck", ()) if stage != data["stage"]]
    if left:
        record.view["stuck"] = left
    else:
        record.flags = [flag for flag in record.flags if flag != NEEDS_HUMAN]


_PROJECTIONS: dict[str, Projection] = {
    "incident.routed": _routed,
    "crisis_manager.assigned": _crisis_manager,
    "crisis_manager.released": _no_crisis_manager,
    "owner.changed": _owner,
    "owner.refused": _refused,
    "crisis_manager.refused": _refused,
    "clock.started": _clock("running"),
    "clock.kept": _clock("running"),
    "clock.met": _clock("met"),
    "clock.breached": _clock("breached"),
    "clock.superseded": _clock("superseded"),
    "clock.warned": _warned,
    PROPOSED: _proposed,
    "page.requested": _page("waiting"),
    "page.sent": _page("sent", stays=frozenset({"delivered"})),
    "page.delivered": _page("delivered"),
    "page.failed": _page("waiting", stays=frozenset({"sent", "delivered"})),
    "page.acknowledged": _page("acknowledged"),
    "page.declined": _page("cancelled"),
    "page.exhausted": _page("exhausted"),
    "page.cancelled": _page("cancelled"),
    "incident.stuck": _stuck,
    "incident.mended": _mended,
    "incident.responded": _counts,
    "incident.updated": _counts,
    "question.asked": _counts,
    "customer.replied": _replied,
    "impact.changed": _impact,
    "severity.assessed": _counts,
    "incident.corrected": _corrected,
    "owner.requested": _counts,
    "crisis_manager.requested": _counts,
    "executives.requested": _counts,
    "onsite.consented": _counts,
    "management.requested": _management,
    "downgrade.decided": _settled,
    "rca.requested": _counts,
    "request.taken": _held,
    "request.refused": _request_refused,
    "effort.recorded": _effort,
    "effort.announced": _announced,
    "effort.refused": _effort_refused,
    "balance.drawn": _effort_settled,
    "incident.resolved": _state("resolved"),
    "incident.closed": _state("closed"),
    "incident.reopened": _state("open"),
}
