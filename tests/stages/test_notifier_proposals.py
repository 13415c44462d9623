"""What is not the crisis itself and still needs a person of the provider: a proposal to lower, management attention.

Somebody is told until it is decided or has no ground.
"""

from __future__ import annotations

from dataclasses import replace

from events.assignments import MANAGEMENT, IncidentRouted, PeopleAssigned
from events.escalations import Clock, ClockBreached, ClockMet, ClockStarted, DowngradeProposed
from events.incidents import DowngradeDecided
from services.decision import Terms
from tests.harness.notifier import START, Desk, desk, first_response, person, reported, rotation, routed

INC = "0198-a"
ACCESS = Clock("ca-1", "customer_access", "customer", START, START, START, "PT30M", "24x7", "CUST-ACCESS")


def _routed(desk: Desk, severity: str, to: str | None) -> IncidentRouted:
    fact = routed(severity, desk.time.now())
    return replace(fact, decision=replace(fact.decision, terms=Terms(downgrade_to=to)))


async def _proposed(desk: Desk, *, automatic: bool = False) -> None:
    await desk.knows("person", person("dm", "duty-manager"))
    await desk.knows("rotation", rotation("duty-manager", "dm"))
    await desk.tells("intake", INC, reported())
    await desk.tells("router", INC, _routed(desk, "1", "A"))
    await desk.tells("escalation", INC, ClockBreached(ACCESS, False, "not met by 14:20:00 UTC"))
    said = DowngradeProposed("severity", "A", "The customer's answer is not there.", "ca-1", automatic)
    await desk.tells("escalation", INC, said)
    await desk.rests()


async def test_the_duty_manager_is_paged_to_decide(database: str) -> None:
    """SEV-DOWNGRADE: the system proposes, and a person of the provider decides."""
    async with desk(database) as there:
        await _proposed(there)
        page = await there.page("dm")
        assert (page["for"], page["state"]) == ("duty-manager", "delivered")
        mail = next(item for item in await there.mailbox() if item["channel"] == "email")
        assert "proposed: severity A. The customer's answer is not there." in mail["text"]
        assert "Decide" in mail["text"]


async def test_nobody_is_paged_where_the_operator_has_it_decided_by_itself(database: str) -> None:
    """SEV-DOWNGRADE"""
    async with desk(database) as there:
        await _proposed(there, automatic=True)
        assert await there.pages() == []


async def test_whoever_was_asked_is_left_in_peace_once_it_is_decided(database: str) -> None:
    async with desk(database) as there:
        await _proposed(there)
        await there.tells("intake", INC, DowngradeDecided("dm", "reject", "they call back", "severity", "A"))
        await there.rests()
        page = await there.page("dm")
        assert page["state"] == "cancelled"
        before = len(await there.mailbox())
        await there.passes(minutes=20)
        assert len(await there.mailbox()) == before


async def test_a_reply_of_the_customer_ends_it(database: str) -> None:
    async with desk(database) as there:
        await _proposed(there)
        await there.tells("escalation", INC, ClockMet(ACCESS, there.time.now(), "aigerim", late=True))
        await there.rests()
        assert (await there.page("dm"))["state"] == "cancelled"


async def test_another_decision_ends_it_only_where_it_would_come_to_something_else(database: str) -> None:
    async with desk(database) as there:
        await _proposed(there)
        await there.tells("router", INC, _routed(there, "1", "A"))
        await there.rests()
        assert (await there.page("dm"))["state"] == "delivered"
        await there.tells("router", INC, _routed(there, "A", "B"))
        await there.rests()
        assert (await there.page("dm"))["state"] == "cancelled"


async def test_it_is_a_matter_of_its_own_beside_a_broken_promise(database: str) -> None:
    """To have decided it is not to have taken over, and to have taken over is not to have decided."""
    async with desk(database) as there:
        await _proposed(there)
        await there.tells("escalation", INC, ClockBreached(first_response(START), False, "late"))
        await there.escalates(INC)
        await there.rests()
        proposal, escalation = await there.pages()
        assert [page["state"] for page in (proposal, escalation)] == ["delivered", "delivered"]
        await there.post(f"/v1/pages/{escalation['id']}/acknowledgement", {"by": "dm"})
        assert (await there.pages())[0]["state"] == "delivered"
        await there.escalates(INC)
        await there.rests()
        await there.tells("intake", INC, DowngradeDecided("dm", "reject", "they call back", "severity", "A"))
        await there.rests()
        assert [page["state"] for page in await there.pages()] == ["cancelled", "acknowledged", "delivered"]


async def test_it_is_asked_again_until_somebody_takes_it(database: str) -> None:
    async with desk(database) as there:
        await _proposed(there)
        await there.tells("escalation", INC, ClockBreached(first_response(START), False, "late"))
        await there.passes(minutes=20)
        assert [channel for _, channel in await there.received()][:2] == ["email", "sms"]
        assert (await there.acknowledges("dm")).status_code == 200
        assert (await there.page("dm"))["state"] == "acknowledged"


async def test_management_attention_that_is_asked_for_pages_the_duty_manager_where_there_is_no_crisis(
    database: str,
) -> None:
    """RSM-BC"""
    async with desk(database) as there:
        await there.knows("person", person("dm", "duty-manager"))
        await there.knows("rotation", rotation("duty-manager", "dm"))
        await there.tells("intake", INC, reported())
        await there.tells("router", INC, routed("B", START))
        said = PeopleAssigned("duty-manager", "provider", ["dm"], "Aigerim asks: how far?", "RSM-BC", about=MANAGEMENT)
        await there.tells("router", INC, said)
        await there.passes(minutes=2)
        assert (await there.page("dm"))["state"] == "delivered"
        mail = next(item for item in await there.mailbox() if item["channel"] == "email")
        assert "Aigerim asks: how far?" in mail["text"]
        assert "the customer asks for management attention" in mail["text"]


async def test_a_broken_promise_goes_on_to_the_next_one_beside_a_proposal_that_is_decided_then(database: str) -> None:
    """What was passed on to somebody who had been asked to decide ended with that: nobody was called any more."""
    async with desk(database) as there:
        await there.knows("person", person("zoe", "duty-manager"))
        await _proposed(there)
        await there.tells("escalation", INC, ClockStarted(first_response(there.time.now()), "decided"))
        await there.escalates(INC)
        await there.knows("rotation", rotation("duty-manager", "dm", "zoe"))
        await there.passes(minutes=6)
        await there.tells("intake", INC, DowngradeDecided("dm", "reject", "they call back", "severity", "A"))
        before = len(await there.mailbox())
        await there.passes(minutes=6)
        assert len(await there.mailbox()) > before
        zoe = [
            (page["reason"].startswith("proposed"), page["state"])
            for page in await there.pages()
            if page["to"] == "zoe"
        ]
        assert sorted(zoe) == [(False, "delivered"), (True, "cancelled")]
