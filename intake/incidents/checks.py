"""What is checked of a report before it is taken, beyond its shape: words of the catalogue, the instant, the contract.

A report is refused for what its sender can mend, never for what a contract says: that is the router's to review.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import uuid_utils
from pydantic_core import to_json
from starlette.types import Scope

from backbone.web.headers import header
from backbone.web.keys import Caller
from backbone.web.problem import FieldError, Problem, wrong
from services.catalogue.model import Catalogue
from services.instants import write_instant
from services.report import REPORT, Report

from .accepted import Accepting

OLDEST = timedelta(hours=24)


def faults_of(report: Report, catalogue: Catalogue, now: datetime) -> list[FieldError]:
    """What the sender has to mend, each with its pointer."""
    faults = []
    if report.impact not in catalogue.by_impact:
        faults.append(FieldError("/impact", f"is not an impact: say one of {', '.join(catalogue.by_impact)}"))
    if report.portal is not None and report.portal not in catalogue.portals:
        faults.append(FieldError("/portal", f"is not a portal: say one of {', '.join(catalogue.portals)}"))
    if report.submitted_at is not None:
        if report.submitted_at > now + timedelta(seconds=1):
            faults.append(FieldError("/submitted_at", "is in the future"))
        elif report.submitted_at < now - OLDEST:
            faults.append(FieldError("/submitted_at", "is more than 24 hours ago"))
    return faults


def accepting(
    report: Report, caller: Caller, catalogue: Catalogue, now: datetime, key: str | None, trace: Mapping[str, str]
) -> Accepting:
    """The report as it will be taken. Raises Problem 422 with every fault, 404 for a contract the key does not see."""
    faults = faults_of(report, catalogue, now)
    if faults:
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
        digest=hashlib.sha256(text).digest(),
        key=key,
        urgent=catalogue.by_impact[report.impact].urgent,
        submitted=received if submitted is None else write_instant(submitted),
        received=received,
        received_at=now,
        headers=to_json(trace).decode(),
    )


def idempotency_key(scope: Scope) -> str | None:
    """The `Idempotency-Key` of a request. Raises Problem 400 for one that is empty, too long or not printable."""
    sent = header(scope, b"idempotency-key")
    if sent is None:
        return None
    text = sent.decode("latin-1").strip().strip('"')
    if not 1 <= len(text) <= 200 or not text.isprintable():
        raise Problem(400, "Bad Idempotency-Key", "Send 1 to 200 printable characters.")
    return text
