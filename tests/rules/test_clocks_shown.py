"""Whether a record shows the clocks that are owed now: whoever waited for a decision is answered then, and not before."""

from __future__ import annotations

from typing import Any

import pytest

from intake.record.clocks_shown import shows_its_clocks
from intake.record.record import Record
from tests.harness.intake import START

LATER, HOURLY = "2026-02-04T13:00:00Z", {"target": "PT1H", "due_at": "2026-02-04T10:00:00Z"}


@pytest.mark.parametrize(
    ("repeats", "clock", "shown"),
    [
        (False, {"state": "running"}, True), (False, {"state": "breached"}, True), (False, {"state": "superseded"}, False),
        (False, {"state": "running", **HOURLY}, False), (False, {"state": "breached", **HOURLY}, False),
        (False, {"state": "breached", "due_at": "2026-02-04T12:00:00Z"}, False),
        (False, {"state": "running", "calendar": "lisbon"}, True), (True, {"state": "running", "calendar": "lisbon"}, False),
        (False, {"state": "met", **HOURLY}, True), (False, {"state": "breached", "met_at": LATER, **HOURLY}, True),
        (True, {"state": "running", "due_at": "2026-02-04T12:00:00Z"}, True), (True, {"state": "met"}, False),
        (True, {"state": "breached"}, False), (True, {"state": "running", **HOURLY}, False),
    ],
)  # fmt: skip
def test_what_ran_or_was_missed_under_other_terms_is_not_what_is_owed_now(
    repeats: bool, clock: dict[str, str], shown: bool
) -> None:
    """SEV-CHANGE: whoever waited was told the clocks of the severity before."""
    named = {"name": "first_response", "calendar": "24x7", "rule": "BASE-A"}
    terms = named | {"target": "PT4H", "due_at": LATER, "repeats": repeats}
    former: dict[str, Any] = named | {"state": "running", **HOURLY}
    for clocks, whole in (([terms | clock], shown), ([terms | clock, former], False)):
        assert shows_its_clocks(_record([terms], clocks)) is whole, clocks


def test_a_question_s_clock_that_the_severity_no_longer_has_is_waited_for_until_it_stops() -> None:
    """CUST-C-REPLY, SEV-CHANGE"""
    for state, whole in (("running", False), ("superseded", True)):
        asked = [{"name": "customer_reply", "state": state}]
        before = _record([], asked, questions=[{"name": "customer_reply"}])
        assert shows_its_clocks(_record([], asked), before) is whole


def _record(terms: list[dict[str, Any]], clocks: list[dict[str, Any]], **later: Any) -> Record:
    view = {"decision": {"clocks": terms, "terms": {"questions": [], "onsite": None} | later}, "clocks": clocks}
    return Record("i", "INC-000001", "open", 2, None, "", None, START, START, None, {}, view)
