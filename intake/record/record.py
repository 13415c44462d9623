"""An incident's record, as the API shows it: the report, and what the stages have said since.

`view` is the projection, a JSON document of this version's own; everything in it came from facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from pydantic_core import from_json

from backbone.web.keys import Caller
from services.instants import write_instant
from services.report import Report


@dataclass(slots=True)
class Record:
    """One incident. `opened_at` is the submission; `version` counts actions and decisions."""

    id: str
    number: str
    state: str
    version: int
    contract: str | None
    sender: str
    reference: str | None
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    report: dict[str, Any]
    view: dict[str, Any] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    #: The report as it was read; another one is another object.
    stored_report: dict[str, Any] | None = None

    @property
    def decision(self) -> dict[str, Any] | None:
        """The decision in force, as JSON; None before the router has spoken."""
        return self.view.get("decision")

    @property
    def severity(self) -> str | None:
        """The severity in force."""
        return self.decision["severity"] if self.decision else None

    def to_json(self, caller: Caller | None = None) -> dict[str, Any]:
        """The record in api.md's shape; a customer is told of the pages to its own people.

        What it shows of a contract that it has left, such as a decision until there is another, is for who sees that one.
        """
        view, report = self.view, self.report
        decision, hidden = self.decision or {}, frozenset[str]()
        contract = (view.get("inputs") or {}).get("contract")
        if caller is not None and contract is not None and not caller.sees(contract["number"]):
            decision, hidden = {}, frozenset(decision["flags"])
        theirs = caller is not None and caller.bound
        return {
            "id": self.id,
            "number": self.number,
            "state": self.state,
            "contract": self.contract,
            "customer": view.get("customer"),
            "title": report["title"],
            "description": report.get("description"),
            "reporter": report["reporter"],
            "product": report.get("product"),
            "solution": report.get("solution"),
            "location": report.get("location"),
            "kind": report.get("kind", "problem"),
            "channel": report.get("channel", "api"),
            "portal": report.get("portal"),
            "vendor": report.get("vendor"),
            "reference": self.reference,
            "impact": report["impact"],
            "requested_severity": report.get("requested_severity"),
            "severity": decision.get("severity"),
            "service": decision.get("service"),
            "queue": decision.get("queue"),
            "language": decision.get("language"),
            "coverage": decision.get("coverage"),
            "escalates_to": decision.get("escalates_to", []),
            "executives": decision.get("executives", []),
            "crisis_manager": view.get("crisis_manager"),
            "owner": view.get("owner"),
            "flags": [flag for flag in self.flags if flag not in hidden],
            "because": decision.get("because", []),
            "notes": decision.get("notes", []),
            "opened_at": write_instant(self.opened_at),
            "received_at": view.get("received_at"),
            "updated_at": write_instant(self.updated_at),
            "closed_at": write_instant(self.closed_at) if self.closed_at else None,
            "version": self.version,
            "effort_minutes": view.get("effort_minutes", 0),
            "proposal": next(iter(_shown([view.get("proposal")], caller)), None),
            "clocks": _shown(view.get("clocks", []), caller, "id", "warned", "decision"),
            "pages": _shown((p for p in view.get("pages", []) if not theirs or p["side"] == "customer"), caller),
        }


def is_for(item: Mapping[str, Any], caller: Caller | None) -> bool:
    """Whether a clock, a page or a proposal is the caller's to see: it may belong to a contract that its incident left."""
    contract = item.get("under")
    return caller is None or contract is None or caller.sees(contract)


def _shown(items: Iterable[dict[str, Any] | None], caller: Caller | None, *but: str) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in item.items() if name != "under" and name not in but}
        for item in items
        if item is not None and is_for(item, caller)
    ]


#: What stands in the record as it was reported.
_REPORTED = (
    "contract", "title", "description", "reporter", "product", "solution", "location", "kind", "channel", "portal",
    "vendor", "reference", "impact", "requested_severity",
)  # fmt: skip
_SOME_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)
_FRESH = Record(
    "", "", "open", 1, None, "", None, _SOME_INSTANT, _SOME_INSTANT, None, dict.fromkeys(_REPORTED)
).to_json()  # fmt: skip


_as_reported = attrgetter(*_REPORTED)


def fresh(id_: str, number: str, report: Report, opened_at: str, received_at: str) -> dict[str, Any]:
    """The record, in api.md's shape, of an incident that has just been taken; the instants as they are written."""
    shown = _FRESH.copy()
    shown.update(zip(_REPORTED, _as_reported(report), strict=True))
    shown |= {
        "id": id_, "number": number, "opened_at": opened_at, "received_at": received_at, "updated_at": received_at,
    }  # fmt: skip
    return shown


def of_row(row: Any) -> Record:
    """A record from a row of `store.COLUMNS`."""
    number, report = row[1], from_json(row[10])
    return Record(
        row[0], f"INC-{number:06d}", row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9],
        report, from_json(row[11]), list(row[12]), report,
    )  # fmt: skip
