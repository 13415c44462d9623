"""The notifier's rules: how a page climbs, who is paged, and whether a page is still wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from events.assignments import CrisisManagerAssigned
from events.escalations import Clock, ClockBreached, ClockMet, ClockStarted, ClockSuperseded, EscalationRaised
from events.incidents import IncidentMended, IncidentStuck
from notifier.messages import Reason
from notifier.pages import requests
from notifier.pages.due import facts_of
from notifier.pages.incident import UNROUTED, Incident, told, unknown
from notifier.pages.page import NOBODY, Page, Purpose, Side, State
from notifier.rules.ladder import (
    Afresh,
    Climb,
    Exhausted,
    Ladder,
    NextRound,
    Rest,
    Unreached,
    after_failure,
    after_success,
    next_step,
)
from notifier.rules.wanted import unwanted
from notifier.rules.who import Somebody, find, next_duty_manager
from services.roster import Person, Role, Roster, Rotation

NOW = datetime(2026, 2, 4, 14, 20, tzinfo=UTC)
LADDER = Ladder()
PAGE = Page(
    id=UUID(int=1), incident="i", purpose=Purpose.CRISIS_MANAGER, side=Side.PROVIDER, person="ana", name="Ana",
    cause="c", reason=Reason.CRISIS_MANAGER, happened="", clocks=(), urgent=True, wants_ack=True, round_at=NOW,
    created_at=NOW, next_at=NOW,
)  # fmt: skip
DUTY = replace(PAGE, purpose=Purpose.DUTY_MANAGER, person="dan")
TOLD = replace(PAGE, purpose=Purpose.ADMINISTRATOR, wants_ack=False)
OPEN = Incident(id="i", number="INC-000042", title="down", severity="1")


def clock(id_: str, name: str = "first_response") -> Clock:
    return Clock(id_, name, "provider", NOW, NOW + timedelta(minutes=15), NOW, "PT15M", "24x7", "RR-TARGET")


def somebody(id_: str, *roles: Role) -> Person:
    return Person(
        id=id_, name=id_.title(), roles=roles, languages=("en",), skills=(), time_zone="UTC", contacts=()
    )  # fmt: skip


def on(role: Role, *members: str, queues: tuple[str, ...] | None = None) -> Rotation:
    return Rotation(
        name=f"{role} {members}", role=role, time_zone="UTC", members=members, on_call="all", shift=None, hours=None,
        queues=queues,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (PAGE, Climb(0)),
        (replace(PAGE, step=1), Climb(1)),
        (replace(PAGE, step=2, reached=State.SENT), Exhausted()),
        (replace(PAGE, step=2), Afresh(NOW + timedelta(seconds=15))),
        (replace(PAGE, step=2, tries=1), Afresh(NOW + timedelta(seconds=30))),
        (replace(PAGE, step=2, tries=2), Exhausted()),
        (replace(TOLD, step=2, tries=5), Afresh(NOW + timedelta(minutes=5))),
        (replace(TOLD, step=2, tries=20), Exhausted()),
        (replace(DUTY, step=2, reached=State.SENT), Rest(NOW + timedelta(minutes=5))),
        (replace(DUTY, step=2), Afresh(NOW + timedelta(seconds=15))),
        (replace(DUTY, step=2, tries=2), Unreached(NOW + timedelta(minutes=5))),
        (replace(DUTY, step=2, round_at=NOW - timedelta(minutes=5)), NextRound()),
        (replace(DUTY, reached=State.SENT, round_at=NOW - timedelta(seconds=20)), Rest(NOW + timedelta(seconds=40))),
        (replace(DUTY, reached=State.SENT, round_at=NOW - timedelta(seconds=60)), Climb(0)),
        (replace(DUTY, reached=State.SENT, round_at=NOW + timedelta(hours=2)), Climb(0)),
        (replace(DUTY, round_at=NOW - timedelta(seconds=20), round=2), Climb(0)),
        (replace(DUTY, step=2, round_at=NOW - timedelta(hours=5), tries=99, round=99), NextRound()),
    ],
)
def test_a_page_climbs_step_by_step(page: Page, expected: object) -> None:
    assert next_step(page, 2, LADDER, NOW) == expected


def test_somebody_reached_has_a_minute_before_the_next_channel() -> None:
    reached = after_success(replace(PAGE, step=1), State.SENT, LADDER, NOW, last_resort=False)
    assert (reached.state, reached.next_at) == (State.SENT, NOW + timedelta(seconds=60))
    later = after_failure(reached, NOW + timedelta(seconds=60))
    assert (later.state, later.next_at) == (State.SENT, NOW + timedelta(seconds=60))


def test_a_page_that_informs_rests_once_it_left() -> None:
    assert after_success(replace(TOLD, step=1), State.SENT, LADDER, NOW, last_resort=False).next_at is None


def test_what_was_delivered_once_is_not_only_sent_afterwards() -> None:
    page = replace(PAGE, step=2, reached=State.DELIVERED)
    assert after_success(page, State.SENT, LADDER, NOW, last_resort=False).state is State.DELIVERED


def test_a_page_about_a_promise_is_wanted_while_it_is_not_kept() -> None:
    """RSM-ESCALATION-1"""
    page = replace(DUTY, clocks=("c1",))
    incident = told(OPEN, ClockStarted(clock("c1"), ""))
    assert unwanted(page, incident) is None
    incident = told(incident, ClockBreached(clock("c1"), False, ""))
    assert unwanted(page, incident) is None
    assert unwanted(page, told(incident, ClockMet(clock("c1"), NOW, "eve"))) is not None
    assert unwanted(page, told(incident, ClockSuperseded(clock("c1"), "severity"))) is not None
    assert unwanted(replace(page, clocks=("c1", "c2")), told(incident, ClockStarted(clock("c2", "other"), ""))) is None


def test_a_promise_is_not_forgotten_over_another_that_is_missed_each_hour() -> None:
    """RSM-ESCALATION-1"""
    incident = told(OPEN, ClockBreached(clock("c1"), False, ""))
    for hour in range(200):
        incident = told(incident, ClockBreached(clock(f"u{hour}", "status_update"), False, ""))
    assert unwanted(replace(DUTY, clocks=("c1",)), incident) is None
    assert unwanted(replace(DUTY, clocks=("u199",)), incident) is None
    assert len(incident.unmet) < 60
    assert told(incident, ClockMet(clock("u200", "status_update"), NOW, "eve")).unmet_ids == {"c1"}


def test_an_update_at_last_settles_the_missed_ones_before_it() -> None:
    """RSM-ESCALATION-1"""
    incident = OPEN
    for id_ in ("u1", "u2", "u3"):
        incident = told(incident, ClockStarted(clock(id_, "status_update"), ""))
    incident = told(incident, ClockStarted(clock("f"), ""))
    assert {c.id for c in told(incident, ClockMet(clock("u3", "status_update"), NOW, "eve")).unmet} == {"f"}


def test_a_page_about_a_missing_route_is_wanted_until_there_is_one() -> None:
    raised = EscalationRaised("e", "duty-manager", 1, "nobody decided", UNROUTED, None, None, "default")
    fresh = unknown("i")
    request = requests.escalation(raised, ROSTER, None, fresh, NOW)
    page = replace(DUTY, clocks=request.clocks)
    assert unwanted(page, fresh) is None
    assert unwanted(page, replace(fresh, severity="C")) is not None


def test_an_escalation_to_the_crisis_manager_is_for_whoever_has_it_else_for_who_is_on_call() -> None:
    """BASE-CM"""
    raised = EscalationRaised("e", "crisis-manager", 1, "missed", "first_response", "c1", None, "mine")
    roster = Roster((*ROSTER.people, somebody("cleo", "crisis-manager")), ROSTER.rotations)
    led = told(OPEN, CrisisManagerAssigned("cleo", "Cleo", 1, "", []))
    for incident, expected in ((led, "cleo"), (replace(led, led=False), "ana"), (OPEN, "ana")):
        request = requests.escalation(raised, roster, None, incident, NOW)
        assert (request.purpose, ids(request.people)) == (Purpose.ESCALATION, [expected])
    nobody = requests.escalation(raised, Roster(roster.people, roster.rotations[:1]), None, OPEN, NOW)
    assert nobody.purpose is Purpose.DUTY_MANAGER


def test_a_page_is_about_what_its_reader_was_paged_for() -> None:
    clocks = (clock("c1", "crisis_manager"), clock("f1"), clock("u1", "status_update"))
    access = replace(clock("a1", "customer_access"), side="customer")
    incident = OPEN
    for one in (*clocks, access):
        incident = told(incident, ClockStarted(one, ""))

    def about(page: Page) -> tuple[list[str], str | None]:
        facts = facts_of(replace(page, happened="why"), incident)
        return [due.name for due in facts.about], facts.matter

    assert about(PAGE) == (["crisis_manager"], None)
    assert about(replace(PAGE, reason=Reason.ENGINEER)) == (["first_response"], None)
    assert about(replace(DUTY, reason=Reason.ESCALATION, clocks=("u1", "gone"))) == (["status_update"], None)
    assert about(replace(DUTY, reason=Reason.ESCALATION)) == ([], "why")
    assert about(replace(DUTY, reason=Reason.PROPOSAL, clocks=("a1",))) == (["customer_access"], "why")
    assert about(replace(DUTY, reason=Reason.MANAGEMENT)) == ([], "why")
    assert about(replace(DUTY, reason=Reason.EXECUTIVE_PROVIDER)) == ([], None)


@pytest.mark.parametrize("state", ["resolved", "closed"])
def test_what_is_over_is_not_paged_about(state: str) -> None:
    assert unwanted(PAGE, replace(OPEN, state=state)) == f"the incident is {state}"
    stuck, over = replace(DUTY, reason=Reason.NEEDS_A_HUMAN), replace(OPEN, state=state)
    assert unwanted(stuck, over) is None
    over = told(told(over, IncidentStuck("router", "", "")), IncidentStuck("intake", "", ""))
    over = told(over, IncidentMended("intake"))
    assert unwanted(stuck, over) is None
    assert unwanted(stuck, told(over, IncidentMended("router"))) is not None


@pytest.mark.parametrize(
    ("urgent", "led", "wanted"),
    [
        (None, None, {Reason.CRISIS_MANAGER, Reason.ENGINEER, Reason.RAPID_ESCALATION, Reason.NOBODY_ON_CALL}),
        (True, True, {Reason.CRISIS_MANAGER, Reason.ENGINEER, Reason.RAPID_ESCALATION, Reason.NOBODY_ON_CALL}),
        (True, False, {Reason.ENGINEER, Reason.RAPID_ESCALATION, Reason.NOBODY_ON_CALL}),
        (False, True, {Reason.CRISIS_MANAGER, Reason.NOBODY_ON_CALL}),
        (False, False, set()),
    ],
)
def test_a_crisis_calls_engineers_and_a_promise_calls_its_crisis_manager(
    urgent: bool | None, led: bool | None, wanted: set[Reason]
) -> None:
    """BASE-CM, MISSION: an exhibit may promise a crisis manager where there is no crisis."""
    incident = replace(OPEN, urgent=urgent, led=led)
    reasons = (Reason.CRISIS_MANAGER, Reason.ENGINEER, Reason.RAPID_ESCALATION, Reason.NOBODY_ON_CALL)
    assert {reason for reason in reasons if unwanted(replace(PAGE, reason=reason), incident) is None} == wanted
    assert unwanted(replace(PAGE, reason=Reason.EXECUTIVE_CUSTOMER), incident) is None


QUEUED, LACK = ("crisis unanswered in rapid-response",), ("led untaken",)


@pytest.mark.parametrize(
    ("grounds", "change", "wanted"),
    [
        (QUEUED, {}, True),
        (QUEUED, {"queue": "rapid-response", "urgent": True}, True),
        (QUEUED, {"queue": "problem-resolution"}, False),
        (QUEUED, {"answered": NOW}, False),
        (QUEUED, {"answered": NOW - timedelta(seconds=1)}, True),
        (QUEUED, {"urgent": False}, False),
        ((*QUEUED, UNROUTED), {"answered": NOW}, False),
        ((*QUEUED, UNROUTED), {"answered": NOW, "severity": None}, True),
        (LACK, {}, True),
        (LACK, {"led": True, "taken": ("engineer",)}, True),
        (LACK, {"taken": ("crisis-manager",)}, False),
        (LACK, {"led": False}, False),
        ((*LACK, "open"), {"led": False}, True),
        (("executives:customer",), {}, True),
        (("executives:customer",), {"executives": ("provider", "customer")}, True),
        (("executives:customer",), {"executives": ("provider",)}, False),
    ],
)
def test_each_ground_ends_with_what_it_is_about(grounds: tuple[str, ...], change: dict[str, Any], wanted: bool) -> None:
    """SEV-CHANGE"""
    page = replace(DUTY, reason=Reason.NOBODY_ON_CALL, grounds=grounds)
    assert (unwanted(page, replace(OPEN, **change)) is None) is wanted


def test_a_first_response_that_is_owed_anew_is_not_given() -> None:
    given = told(OPEN, ClockMet(clock("c1"), NOW, "eve", late=True))
    assert (OPEN.answered, given.answered) == (None, NOW)
    assert told(given, ClockMet(clock("u1", "status_update"), NOW, "eve")).answered == NOW
    assert told(given, ClockStarted(clock("c2"), "reopened")).answered is None


ROSTER = Roster(
    people=(
        somebody("ana", "crisis-manager"), somebody("dan", "duty-manager"), somebody("dora", "duty-manager"),
        somebody("eve", "engineer"), somebody("fay", "engineer"), somebody("ops", "cloud-operations"),
    ),
    rotations=(
        on("duty-manager", "dora", "dan"), on("engineer", "eve", queues=("rapid-*",)), on("engineer", "fay"),
        on("crisis-manager", "ana"),
    ),
)  # fmt: skip


def ids(people: tuple[Somebody, ...]) -> list[str]:
    return [one.id for one in people]


def test_of_the_duty_managers_one_is_paged_and_of_the_engineers_everybody_on_call_for_the_queue() -> None:
    assert ids(find(ROSTER, Purpose.DUTY_MANAGER, NOW).people) == ["dan"]
    assert ids(find(ROSTER, Purpose.ENGINEER, NOW, "rapid-response").people) == ["eve", "fay"]
    assert ids(find(ROSTER, Purpose.ENGINEER, NOW, "problem-resolution").people) == ["fay"]


def test_a_role_that_nobody_stands_in_for_is_the_duty_managers() -> None:
    found = find(ROSTER, Purpose.CLOUD_OPERATIONS, NOW)
    assert (found.purpose, ids(found.people)) == (Purpose.DUTY_MANAGER, ["dan"])
    assert found.instead == "nobody is on call as cloud operations"


@pytest.mark.parametrize(
    ("roster", "expected"),
    [
        (replace(ROSTER, rotations=()), ["dan", "dora"]),
        (replace(ROSTER, people=(somebody("ana", "crisis-manager"),), rotations=()), ["ana"]),
        (Roster(), [NOBODY]),
    ],
)
def test_it_is_never_silent(roster: Roster, expected: list[str]) -> None:
    """BASE-CM"""
    assert ids(find(roster, Purpose.DUTY_MANAGER, NOW).people) == expected
    assert ids(find(roster, Purpose.ENGINEER, NOW).people) == expected


def test_the_duty_managers_take_turns() -> None:
    assert next_duty_manager(ROSTER, "dan", NOW).id == "dora"
    assert next_duty_manager(ROSTER, "dora", NOW).id == "dan"
    assert next_duty_manager(ROSTER, "gone", NOW).id == "dan"
