"""The timeline's sentences say what happened, and never more than that."""

from __future__ import annotations

from typing import Any

import pytest

from intake.record.summary import for_customer, is_for_customer, summary

CLOCK: dict[str, Any] = {"clock": {"name": "first_response", "due_at": "2026-02-04T10:15:00Z"}}


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (False, "first_response was met."),
        (True, "first_response was done after it was due: 2026-02-04T10:15:00Z."),
    ],
)
def test_what_was_done_late_is_not_said_to_be_met(late: bool, said: str) -> None:
    assert summary("clock.met", CLOCK | {"late": late}) == said


def test_a_hand_over_that_is_refused_says_what_was_asked_for() -> None:
    data = {"by": "eve", "person": "nobody", "reason": "nobody here has the id nobody"}
    told = summary("crisis_manager.refused", data)
    assert told == "The crisis was not handed over to nobody: nobody here has the id nobody"
    assert not is_for_customer("crisis_manager.refused")


def test_a_fact_without_a_sentence_is_told_by_its_name() -> None:
    assert summary("moon.landed", {}) == "moon.landed"


def test_the_customer_is_not_told_of_the_colleagues_who_were_looked_at_or_did_not_come() -> None:
    looked = [{"person": "cm-bo", "load": 3}]
    data = {"person": "cm-ana", "name": "Ana", "considered": looked, "attempt": 2, "reason": "Bo did not answer"}
    assert for_customer("crisis_manager.assigned", data) == {"person": "cm-ana", "name": "Ana"}
    assert for_customer("owner.changed", data) == data


def test_the_customer_is_not_told_what_the_provider_s_people_asked_of_their_own() -> None:
    told = {side: {"by": "dan", "side": side, "reason": "they always shout"} for side in ("provider", "customer")}
    assert for_customer("executives.requested", told["customer"]) == told["customer"]
    theirs = for_customer("executives.requested", told["provider"])
    assert summary("executives.requested", theirs) == "dan notifies the provider's executives."


def test_an_incident_that_is_handed_back_is_told_as_nobody_s() -> None:
    assert summary("owner.changed", {"by": "dan", "person": None, "name": None}).startswith("Nobody owns it")


def test_hours_that_are_no_whole_number_are_told_as_a_person_would() -> None:
    """DSE"""
    data = {"balance": "dse_hours", "amount": 20 / 60, "left": 4 / 60}
    assert summary("balance.drawn", data) == "dse_hours: 0.33 drawn, 0.07 left."
    assert summary("balance.drawn", {"balance": "onsite_visits", "amount": 1.0, "left": 12345.0}) == (
        "onsite_visits: 1 drawn, 12345 left."
    )
