"""Who is called for a crisis, and when again: assignments, the queue's engineers, lowering, raising, reopening.

No crisis is ever left with nobody called, and no burst lands on one person.
"""

from __future__ import annotations

from collections import Counter

import pytest

from events.incidents import (
    CrisisManagerRequested,
    ImpactChanged,
    IncidentClosed,
    IncidentCorrected,
    IncidentReopened,
    IncidentResolved,
    IncidentResponded,
    OwnerRequested,
)
from events.notifications import PageAcknowledged, PageDeclined, PageExhausted
from services.report import REPORT
from tests.harness.router import START, Office, office, page, person, rotation
from tests.harness.work_orders import incident, work_order

INC = "inc-1"


async def _staffed(router: Office) -> None:
    await router.stores(work_order())
    await router.employs(
        person("ana", "crisis-manager"), person("bo", "crisis-manager"), person("eng", "engineer"),
        person("dan", "duty-manager"),
    )  # fmt: skip
    await router.said()


async def _called(router: Office) -> list[tuple[str, ...]]:
    """Whom it has called since the last time: (role, ids …), in order."""
    found: list[tuple[str, ...]] = []
    for _, type_, payload in await router.said():
        if type_ == "crisis_manager.assigned":
            found.append(("crisis-manager", payload["person"]))
        if type_ == "people.assigned":
            found.append((payload["role"], *payload["people"]))
    return found


async def test_a_crisis_calls_a_manager_and_the_engineers_and_a_minor_one_nobody(database: str) -> None:
    """BASE-CM: at 1 and A, and not at B and C."""
    async with office(database) as router:
        await _staffed(router)
        for impact, calls in (
            ("critical_down", [("crisis-manager", "ana"), ("engineer", "eng")]),
            ("critical_degraded", [("crisis-manager", "bo"), ("engineer", "eng")]),
            ("moderate", []),
            ("minimal", []),
        ):
            await router.reports(f"inc-{impact}", impact=impact)
            assert await _called(router) == calls, impact


async def test_an_exhibit_that_promises_a_crisis_manager_at_b_calls_one(database: str) -> None:
    """MISSION, BASE-CM: the engineers are a crisis's, and whoever is lowered into it keeps who has it."""
    exhibit = {"crisis_manager": {"B": "PT1H"}}
    order = work_order(
        services=["base", "mission-critical"],
        solutions=[{"id": "bank", "products": ["sql-server"], "exhibit": exhibit}],
    )
    async with office(database) as router:
        await _staffed(router)
        await router.stores(order)
        await router.said()
        await router.reports(INC, impact="moderate", product="sql-server")
        assert await _called(router) == [("crisis-manager", "ana")]
        await router.tells(INC, PageDeclined(page("ana"), "ana", "in a train"), source="notifier")
        assert await _called(router) == [("crisis-manager", "bo")]
        await router.tells(INC, CrisisManagerRequested("dan", "ana"))
        assert await _called(router) == [("crisis-manager", "ana")]
        await router.tells(INC, ImpactChanged("x", "critical_down", "worse"))
        assert await _called(router) == [("engineer", "eng")]
        await router.tells(INC, ImpactChanged("x", "moderate", "better"))
        assert await _called(router) == []
        await router.tells(INC, ImpactChanged("x", "minimal", "better still"))
        await router.tells(INC, ImpactChanged("x", "moderate", "worse"))
        assert await _called(router) == [("crisis-manager", "ana")], "it was nobody's any more"


async def test_an_empty_rota_calls_the_duty_manager(database: str) -> None:
    """BASE-CM: nobody on call is never silence; each lack is told."""
    async with office(database) as router:
        await router.stores(work_order())
        await router.employs(person("dan", "duty-manager"))
        await router.said()
        await router.reports(INC)
        assert await _called(router) == [("duty-manager", "dan"), ("duty-manager", "dan")]


async def test_nobody_at_all_is_said_too(database: str) -> None:
    async with office(database) as router:
        await router.stores(work_order())
        await router.said()
        await router.reports(INC)
        assert await _called(router) == [("duty-manager",), ("duty-manager",)]


async def test_a_burst_in_one_batch_is_spread_over_those_on_call(database: str) -> None:
    async with office(database) as router:
        await _staffed(router)
        await router.hears([router.reported(f"inc-{n}") for n in range(10)])
        counts = Counter(ids[0] for role, *ids in await _called(router) if role == "crisis-manager")
        assert counts == {"ana": 5, "bo": 5}


async def test_whoever_had_nothing_for_longest_comes_first_also_when_what_they_had_is_over(database: str) -> None:
    async with office(database) as router:
        await _staffed(router)
        await router.reports("first")
        await router.tells("first", IncidentResolved("eng", "done"), IncidentClosed("eng", "done"))
        await router.said()
        router.time.passes(minutes=5)
        await router.reports("second")
        assert await _called(router) == [("crisis-manager", "bo"), ("engineer", "eng")]


async def test_who_declines_or_does_not_answer_is_followed_by_the_next_and_then_by_the_duty_manager(
    database: str,
) -> None:
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC)
        await router.said()
        await router.tells(INC, PageDeclined(page("ana"), "ana", "in a train"), source="notifier")
        assert await _called(router) == [("crisis-manager", "bo")]
        await router.tells(INC, PageExhausted(page("bo")), source="notifier")
        assert await _called(router) == [("duty-manager", "dan")]
        await router.tells(INC, PageExhausted(page("bo")), source="notifier")
        assert await _called(router) == [], "it is no longer theirs"


async def test_who_acknowledges_after_all_has_it(database: str) -> None:
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC)
        await router.tells(INC, PageExhausted(page("ana")), source="notifier")
        await router.said()
        await router.tells(INC, PageAcknowledged(page("ana"), "ana", START), source="notifier")
        assert await _called(router) == [("crisis-manager", "ana")]


async def test_a_late_acknowledgement_assigns_nobody_where_it_is_no_crisis_any_more(database: str) -> None:
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC)
        await router.tells(INC, ImpactChanged("cust", "moderate", "a workaround"))
        await router.said()
        await router.tells(INC, PageAcknowledged(page("ana"), "ana", START), source="notifier")
        assert await _called(router) == []
        assert await router.one("select crisis_manager from desk where subject = :s", s=INC) is None


async def test_lowered_and_raised_again_everybody_is_called_again(database: str) -> None:
    """SEV-CHANGE: every change re-derives all commitments."""
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC)
        await router.tells(INC, PageDeclined(page("ana"), "ana", "asleep"), source="notifier")
        await router.tells(INC, ImpactChanged("cust", "moderate", "a workaround"))
        await router.said()
        router.time.passes(hours=1)
        await router.tells(INC, ImpactChanged("cust", "critical_down", "it is worse"))
        assert await _called(router) == [("crisis-manager", "ana"), ("engineer", "eng")]


@pytest.mark.parametrize("answered", [False, True])
async def test_raised_from_a_to_1_keeps_the_manager_it_has_and_calls_the_engineers_while_an_answer_is_owed(
    database: str, answered: bool
) -> None:
    """SEV-CHANGE: who said yes to an hour has a quarter of one now."""
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC, impact="critical_degraded")
        if answered:
            await router.tells(INC, IncidentResponded("eng", "We look at it."))
        await router.said()
        await router.tells(INC, ImpactChanged("cust", "critical_down", "worse"))
        assert [role for role, *_ in await _called(router)] == ([] if answered else ["engineer"])
        assert await router.one("select crisis_manager from desk where subject = :s", s=INC) == "ana"


async def test_reopened_at_1_calls_everybody_again_whoever_had_it(database: str) -> None:
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC)
        await router.tells(INC, PageAcknowledged(page("ana"), "ana", START), source="notifier")
        await router.tells(INC, IncidentResolved("eng", "fixed"))
        await router.said()
        router.time.passes(hours=12)
        await router.tells(INC, IncidentReopened("cust", "it is not"))
        called = await _called(router)
        assert [role for role, *_ in called] == ["crisis-manager", "engineer"]
        assert await router.one("select state from desk where subject = :s", s=INC) == "open"


async def test_reopened_at_b_calls_nobody(database: str) -> None:
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC, impact="moderate")
        await router.tells(INC, IncidentResolved("eng", "fixed"), IncidentReopened("cust", "it is not"))
        assert await _called(router) == []


async def test_raised_while_resolved_nobody_is_called_until_it_is_open_again(database: str) -> None:
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC, impact="moderate")
        await router.tells(INC, IncidentResolved("eng", "fixed"), ImpactChanged("cust", "critical_down", "all is down"))
        assert await _called(router) == []
        await router.tells(INC, IncidentReopened("cust", "it is not"))
        assert await _called(router) == [("crisis-manager", "ana"), ("engineer", "eng")]


async def test_moved_to_another_queue_its_engineers_are_called(database: str) -> None:
    """RR-ROUTE: a corrected product goes to another queue, whose engineers are others."""
    async with office(database) as router:
        await router.stores(work_order(services=["base", "rapid-response"]))
        await _staffed_by_queue(router)
        await router.reports(INC, product="sql-server", language="en")
        assert await _called(router) == [("crisis-manager", "ana"), ("engineer", "eng")]
        report = REPORT.validate_python(incident(product="azure/virtual-machines"))
        changes = {"product": "azure/virtual-machines"}
        await router.tells(INC, IncidentCorrected("eng", changes, report, "it is Azure"))
        assert await _called(router) == [("engineer", "raj")]
        await router.tells(INC, IncidentCorrected("eng", changes, report, "as I said"))
        assert await _called(router) == []
        back = REPORT.validate_python(incident(product="sql-server", language="en"))
        await router.tells(INC, IncidentCorrected("raj", {"product": "sql-server"}, back, "it isn't"))
        assert await _called(router) == [("engineer", "eng")], "what they had been told ended when it moved"


async def _staffed_by_queue(router: Office) -> None:
    await router.employs(person("ana", "crisis-manager"), person("dan", "duty-manager"))
    for id_, queue in (("eng", "problem-resolution*"), ("raj", "rapid-response")):
        assert (await router.put(f"/v1/people/{id_}", person(id_, "engineer"))).status_code == 201
        body = rotation("engineer", id_, name=f"engineers-{id_}", queues=[queue])
        assert (await router.put(f"/v1/rotations/engineers-{id_}", body)).status_code == 201
    await router.said()


async def test_a_crisis_is_handed_over_by_hand_to_somebody_who_is_known(database: str) -> None:
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC)
        await router.said()
        await router.tells(INC, CrisisManagerRequested("ana", "bo"))
        assert await _called(router) == [("crisis-manager", "bo")]
        await router.tells(INC, CrisisManagerRequested("ana", "nobody"))
        (_, type_, payload), *more = await router.said()
        assert (type_, payload["by"], payload["person"], more) == (
            "crisis_manager.refused", "ana", "nobody", [],
        )  # fmt: skip


async def test_at_b_there_is_no_crisis_to_hand_over_and_who_asked_is_told(database: str) -> None:
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC, impact="moderate")
        await router.said()
        await router.tells(INC, CrisisManagerRequested("ana", "bo"))
        refused = await router.said_of("crisis_manager.refused")
        assert [(one["by"], one["person"]) for one in refused] == [("ana", "bo")]


async def test_an_owner_is_set_handed_back_and_refused_where_unknown(database: str) -> None:
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC)
        await router.said()
        await router.tells(
            INC, OwnerRequested("eng", "eng"), OwnerRequested("eng", "stranger"), OwnerRequested("eng", None)
        )
        assert [(type_, payload["person"]) for _, type_, payload in await router.said()] == [
            ("owner.changed", "eng"), ("owner.refused", "stranger"), ("owner.changed", None),
        ]  # fmt: skip


async def test_whom_a_flag_concerns_is_informed_at_every_severity_and_makes_nothing_urgent(database: str) -> None:
    """CONTACTS, ADMIN: another reporter's incident is taken, and the customer's administrator confirms it."""
    async with office(database) as router:
        await _staffed(router)
        await router.reports(INC, impact="minimal", reporter={"name": "Somebody", "email": "some@body.example"})
        (told,) = await router.said_of("people.assigned")
        assert (told["role"], told["side"], told["people"], told["informs"]) == (
            "administrator", "customer", ["dana"], True,
        )  # fmt: skip
        assert await router.one("select urgent from subject where subject = :s", s=INC) is False
