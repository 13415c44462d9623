"""What would be owed for an incident: the answer of `POST /v1/simulations` and of `critsit simulate`.

Nothing is stored and nobody is paged; the decision is the one that the router would make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from services.calendar import NeverOpen
from services.catalogue.model import Catalogue
from services.contract.model import Contract
from services.contract.parse import ContractFaults, parse
from services.decide import decide
from services.explain import sentences
from services.faults import Fault, faults_of_shape, pointer
from services.instants import write_instant
from services.report import REPORT, Report
from services.roster.wire import instant as parse_instant

_FIELDS = ("incident", "at", "contract")
_SETS = ("flags", "escalates_to", "executives")


class SimulationFaults(ValueError):
    """What was asked can't be simulated; all of its faults are in `faults`. Not worth a retry."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.message}" for fault in faults))
        self.faults = tuple(faults)


def simulate(
    body: object, catalogue: Catalogue, stored: Callable[[str], Contract | None], *, now: datetime
) -> dict[str, Any]:
    """The decision on `{"incident", "at"?, "contract"?}` and why, as JSON. Raises SimulationFaults, all at once.

    `stored`: the contract of a number, for a body that brings none. `now`: the instant where the body names none.
    """
    if not isinstance(body, Mapping):
        raise SimulationFaults([_fault("", "is not an object: send incident, and at and contract where you like")])
    faults = [_fault(pointer(str(name)), "is not a field here") for name in body if name not in _FIELDS]
    at = _at(body.get("at"), now, faults)
    report = _report(body, catalogue, faults)
    contract = _contract(body.get("contract"), catalogue, faults)
    if faults or report is None:
        raise SimulationFaults(faults)
    if contract is None and report.contract is not None:
        contract = stored(report.contract)
    submitted = report.submitted_at or at
    try:
        decision = decide(report, contract, catalogue, submitted_at=submitted, at=submitted)
    except NeverOpen as error:
        raise SimulationFaults([_fault("/contract/locations", str(error))]) from error
    return {
        **{
            name: getattr(decision, name)
            for name in ("severity", "service", "queue", "language", "coverage")
        },
        **{name: list(getattr(decision, name)) for name in ("escalates_to", "executives", "flags", "because")},
        "clocks": [
            {
                "name": clock.name,
                "side": clock.side,
                "due_at": write_instant(clock.due_at),
                "target": clock.target,
                "calendar": clock.calendar,
                "rule": clock.rule,
            }
            for clock in decision.clocks
        ],
        "explanation": sentences(decision, report, contract, catalogue),
    }  # fmt: skip


def differences(expect: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    """Where an answer is not what was expected, a sentence each; none where it is. Only what `expect` names counts.

    `clocks` maps a clock's name to its due instant and is complete; flags, escalations and executives are sets.
    """
    found = []
    for name, wanted in expect.items():
        if name not in answer:
            found.append(f"{name}: no answer has it")
        elif name == "clocks":
            found += _clocks_that_differ(wanted, answer["clocks"])
        elif name in _SETS:
            found += [f"{name}: {item} is missing" for item in sorted(set(wanted) - set(answer[name]))]
            found += [f"{name}: {item} is not expected" for item in sorted(set(answer[name]) - set(wanted))]
        elif answer[name] != wanted:
            found.append(f"{name}: expected {wanted}, found {answer[name]}")
    return found


def _clocks_that_differ(wanted: Mapping[str, str], clocks: Sequence[Mapping[str, Any]]) -> list[str]:
    due = {clock["name"]: clock["due_at"] for clock in clocks}
    found = [f"clocks: {name} is not expected, and due {at}" for name, at in due.items() if name not in wanted]
    for name, at in wanted.items():
        if name not in due:
            found.append(f"clocks: {name} is missing, expected due {at}")
        elif parse_instant(due[name]) != parse_instant(at):
            found.append(f"clocks: {name} expected due {at}, found {due[name]}")
    return found


def _at(raw: object, now: datetime, faults: list[Fault]) -> datetime:
    if raw is None:
        return now
    try:
        return parse_instant(raw)
    except ValueError as error:
        faults.append(_fault("/at", str(error)))
        return now


def _report(body: Mapping[Any, Any], catalogue: Catalogue, faults: list[Fault]) -> Report | None:
    if "incident" not in body:
        faults.append(_fault("/incident", "is missing"))
        return None
    try:
        report = REPORT.validate_python(body["incident"])
    except ValidationError as error:
        faults += faults_of_shape(error, "/incident")
        return None
    for name, said, known in (
        ("impact", report.impact, catalogue.by_impact),
        ("portal", report.portal, catalogue.portals),
    ):
        if said is not None and said not in known:
            faults.append(_fault(f"/incident/{name}", f"{said!r} is not one of {', '.join(known)}"))
    return report


def _contract(raw: object, catalogue: Catalogue, faults: list[Fault]) -> Contract | None:
    if raw is None:
        return None
    try:
        return parse(raw, catalogue.work_order)
    except ContractFaults as error:
        faults += [Fault("/contract" + f.pointer, f.rule, f.level, f.message) for f in error.faults]
        return None


def _fault(where: str, message: str) -> Fault:
    return Fault(where, None, "fault", message)
