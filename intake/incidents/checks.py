"""What is checked of a report before it is taken, beyond its shape: words of the catalogue, the instant, the contract.

A report is refused for what its sender can mend, never for what a contract says: that is the router's to review.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import uuid_utils
from pydantic_core import to_json

from backbone.web.body import parse, parse_any
from backbone.web.idempotency import as_compared
from backbone.web.items import Item
from backbone.web.keys import Caller
from backbone.web.problem import FieldError, Problem, together, wrong
from services.catalogue.model import Catalogue
from services.instants import write_instant
from services.report import INSTANT, REPORT, Report, is_all_typed

from .accepted import Accepting

OLDEST = timedelta(hours=24)
_TOO_OLD = FieldError("/submitted_at", "is more than 24 hours ago")


def read_report(body: bytes, catalogue: Catalogue, now: datetime) -> Report:
    """The report of a body. Raises Problem 400, or 422 with every fault: of its shape and of the catalogue's words."""
    try:
        return parse(REPORT, body, is_all_typed=is_all_typed)
    except Problem as problem:
        document = parse_any(body) if problem.status == 422 else None
        raise _with_words(problem, document, catalogue, now) from None


def report_of(item: Item, catalogue: Catalogue, now: datetime) -> Report:
    """The same of one of many."""
    try:
        return item.parse(REPORT)
    except Problem as problem:
        raise _with_words(problem, item.value, catalogue, now) from None


def _with_words(problem: Problem, document: Any, catalogue: Catalogue, now: datetime) -> Problem:
    """A problem of the shape, with what the catalogue refuses of the fields that have theirs."""
    if problem.status != 422 or not isinstance(document, dict):
        return problem
    wrong_ones = {fault.pointer for fault in problem.errors}
    said = {name: value for name, value in document.items() if f"/{name}" not in wrong_ones}
    at = said.get("submitted_at")
    submitted_at = INSTANT.validate_python(at) if at is not None else None
    faults = _faults(said.get("impact"), said.get("portal"), submitted_at, catalogue, now)
    return together(problem, faults)


def _faults(
    impact: str | None, portal: str | None, submitted_at: datetime | None, catalogue: Catalogue, now: datetime
) -> list[FieldError]:
    """What the sender has to mend, each with its pointer, `_TOO_OLD` the last; None is not looked at."""
    faults = []
    if impact is not None and impact not in catalogue.by_impact:
        faults.append(FieldError("/impact", f"is not an impact: say one of {', '.join(catalogue.by_impact)}"))
    if portal is not None and portal not in catalogue.portals:
        faults.append(FieldError("/portal", f"is not a portal: say one of {', '.join(catalogue.portals)}"))
    if submitted_at is not None:
        if submitted_at > now + timedelta(seconds=1):
            faults.append(FieldError("/submitted_at", "is in the future"))
        elif submitted_at < now - OLDEST:
            faults.append(_TOO_OLD)
    return faults


def accepting(
    report: Report, caller: Caller, catalogue: Catalogue, now: datetime, key: str | None, trace: Mapping[str, str]
) -> Accepting:
    """The report as it will be taken. Raises Problem 422 with every fault, 404 for a contract the key does not see.

    One that is only too old by now may be a repeat, which its key or reference tells: it is `stale`.
    """
    faults = _faults(report.impact, report.portal, report.submitted_at, catalogue, now)
    if faults and (faults != [_TOO_OLD] or (key is None and report.reference is None)):
        raise wrong(faults)
    if report.contract is not None and not caller.sees(report.contract):
        raise Problem(404, "Not found", f"This key knows no contract {report.contract}.")
    text = REPORT.serializer.to_json(report)
    received = write_instant(now)
    submitted = report.submitted_at if report.submitted_at is not None and report.submitted_at < now else None
    return Accepting(
        id=str(uuid_utils.uuid7()),
        sender=caller.id,
        by=to_json(caller.name).decode(),
        report=report,
        report_json=text.decode(),
        digest=hashlib.sha256(_as_compared(report, text)).digest(),
        key=key,
        urgent=catalogue.by_impact[report.impact].urgent,
        submitted=received if submitted is None else write_instant(submitted),
        received=received,
        received_at=now,
        headers=to_json(trace).decode(),
        stale=wrong(faults) if faults else None,
    )


def _as_compared(report: Report, text: bytes) -> bytes:
    """A report, `text` as it was read, as a repeat of it is recognised: an instant by itself, what is free by its values."""
    at, form = report.submitted_at, report.form
    if at is None and form is None:
        return text
    same = replace(
        report,
        submitted_at=at.astimezone(UTC) if at is not None else None,
        form=replace(form, answers=as_compared(form.answers)) if form is not None else None,
    )
    return REPORT.serializer.to_json(same)
